// SPDX-License-Identifier: Apache-2.0
// top-figures.test - the difference of two answers, whatever brokers answer

import { describe, expect, test } from '@jest/globals';
import type { Snapshot } from '../src/top-figures.js';
import { readFigures, topRows, totalRow } from '../src/top-figures.js';

const ZERO = { workers: 0, waiting: 0, busy: 0, queued: 0 };

function service(name: string, more: object = {}): object {
  const counted = { requests: 0, finals: 0, failed: {}, bytesIn: 0, bytesOut: 0, oldestMs: 0 };
  const none = { count: 0, sumMs: 0, counts: [] };
  return { name, workers: 2, waiting: 1, busy: 1, queued: 0, ...counted, waitMs: none, serviceMs: none, ...more };
}

function snapshot(atMs: number, services: readonly object[], uptimeMs?: number): Snapshot {
  return { atMs, services: readFigures(services), uptimeMs };
}

describe('rates', () => {
  test('are the growth between two answers, for each second', () => {
    const before = snapshot(1000, [
      service('a', { requests: 10, finals: 8, failed: { 503: 1 }, bytesIn: 100, bytesOut: 50 }),
    ]);
    const figures = { requests: 30, finals: 20, failed: { 503: 2, 404: 4 }, bytesIn: 1100, bytesOut: 50, oldestMs: 70 };
    const after = snapshot(3000, [service('a', figures)]);
    expect(topRows([{ before, after }])).toEqual([
      {
        ...{ name: 'a', workers: 2, waiting: 1, busy: 1, queued: 0, oldestMs: 70 },
        ...{ requests: 10, finals: 6, failed: 2.5, bytesIn: 500, bytesOut: 0 },
        ...{ waitCounts: [], serviceCounts: [] },
      },
    ]);
  });

  test('histograms have what was added, also to none', () => {
    const none = snapshot(0, [service('a')]);
    const some = snapshot(1000, [service('a', { serviceMs: { count: 3, sumMs: 3, counts: [1, 2, 0] } })]);
    const more = snapshot(2000, [service('a', { serviceMs: { count: 4, sumMs: 9, counts: [1, 2, 1] } })]);
    expect(topRows([{ before: none, after: some }])[0]?.serviceCounts).toEqual([1, 2, 0]);
    expect(topRows([{ before: some, after: more }])[0]?.serviceCounts).toEqual([0, 0, 1]);
    expect(topRows([{ before: some, after: none }])[0]?.serviceCounts).toBeUndefined();
    expect(topRows([{ before: more, after: some }])[0]?.serviceCounts).toBeUndefined();
  });

  test.each<[why: string, before: Snapshot | undefined, after: Snapshot]>([
    ['without an answer before', undefined, snapshot(1000, [service('a', { requests: 9 })])],
    ['of a service that comes', snapshot(0, []), snapshot(1000, [service('a', { requests: 9 })])],
    [
      'of a counter that began anew',
      snapshot(0, [service('a', { requests: 10 })]),
      snapshot(1000, [service('a', { requests: 9 })]),
    ],
    [
      'of a broker that began anew',
      snapshot(0, [service('a')], 5000),
      snapshot(1000, [service('a', { requests: 9 })], 900),
    ],
    ['of no time', snapshot(1000, [service('a')]), snapshot(1000, [service('a', { requests: 9 })])],
  ])('%s are not known', (_, before, after) => {
    expect(topRows([{ before, after }])).toMatchObject([{ name: 'a', workers: 2, requests: undefined }]);
  });

  test('a broker that does not count by service', () => {
    const old = [{ name: 'a', workers: 1, waiting: 1, busy: 0, queued: 3 }];
    const [row] = topRows([{ before: snapshot(0, old), after: snapshot(1000, old) }]);
    expect(row).toEqual({ name: 'a', workers: 1, waiting: 1, busy: 0, queued: 3 });
    expect(totalRow(row === undefined ? [] : [row], 'all')).toEqual({
      name: 'all',
      workers: 1,
      waiting: 1,
      busy: 0,
      queued: 3,
    });
  });
});

describe('several brokers', () => {
  test('are added up by service, each with what is known of it', () => {
    const old = [{ name: 'a', workers: 1, waiting: 0, busy: 1, queued: 3 }];
    const rows = topRows([
      { before: undefined, after: snapshot(0, old) },
      {
        before: snapshot(0, [service('a'), service('b')]),
        after: snapshot(500, [
          service('a', { requests: 5, oldestMs: 30, serviceMs: { count: 1, sumMs: 1, counts: [1, 0] } }),
          service('b', { requests: 1, serviceMs: { count: 2, sumMs: 1, counts: [1, 1] } }),
        ]),
      },
    ]);
    expect(rows).toMatchObject([
      { name: 'a', workers: 3, waiting: 1, busy: 2, queued: 3, requests: 10, oldestMs: 30, serviceCounts: [1, 0] },
      { name: 'b', workers: 2, requests: 2 },
    ]);
    expect(totalRow(rows, 'all')).toMatchObject({ workers: 5, requests: 12, oldestMs: 30, serviceCounts: [2, 1] });
  });

  test('of nothing the sum is nothing', () => {
    expect(totalRow([], 'all')).toEqual({ name: 'all', ...ZERO });
  });
});

test.each<[answer: unknown]>([[null], ['text'], [{ name: 'a' }], [[null, 5, [], { workers: 1 }, { name: 7 }]]])(
  'an answer that is no list of services: %j',
  (answer) => {
    expect(readFigures(answer).size).toBe(0);
  },
);

test('figures that are none are not known, or 0 where there has to be one', () => {
  const hostile = {
    workers: -1,
    waiting: 'x',
    busy: null,
    queued: 1e999,
    requests: {},
    failed: 7,
    serviceMs: { counts: ['x'] },
  };
  const [row] = readFigures([{ name: '__proto__', ...hostile, waitMs: 'x' }]).values();
  expect(row).toEqual({ name: '__proto__', ...ZERO });
});
