// SPDX-License-Identifier: Apache-2.0
// soak.test - what is told of a soak

import { expect, test } from '@jest/globals';
import type { Soaked } from '../src/soak-suite.js';
import { latencyTable, memoryTable } from '../src/soak-suite.js';

const samples = Array.from({ length: 10 }, (_, i) => ({
  seconds: i * 360,
  rssBytes: 80 * 2 ** 20,
  heapBytes: (10 + i) * 2 ** 20,
}));

const found: Soaked = {
  name: 'this project',
  perSecond: 7000,
  result: { requests: 70_000, seconds: 10, p50Ms: 1, p99Ms: 2, p999Ms: 3, mostMs: 4, cpuUs: 1, rssBytes: 1 },
  samples: new Map([['broker', samples]]),
};

test('latencies go up to the slowest', () => {
  expect(latencyTable([found]).split('\n').at(-1)).toMatch(
    /^\| this project +\| +7,000 \| +7,000 \| +70,000 \| +1\.00 \| +2\.00 \| +3\.00 \| +4\.00 \|$/,
  );
});

test('memory has its course and its slope', () => {
  const [rss, heap] = memoryTable([found]).split('\n').slice(2);
  expect(rss).toMatch(/broker +\| RSS +\| +80\.0 \| +80\.0 \| +80\.0 \| +0\.0 \|$/);
  expect(heap).toMatch(/broker +\| heap +\| +10\.0 \| +14\.0 \| +18\.0 \| +10\.0 \|$/);
});
