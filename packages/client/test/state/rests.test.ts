// SPDX-License-Identifier: Apache-2.0
// rests.test - brokers that stand but do not serve: requests go elsewhere, and one at a time tries them again

import { describe, expect, test } from '@jest/globals';
import type { StateOptions } from '../../src/state/client-state.js';
import { endpointStats } from '../../src/stats.js';
import type { Call } from './harness.js';
import { Harness } from './harness.js';

/** Longer than any pause of the harness: 100 to 800 ms, without jitter. */
const ATTEMPT_MS = 1_000;
const REPEATED = { attempts: 10, attemptTimeoutMs: ATTEMPT_MS, baseMs: 1, maxMs: 1 };

/** A client of brokers that are all connected; each has answered once. */
function connected(options: Partial<StateOptions> = {}): Harness {
  const h = new Harness({ endpoints: ['a', 'b'], idleSocketMs: 0, ...options });
  const calls = Array.from({ length: 4 }, () => h.submit());
  h.connect();
  for (const call of calls) h.final(call, 'x');
  for (const call of [h.submit(), h.submit()]) h.final(call, 'x');
  return h;
}

const where = (call: Call): string | undefined => call.exchange.link?.endpoint.address;

/** A request, on a connection. */
function submit(h: Harness, policy = {}): Call {
  const call = h.submit('s', policy);
  if (call.exchange.phase === 'waiting') h.connect();
  return call;
}

/** So many requests at once, and their replies: to which brokers they went. */
function served(h: Harness, count = 10): Set<string | undefined> {
  const calls = Array.from({ length: count }, () => submit(h, REPEATED));
  const met = new Set(calls.map(where));
  for (const call of calls) h.final(call, 'x');
  return met;
}

/** Make requests until one goes to a broker, and answer the others. */
function submitTo(h: Harness, address: string, policy = {}): Call {
  const others: Call[] = [];
  for (let i = 0; i < 20; i++) {
    const call = submit(h, policy);
    if (where(call) === address) {
      for (const other of others) h.final(other, 'x');
      return call;
    }
    others.push(call);
    h.connect();
  }
  throw new Error(`no request goes to ${address}`);
}

function stats(h: Harness, address: string): ReturnType<typeof endpointStats> {
  const endpoint = h.state.pool.endpoints.find((each) => each.address === address);
  if (endpoint === undefined) throw new Error(`no endpoint ${address}`);
  return endpointStats(endpoint, 'rfc18');
}

/** Let a request that failed be sent again: its pause is 1 ms. */
function again(h: Harness): void {
  h.pass(1);
  h.connect();
}

/** A broker that has left a request without an answer. */
function silent(options: Partial<StateOptions> = {}): { h: Harness; call: Call } {
  const h = connected(options);
  const call = submitTo(h, 'a', REPEATED);
  h.pass(ATTEMPT_MS);
  again(h);
  return { h, call };
}

describe.each(['rfc18', 'mx'] as const)('a broker that stands still, wire %s', (wire) => {
  test('gets nothing more once an attempt has passed its time without a word from it', () => {
    const { h, call } = silent({ wire });
    expect(stats(h, 'a')).toMatchObject({
      state: 'resting',
      reason: expect.stringMatching(/^it did not answer in time/),
    });
    expect(served(h)).toEqual(new Set(['b']));
    expect(where(call)).toBe('b');
  });

  test('is tried by one request at a time, after pauses that grow', () => {
    // All within the time after which an MX connection that says nothing is made anew.
    const attemptTimeoutMs = 100;
    const { h } = silent({ wire, connect: { reconnectMs: 10, reconnectMaxMs: 80 } });
    for (const pause of [10, 20, 40, 80, 80]) {
      h.pass(pause - 2);
      expect(served(h)).toEqual(new Set(['b']));
      h.pass(1);
      const probe = submitTo(h, 'a', { ...REPEATED, attemptTimeoutMs });
      expect(served(h)).toEqual(new Set(['b']));
      h.pass(attemptTimeoutMs);
      again(h);
      expect(where(probe)).toBe('b');
      h.final(probe, 'x');
    }
  });

  test('has its share again as soon as a probe is answered', () => {
    const { h } = silent({ wire });
    h.pass(100);
    h.final(submitTo(h, 'a', REPEATED), 'x');
    expect(stats(h, 'a')).toMatchObject({ state: 'up', reason: '' });
    expect(served(h)).toEqual(new Set(['a', 'b']));
  });

  test('does not rest when anything has come from it since the request was sent: it is the work that takes long', () => {
    const h = connected({ wire });
    const slow = submitTo(h, 'a', REPEATED);
    h.pass(ATTEMPT_MS - 1);
    h.final(submitTo(h, 'a', REPEATED), 'x');
    h.pass(1);
    expect(slow.exchange.phase).toBe('backoff');
    expect(stats(h, 'a').state).toBe('up');
  });

  test('what was on its way to it before makes no pause longer', () => {
    const h = connected({ wire });
    const early = submitTo(h, 'a', REPEATED);
    h.pass(50);
    const late = submitTo(h, 'a', REPEATED);
    h.pass(ATTEMPT_MS - 50);
    expect(early.exchange.phase).toBe('backoff');
    h.pass(50);
    expect(where(late)).not.toBe('a');
    h.pass(50);
    expect(where(submitTo(h, 'a', REPEATED))).toBe('a');
  });

  test('a probe that is given up makes room for the next', () => {
    const { h } = silent({ wire });
    h.pass(100);
    h.state.abort(h.now, submitTo(h, 'a', REPEATED).exchange, 'enough');
    expect(where(submitTo(h, 'a', REPEATED))).toBe('a');
  });

  test('serves on where all others are no better', () => {
    const { h } = silent({ wire });
    submitTo(h, 'b', REPEATED);
    h.pass(ATTEMPT_MS);
    expect([stats(h, 'a').state, stats(h, 'b').state]).toEqual(['resting', 'resting']);
    const next = h.submit('s', REPEATED);
    if (next.exchange.phase === 'waiting') h.connect();
    expect(next.exchange.phase).toBe('sent');
  });

  test('serves on when it is the only one', () => {
    const h = new Harness({ wire, endpoints: ['a'] });
    h.submit('s', { timeoutMs: 50 });
    h.connect();
    h.pass(50);
    expect(stats(h, 'a').state).toBe('up');
  });
});

