// SPDX-License-Identifier: Apache-2.0
// model.test - whatever happens in whatever order: every request ends exactly once, and nothing is left over

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { check } from '@mdp/testkit/fuzz';
import type { Call } from './harness.js';
import { Harness } from './harness.js';
import { Said } from './said.js';
import { checkTurn } from './turns.js';

type Step = readonly [action: string, pick: number, amount: number];

const ACTIONS = [
  'submit',
  'submit',
  'submit',
  'falls behind',
  'connect',
  'connect',
  'refuse',
  'final',
  'final',
  'partial',
  'taken',
  'error',
  'invalid',
  'lost',
  'abort',
  'pass',
  'stray',
  'exhausted',
] as const;

const VERDICTS = ['unreachable', 'closed', 'final'] as const;

const step = fc.tuple(fc.constantFrom(...ACTIONS), fc.nat(1_000), fc.nat(1_000));

const policy = fc.record(
  {
    timeoutMs: fc.constantFrom(0, 300, 301, 170),
    idleTimeoutMs: fc.constantFrom(0, 100),
    attemptTimeoutMs: fc.constantFrom(0, 50),
    attempts: fc.integer({ min: 1, max: 4 }),
    maxBufferedBytes: fc.constantFrom(1, 200, 1e6),
  },
  { noNullPrototype: true },
);

function inspect(h: Harness, calls: Call[], said: Said): void {
  const carried = new Set<unknown>();
  let links = 0;
  for (const endpoint of h.state.pool.endpoints) {
    const phases = { connecting: 0, idle: 0, busy: 0, closed: 0 };
    for (const link of endpoint.links) {
      phases[link.phase] += 1;
      links += 1;
      expect(link.exchange !== undefined).toBe(link.phase === 'busy');
      if (link.exchange === undefined) continue;
      // One request on a connection, and on one connection only (MDP-C-07).
      expect(carried.has(link.exchange)).toBe(false);
      carried.add(link.exchange);
      expect(link.exchange.link).toBe(link);
      expect(['sent', 'streaming']).toContain(link.exchange.phase);
    }
    expect(endpoint).toMatchObject({ connecting: phases.connecting, busy: phases.busy });
    expect(endpoint.idle).toHaveLength(phases.idle);
    // Who said no is left alone for a while.
    if (endpoint.tryAt < Infinity) expect([endpoint.state, endpoint.opening]).toEqual(['down', 0]);
    expect(phases.closed).toBe(0);
  }
  expect(h.live()).toHaveLength(links);
  expect(links).toBe(h.state.pool.total);
  // A connection that is waited for comes on top, one for each endpoint that was down.
  expect(links).toBeLessThanOrEqual(6 + h.state.pool.endpoints.length);
  let pending = 0;
  for (const call of calls) {
    const { exchange, sink } = call;
    said.check(call);
    expect(sink.ends).toBe(exchange.phase === 'ended' ? 1 : 0);
    expect(exchange.attempts).toBeLessThanOrEqual(exchange.policy.attempts);
    if (exchange.phase === 'ended') expect([exchange.heapIndex, exchange.list]).toEqual([-1, undefined]);
    else pending += 1;
    if (exchange.phase === 'waiting') expect(exchange.list).toBeDefined();
  }
  const { requests, retries, ...ends } = h.state.counters;
  expect(retries).toBeGreaterThanOrEqual(0);
  expect(Object.values(ends).reduce((sum, count) => sum + count, pending)).toBe(requests);
  expect(h.state.pending).toBe(pending);
}

