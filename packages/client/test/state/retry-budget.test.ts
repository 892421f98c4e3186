// SPDX-License-Identifier: Apache-2.0
// retry-budget.test - repetitions after signs of overload have an end, those after a restart have not

import { describe, expect, test } from '@jest/globals';
import { RetryBudget } from '../../src/state/retry-budget.js';
import { Harness } from './harness.js';
import type { Call } from './harness.js';

const BUDGET = { ratio: 0.2, perSecond: 10, most: 1_000 };
const RETRY = { attempts: 3, baseMs: 100, maxMs: 100, attemptTimeoutMs: 500 };

/** How many repetitions can be paid now. */
function affordable(budget: RetryBudget, now: number): number {
  let count = 0;
  while (budget.spend(now)) count += 1;
  return count;
}

describe('RetryBudget', () => {
  test('begins with ten seconds of its floor, and has no less than the floor later', () => {
    const budget = new RetryBudget(BUDGET, 5_000);
    expect(affordable(budget, 5_000)).toBe(100);
    expect(affordable(budget, 5_099)).toBe(0);
    expect(affordable(budget, 5_100)).toBe(1);
    expect(affordable(budget, 7_100)).toBe(20);
  });

  test('gets what time brings before its first repetition, too', () => {
    const budget = new RetryBudget(BUDGET, 5_000);
    expect(affordable(budget, 35_000)).toBe(400);
    expect(affordable(new RetryBudget(BUDGET, 5_000), 3_600_000)).toBe(1_000);
  });

  test('gets a part of a repetition for each reply', () => {
    const budget = new RetryBudget({ ...BUDGET, perSecond: 0 }, 0);
    expect(affordable(budget, 0)).toBe(0);
    for (let i = 0; i < 50; i++) budget.earn();
    expect(affordable(budget, 0)).toBe(10);
  });

  test('saves no more than it may', () => {
    const budget = new RetryBudget({ ...BUDGET, most: 30 }, 0);
    expect(affordable(budget, 0)).toBe(30);
    for (let i = 0; i < 1_000; i++) budget.earn();
    expect(affordable(budget, 0)).toBe(30);
    expect(affordable(budget, 3_600_000)).toBe(30);
  });

  test('can be without end', () => {
    const budget = new RetryBudget(undefined, 0);
    for (let i = 0; i < 5_000; i++) expect(budget.spend(0)).toBe(true);
  });
});

/** A client with so many requests under way on one MX connection. */
function underWay(count: number, budget: Partial<typeof BUDGET> = {}): { h: Harness; calls: Call[] } {
  const h = new Harness({ wire: 'mx', maxInFlight: 10_000, retryBudget: { ...BUDGET, ...budget } });
  const calls = Array.from({ length: count }, () => h.submit('s', RETRY));
  h.connect();
  return { h, calls };
}

const inBackoff = (calls: readonly Call[]): number =>
  calls.filter(({ exchange }) => exchange.phase === 'backoff').length;

describe('a client', () => {
  test('repeats what was refused with 429 as long as its budget lasts, then hands on the refusal', () => {
    const { h, calls } = underWay(250);
    for (const call of calls) h.errorReply(call, 429);
    expect(inBackoff(calls)).toBe(100);
    expect(calls[100]?.sink).toMatchObject({ ends: 1, error: { code: 'MDP_REMOTE', status: 429, attempts: 1 } });
    expect(h.state.counters).toMatchObject({ remoteErrors: 150, unaffordable: 150 });
    h.pass(100);
    // One second was worth ten, and a tenth of it has passed.
    expect(h.state.counters.retries).toBe(100);
    for (const call of calls.slice(0, 100)) h.errorReply(call, 429);
    expect(inBackoff(calls)).toBe(1);
  });

  test('repeats what got no answer in time only within its budget', () => {
    const { h, calls } = underWay(250);
    h.pass(500);
    // It begins with a hundred, and half a second was worth five.
    expect(inBackoff(calls)).toBe(105);
    expect(h.state.counters).toMatchObject({ timeouts: 145, unaffordable: 145 });
  });

  test('earns a repetition with each five replies', () => {
    const { h, calls } = underWay(30, { perSecond: 0 });
    for (const call of calls.slice(0, 20)) h.final(call, 'x');
    for (const call of calls.slice(20)) h.errorReply(call, 429);
    expect(inBackoff(calls)).toBe(4);
  });

  test.each([502, 503])('repeats everything after %i, which a restart brings about', (status) => {
    const { h, calls } = underWay(1_000, { perSecond: 0 });
    for (const call of calls) h.errorReply(call, status);
    expect(inBackoff(calls)).toBe(1_000);
    expect(h.state.counters.unaffordable).toBe(0);
  });

  test('repeats everything that was under way on a connection that broke', () => {
    const { h, calls } = underWay(1_000, { perSecond: 0 });
    h.state.lost(h.now, h.mx().link);
    expect(inBackoff(calls)).toBe(1_000);
    h.connect();
    h.pass(100);
    h.connect();
    for (const call of calls) h.final(call, 'x');
    expect(h.state.counters).toMatchObject({ replies: 1_000, retries: 1_000, unaffordable: 0 });
  });

  test('counts no repetition that is not wanted anyhow', () => {
    const h = underWay(1, { perSecond: 0 }).h;
    h.errorReply(h.submit('s', { attempts: 1 }), 429);
    h.errorReply(h.submit('s', { ...RETRY, timeoutMs: 50 }), 429);
    expect(h.state.counters).toMatchObject({ remoteErrors: 2, unaffordable: 0 });
  });
});
