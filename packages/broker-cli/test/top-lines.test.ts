// SPDX-License-Identifier: Apache-2.0
// top-lines.test - what top writes where there is no terminal

import { expect, test } from '@jest/globals';
import { columnNamed } from '../src/top-columns.js';
import type { TopRow } from '../src/top-figures.js';
import { totalRow } from '../src/top-figures.js';
import { TopLines, topJson } from '../src/top-lines.js';
import type { TopSample } from '../src/top-sample.js';

const BROKER = { broker: 'tcp://127.0.0.1:5555', version: '0.1.0' };

function sampleOf(...rows: readonly TopRow[]): TopSample {
  const at = new Date('2026-01-31T14:05:09.123Z');
  const snapshot = { atMs: 0, services: new Map(), uptimeMs: 1500 };
  return {
    at,
    rows,
    total: totalRow(rows, '(all)'),
    brokers: [{ ...BROKER, snapshot }],
    trends: new Map(),
    totalTrend: [],
  };
}

const QUIET: TopRow = { name: 'a', workers: 1, waiting: 1, busy: 0, queued: 0 };
const counts = [0, 3, 1];
const BUSY: TopRow = {
  ...{ name: 'b\u001b', workers: 20_000, waiting: 0, busy: 20_000, queued: 3, oldestMs: 250 },
  ...{
    requests: 1234.5,
    finals: 1000,
    failed: 2,
    bytesIn: 2048,
    bytesOut: 4096,
    waitCounts: counts,
    serviceCounts: counts,
  },
};

test('titles once, then a line for each service and one for all, that line up', () => {
  const lines = new TopLines(columnNamed('req/s'));
  expect(lines.write(sampleOf(QUIET, BUSY))).toBe(
    [
      'TIME                  SERVICE       WORKERS  WAITING    BUSY  QUEUED  OLDEST    REQ/S  FAIL/S     P50     P99    WAIT    IN/S   OUT/S',
      '2026-01-31T14:05:09Z  b\\u001b        20,000        0  20,000       3   250ms    1,235     2.0  0.21ms  0.50ms  0.50ms    2.0k    4.0k',
      '2026-01-31T14:05:09Z  a                   1        1       0       0       -        -       -       -       -       -       -       -',
      '2026-01-31T14:05:09Z  (all)          20,001        1  20,000       3   250ms    1,235     2.0  0.21ms  0.50ms  0.50ms    2.0k    4.0k',
      '',
    ].join('\n'),
  );
  const later = lines.write(sampleOf({ ...QUIET, name: 'much longer than before' })).split('\n');
  expect(later).toHaveLength(3);
  expect(later[1]).toMatch(/^2026-01-31T14:05:09Z {2}\(all\) {20,}1 +1 +0 +0 /);
});

test('JSON has all that is known, by name, and null for what is not', () => {
  const text = topJson(sampleOf(BUSY, QUIET));
  expect(text.indexOf('\n')).toBe(text.length - 1);
  expect(text).not.toContain('\u001b');
  const unknown = {
    ...{ oldestMs: null, requestsPerSecond: null, finalsPerSecond: null, failedPerSecond: null },
    ...{ bytesInPerSecond: null, bytesOutPerSecond: null, serviceMs: null, waitMs: null },
  };
  const percentiles = { p50: 0.208, p90: 0.5, p99: 0.5 };
  const known = {
    ...{ workers: 20_000, waiting: 0, busy: 20_000, queued: 3, oldestMs: 250 },
    ...{
      requestsPerSecond: 1234.5,
      finalsPerSecond: 1000,
      failedPerSecond: 2,
      bytesInPerSecond: 2048,
      bytesOutPerSecond: 4096,
    },
    ...{ serviceMs: percentiles, waitMs: percentiles },
  };
  expect(JSON.parse(text)).toEqual({
    time: '2026-01-31T14:05:09.123Z',
    brokers: [{ ...BROKER, uptimeMs: 1500 }],
    services: [
      { ...QUIET, ...unknown },
      { name: 'b\u001b', ...known },
    ],
    total: { ...known, workers: 20_001, waiting: 1 },
  });
});

test('a broker that does not answer, and a time beyond what is measured', () => {
  const slow = Array.from({ length: 21 }, (_, bucket) => (bucket === 20 ? 1 : 0));
  const sample = sampleOf({ ...QUIET, serviceCounts: slow });
  const text = topJson({ ...sample, brokers: [{ broker: 'ipc://x', failure: 'gone' }] });
  expect(JSON.parse(text)).toMatchObject({
    brokers: [{ broker: 'ipc://x', failure: 'gone' }],
    services: [{ serviceMs: { p50: null, p99: null } }],
  });
});