function play(
  h: Harness,
  calls: Call[],
  said: Said,
  [action, pick, amount]: Step,
  next: Parameters<Harness['submit']>[1],
): void {
  const handles = h.live();
  const handle = handles[pick % Math.max(1, handles.length)];
  const busy = calls.filter(({ exchange }) => exchange.link !== undefined);
  const call = busy[pick % Math.max(1, busy.length)];
  const any = calls[pick % Math.max(1, calls.length)];
  if (action === 'submit') calls.push(h.submit('s', next));
  else if (action === 'falls behind') {
    // Some of what waits has used up half of its time, or nearly, when there is more, and then room.
    for (let i = 0; i < 3; i++) calls.push(h.submit('s', next));
    h.pass(80 + (amount % 90));
    for (let i = 0; i < 2; i++) calls.push(h.submit('s', { ...next, timeoutMs: [300, 170, 0][pick % 3] ?? 0 }));
    for (const done of calls.filter(({ exchange }) => exchange.link !== undefined && !exchange.paused).slice(0, 2))
      h.final(done, said.next(done));
  } else if (action === 'pass') h.pass(amount % 120);
  else if (action === 'exhausted') {
    h.openError = amount % 2 === 0 ? undefined : Object.assign(new Error('full'), { code: 'EMFILE' });
  } else if (action === 'abort' && any !== undefined) h.state.abort(h.now, any.exchange, 'enough');
  else if (action === 'taken' && any !== undefined) h.state.taken(h.now, any.exchange, any.exchange.buffered);
  else if (handle === undefined) return;
  else if (action === 'connect' && handle.link.phase === 'connecting') h.state.up(h.now, handle.link);
  else if (action === 'refuse' && handle.link.phase === 'connecting') {
    const verdict = VERDICTS[amount % VERDICTS.length] ?? 'unreachable';
    h.state.refused(h.now, handle.link, { verdict, reason: 'no' });
  } else if (action === 'lost' && handle.link.phase !== 'connecting') h.state.lost(h.now, handle.link);
  else if (action === 'stray' && handle.link.phase === 'idle') handle.readable = true;
  else if (call === undefined || call.exchange.paused) return;
  else if (action === 'final') h.final(call, said.next(call));
  else if (action === 'error') h.errorReply(call, amount % 2 === 0 ? 503 : 500);
  else if (action === 'invalid') h.state.receive(h.now, h.linkOf(call), { type: 'invalid', what: 'noise' });
  else if (action === 'partial') {
    call.sink.reading = amount % 2 === 0;
    h.partial(call, said.next(call));
  }
}

test.each([1, 3])('over %i endpoints', (count) => {
  check(
    fc.property(fc.array(fc.tuple(step, policy), { maxLength: 120, size: 'max' }), (steps) => {
      const endpoints = ['a', 'b', 'c'].slice(0, count);
      const h = new Harness({ endpoints, maxSockets: 6, maxQueued: 8, idleSocketMs: 200 });
      const calls: Call[] = [];
      h.onSend = (exchange) => {
        checkTurn(h.now, exchange, h.calls);
      };
      const said = new Said();
      for (const [step, next] of steps) {
        play(h, calls, said, step, next);
        inspect(h, calls, said);
      }
      h.state.close(h.now, 100);
      h.pass(100);
      inspect(h, calls, said);
      expect(h.isClosed).toBe(true);
      expect(h.live()).toHaveLength(0);
      expect(h.state.nextDeadline()).toBe(Infinity);
      expect([h.state.pending, h.state.queued]).toEqual([0, 0]);
    }),
    { runs: 200, timeMs: 1_000 },
  );
});

test('a request that may wait for ever is served as soon as a broker is there, however things went before', () => {
  check(
    fc.property(fc.array(fc.tuple(step, policy), { maxLength: 60, size: 'max' }), (steps) => {
      const h = new Harness({ endpoints: ['a', 'b'], maxSockets: 4, maxQueued: 1_000, idleSocketMs: 200 });
      const calls: Call[] = [];
      h.onSend = (exchange) => {
        checkTurn(h.now, exchange, h.calls);
      };
      const said = new Said();
      for (const [step, next] of steps) play(h, calls, said, step, next);
      h.openError = undefined;
      const last = h.submit();
      calls.push(last);
      for (let i = 0; i < 500 && last.sink.ends === 0; i++) {
        h.connect();
        for (const call of calls) {
          if (call.exchange.paused) h.state.collect(h.now, call.exchange);
          if (call.exchange.link !== undefined) h.final(call, said.next(call));
        }
        h.pass(10);
      }
      expect(last.sink.complete).toBe(true);
      for (const call of calls) said.check(call);
    }),
    { runs: 200, timeMs: 1_000 },
  );
});
