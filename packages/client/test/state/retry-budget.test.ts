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

/** A client without a budget, of three brokers: what is under way at the first, the others have answered all that they got. */
function oneSilent(wire: 'rfc18' | 'mx'): { h: Harness; calls: Call[] } {
  const retryBudget = { ratio: 0, perSecond: 0, most: 1 };
  const h = new Harness({ wire, endpoints: ['a', 'b', 'c'], maxInFlight: 10_000, retryBudget });
  const calls = Array.from({ length: 90 }, () => h.submit('s', RETRY));
  for (let i = 0; i < 3; i++) h.connect();
  const atFirst = calls.filter(({ exchange }) => exchange.link?.endpoint.address === 'a');
  for (const call of calls) if (!atFirst.includes(call)) h.final(call, 'x');
  expect(atFirst.length).toBeGreaterThanOrEqual(20);
  return { h, calls: atFirst };
}

describe.each(['rfc18', 'mx'] as const)('one broker of several, wire %s', (wire) => {
  test('that says nothing at all costs nothing: what was under way there is repeated at the others', () => {
    const { h, calls } = oneSilent(wire);
    h.pass(500);
    expect(inBackoff(calls)).toBe(calls.length);
    h.pass(100);
    for (let i = 0; i < 3; i++) h.connect();
    expect(calls.map(({ exchange }) => exchange.link?.endpoint.address)).not.toContain('a');
    for (const call of calls) h.final(call, 'x');
    expect(calls.every(({ sink }) => sink.complete)).toBe(true);
    expect(h.state.counters).toMatchObject({ retries: calls.length, unaffordable: 0, timeouts: 0 });
  });

  test('that has said anything since has too much to do', () => {
    const { h, calls } = oneSilent(wire);
    const [first, ...others] = calls as [Call, ...Call[]];
    h.final(first, 'x');
    h.pass(500);
    expect(others.every(({ sink }) => sink.error?.code === 'MDP_TIMEOUT')).toBe(true);
    expect(h.state.counters.unaffordable).toBe(others.length);
  });

  test('is none when the others say nothing either', () => {
    const { h, calls } = oneSilent(wire);
    for (let i = 0; i < 60; i++) h.submit('s', RETRY);
    for (let i = 0; i < 3; i++) h.connect();
    h.pass(1_000);
    expect(calls.every(({ sink }) => sink.error?.code === 'MDP_TIMEOUT')).toBe(true);
    expect(h.state.counters).toMatchObject({ retries: 0, unaffordable: calls.length + 60 });
  });
});

test('a broker that says anything while a repetition waits is no dead one: it is paid for then', () => {
  const { h, calls } = oneSilent('mx');
  h.pass(500);
  expect(inBackoff(calls)).toBe(calls.length);
  h.state.receiveMx(h.now, h.mx('a').link, [{ type: 'heartbeat' }]);
  h.pass(100);
  expect(calls.every(({ sink }) => sink.ends === 1 && sink.error?.code === 'MDP_TIMEOUT')).toBe(true);
  expect(h.state.counters).toMatchObject({ retries: 0, timeouts: calls.length, unaffordable: calls.length });
  expect(h.state.pending).toBe(0);
  h.pass(20_000);
  expect(h.state.nextDeadline()).toBe(Infinity);
});
