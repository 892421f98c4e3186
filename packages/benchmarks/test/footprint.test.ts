// SPDX-License-Identifier: Apache-2.0
// footprint.test - what is told of idle brokers, sizes and starts

import { expect, test } from '@jest/globals';
import { sizeTable, startTable } from '../src/footprint-suite.js';
import type { IdlePair } from '../src/idle.js';
import { idleTable } from '../src/idle.js';
import type { LoadReport } from '../src/load-generator.js';
import { countPackages } from '../src/packed.js';
import type { Trial } from '../src/rounds.js';
import type { Start } from '../src/startup.js';

function trial<T>(name: string): Trial<T> {
  return { name, measure: () => Promise.reject(new Error('not measured')) };
}

function idle(rssKiB: number, busyShare: number): LoadReport {
  return { rssKiB, busyShare } as LoadReport;
}

test('what a worker takes is the median of the differences of each round', () => {
  const pair: IdlePair = { contestant: { name: 'b' }, many: 1001, oneTrial: trial('one'), manyTrial: trial('many') };
  const findings = new Map([
    [pair.oneTrial, [idle(1000, 0.001), idle(2000, 0.001), undefined]],
    [pair.manyTrial, [idle(31_000, 0.2), idle(34_000, 0.2), idle(99_000, 0.2)]],
  ]);
  const rows = idleTable([pair], findings).split('\n');
  expect(rows[2]).toMatch(/^\| b +\| +1 \| +0\.1 % \| +1 \| +\|$/);
  expect(rows[3]).toMatch(/^\| b +\| +1,001 \| +20\.0 % \| +33 \| +31\.0 \|$/);
});

test('packages are counted as npm lists them', () => {
  expect(
    countPackages(JSON.stringify({ packages: { 'node_modules/a': {}, 'node_modules/a/node_modules/b': {} } })),
  ).toBe(2);
});

test('sizes are in KiB', () => {
  const table = sizeTable([{ name: '@mdp/x', project: '', packedBytes: 10_240, bytes: 2_097_152, packages: 4 }]);
  expect(table.split('\n').at(-1)).toMatch(/^\| @mdp\/x +\| +10 \| +2,048 \| +4 \|$/);
});

test('of a start is told what is not Node.js itself', () => {
  const [nothing, load] = [trial<Start>('Node.js itself'), trial<Start>('load @mdp/x')];
  const findings = new Map([
    [nothing, [{ ms: 30, othersShare: 0 }]],
    [load, [{ ms: 75, othersShare: 0 }]],
  ]);
  const rows = startTable([nothing, load], nothing, findings).split('\n');
  expect(rows.at(-1)).toMatch(/^\| load @mdp\/x +\| +75 \| +45 \|$/);
});