describe('a broker that stands still', () => {
  test('by MX: serves again when a late reply comes, without a probe', () => {
    const { h } = silent({ wire: 'mx' });
    h.state.receiveMx(h.now, h.mx('a').link, [{ type: 'heartbeat' }]);
    expect(served(h)).toEqual(new Set(['a', 'b']));
  });

  test('by MX: takes what the others have no room for', () => {
    const { h } = silent({ wire: 'mx', maxInFlight: 2 });
    const calls = Array.from({ length: 4 }, () => h.submit());
    expect(calls.map(where).filter((address) => address === 'a')).toHaveLength(2);
  });

  test('strict: a connection that is being made to it serves nobody who waits', () => {
    const h = new Harness({ endpoints: ['a', 'b'], idleSocketMs: 0 });
    const first = [h.submit('s', REPEATED), h.submit('s', REPEATED)];
    h.connect();
    h.final(first.find((call) => where(call) === 'b') as Call, 'x');
    h.pass(ATTEMPT_MS + 100);
    // The probe of a opens a connection, which does not come about.
    const calls = Array.from({ length: 4 }, () => h.submit('s', REPEATED));
    h.connect('b');
    expect(calls.map(where)).toEqual(['b', 'b', 'b', 'b']);
    expect(stats(h, 'a')).toMatchObject({ state: 'resting', connecting: 1 });
  });
});

describe.each(['rfc18', 'mx'] as const)('a broker that is stopping, wire %s', (wire) => {
  /** A broker that has said 503. */
  function stopping(): Harness {
    const h = connected({ wire });
    const call = submitTo(h, 'a', REPEATED);
    h.errorReply(call, 503);
    again(h);
    expect(where(call)).toBe('b');
    return h;
  }

  test('gets nothing more after its first 503, and one request in a while', () => {
    const h = stopping();
    expect(stats(h, 'a')).toMatchObject({ state: 'resting', reason: 'it is stopping (status 503)' });
    expect(served(h)).toEqual(new Set(['b']));
    h.pass(99);
    h.errorReply(submitTo(h, 'a', REPEATED), 503);
    h.pass(199);
    expect(served(h)).toEqual(new Set(['b']));
    h.pass(1);
    h.final(submitTo(h, 'a', REPEATED), 'x');
    expect(served(h)).toEqual(new Set(['a', 'b']));
  });

  test('is not taken for one that serves because it finishes what it had begun', () => {
    const h = connected({ wire });
    const early = submitTo(h, 'a', REPEATED);
    const refused = submitTo(h, 'a', REPEATED);
    h.errorReply(refused, 503);
    h.final(early, 'x');
    expect(stats(h, 'a').state).toBe('resting');
  });

  test('429 is no such thing: it is one service or one client that is too much', () => {
    const h = connected({ wire });
    h.errorReply(submitTo(h, 'a', REPEATED), 429);
    expect(stats(h, 'a').state).toBe('up');
  });
});

test.each(['rfc18', 'mx'] as const)(
  'wire %s: a broker that could not be reached is tried again after a time without requests, also while others have room',
  (wire) => {
    const h = new Harness({ endpoints: ['a', 'b'], wire, idleSocketMs: 500 });
    const first = [h.submit(), h.submit()];
    h.connect('b');
    h.refuse('a');
    for (const call of first) h.final(call, 'x');
    h.pass(5_000);
    expect(h.live('a').length + h.liveMx('a').length).toBe(0);
    const next = h.submit();
    h.connect('b');
    h.final(next, 'x');
    h.connect('a');
    const calls = [h.submit(), h.submit()];
    h.connect();
    expect(new Set(calls.map(where))).toEqual(new Set(['a', 'b']));
  },
);
