// SPDX-License-Identifier: Apache-2.0
// totals.test - what several brokers did together

import { expect, test } from '@jest/globals';
import { Broker } from '@mdp/broker';
import type { Totals } from '../src/totals.js';
import { sumTotals, totalsOf } from '../src/totals.js';

function totals(uptimeMs: number, change: (totals: Totals) => void): Totals {
  const made = { ...totalsOf(new Broker().stats()), uptimeMs };
  change(made);
  return made;
}

test('numbers are added up name by name, at any depth', () => {
  const first = totals(10, ({ counters }) => {
    counters.requests = 3;
    counters.dropped.invalid = 1;
    counters.failed[503] = 1;
  });
  const second = totals(20, ({ counters }) => {
    counters.requests = 4;
    counters.dropped.invalid = 2;
    counters.failed[404] = 5;
  });
  const sum = sumTotals([first, second]);
  expect(sum.counters).toMatchObject({ requests: 7, finals: 0, failed: { 503: 1, 404: 5 } });
  expect(sum.counters.dropped).toEqual({ ...first.counters.dropped, invalid: 3 });
  expect([first, second].map(({ counters }) => counters.requests)).toEqual([3, 4]);
});

test('what is under way is added up too, and the oldest tells for how long', () => {
  const one = (n: number): Totals => ({
    ...totals(n, () => undefined),
    requests: { queued: n, queuedBytes: 100 * n, running: 2 * n, pendingBytes: 300 * n },
  });
  const { uptimeMs, requests } = sumTotals([one(3), one(5), one(4)]);
  expect([uptimeMs, requests]).toEqual([5, { queued: 12, queuedBytes: 1200, running: 24, pendingBytes: 3600 }]);
});

test('the sum of one is the one', () => {
  const one = totals(7, ({ counters }) => (counters.finals = 2));
  expect(sumTotals([one])).toEqual(one);
});
