// SPDX-License-Identifier: Apache-2.0
// mx-model.test - over MX, too, and on the way there and back: every request ends exactly once, and nothing is left over

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytes } from '@mdp/protocol';
import { check } from '@mdp/testkit/fuzz';
import { MxLink } from '../../src/state/mx-link.js';
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
  'yes',
  'no',
  'final',
  'final',
  'partial',
  'taken',
  'collect',
  'error',
  'stray',
  'invalid',
  'lost',
  'abort',
  'pass',
  'blocked',
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
    maxBufferedBytes: fc.constantFrom(1, 100_000, 1e6),
  },
  { noNullPrototype: true },
);

function inspect(h: Harness, calls: Call[], said: Said): void {
  const carried = new Set<unknown>();
  for (const endpoint of h.state.pool.endpoints) {
    const { mx, links } = endpoint;
    expect(h.live(endpoint.address)).toHaveLength(links.size);
    // Who said no is left alone for a while.
    if (endpoint.tryAt < Infinity) expect([endpoint.state, endpoint.opening]).toEqual(['down', 0]);
    expect(h.liveMx(endpoint.address).map(({ link }) => link)).toEqual(mx === undefined ? [] : [mx]);
    for (const link of links) if (link.exchange !== undefined) carried.add(link.exchange);
    if (mx === undefined) continue;
    expect(mx.inFlight).toBeLessThanOrEqual(mx.window);
    if (mx.inFlight > 0) expect([mx.phase, endpoint.wire]).toEqual(['open', 'mx']);
    for (const exchange of mx.exchanges) {
      expect(carried.has(exchange)).toBe(false);
      carried.add(exchange);
      expect(exchange.link).toBe(mx);
      expect(mx.find(exchange.id)).toBe(exchange);
      // What is granted, what is unread and what is to be granted are one window.
      const window = Math.max(65_536, exchange.policy.maxBufferedBytes);
      expect(exchange.credit + exchange.owed + exchange.buffered).toBe(window);
    }
  }
  let pending = 0;
  for (const call of calls) {
    const { exchange, sink } = call;
    said.check(call);
    const { phase, link } = exchange;
    expect(sink.ends).toBe(phase === 'ended' ? 1 : 0);
    expect(exchange.attempts).toBeLessThanOrEqual(exchange.policy.attempts);
    expect(carried.has(exchange)).toBe(phase === 'sent' || phase === 'streaming');
    expect(link !== undefined).toBe(carried.has(exchange));
    if (phase === 'ended') expect([exchange.heapIndex, exchange.list]).toEqual([-1, undefined]);
    else pending += 1;
    if (phase === 'waiting') expect(exchange.list).toBeDefined();
  }
  const { requests, retries, ...ends } = h.state.counters;
  expect(retries).toBeGreaterThanOrEqual(0);
  expect(Object.values(ends).reduce((sum, count) => sum + count, pending)).toBe(requests);
  expect(h.state.pending).toBe(pending);
}

/** Whether its broker may say something that is read. */
function isAnswerable({ exchange: { link, paused } }: Call): boolean {
  return link instanceof MxLink || (link !== undefined && !paused);
}

function play(
  h: Harness,
  calls: Call[],
  said: Said,
  [action, pick, amount]: Step,
  next: Parameters<Harness['submit']>[1],
): void {
  const one = <T>(of: T[]): T | undefined => of[pick % Math.max(1, of.length)];
  const mx = one(h.liveMx());
  const strict = one(h.live());
  const any = one(calls);
  const call = one(calls.filter(({ exchange }) => exchange.link !== undefined));
  if (action === 'submit') calls.push(h.submit('s', next));
  else if (action === 'falls behind') {
    // Some of what waits has used up half of its time, or nearly, when there is more, and then room.
    for (let i = 0; i < 3; i++) calls.push(h.submit('s', next));
    h.pass(80 + (amount % 90));
    for (let i = 0; i < 2; i++) calls.push(h.submit('s', { ...next, timeoutMs: [300, 170, 0][pick % 3] ?? 0 }));
    for (const done of calls.filter(isAnswerable).slice(0, 2)) h.final(done, said.next(done));
  } else if (action === 'pass') h.pass(amount);
  else if (action === 'connect') h.connect(amount % 2 === 0 ? 'a' : 'b');
  else if (action === 'refuse') h.refuse(amount % 2 === 0 ? 'a' : 'b', VERDICTS[pick % VERDICTS.length]);
  else if (action === 'exhausted') {
    h.openError = amount % 2 === 0 ? undefined : Object.assign(new Error('full'), { code: 'EMFILE' });
  } else if (action === 'yes' || action === 'no') {
    if (mx?.link.phase === 'asking') h.state.answer(h.now, mx.link, action === 'yes' ? 1 + (amount % 8) : undefined);
  } else if (action === 'abort' && any !== undefined) h.state.abort(h.now, any.exchange, 'enough');
  else if (action === 'collect' && any !== undefined) h.state.collect(h.now, any.exchange);
  else if (action === 'taken' && any !== undefined) h.state.taken(h.now, any.exchange, any.exchange.buffered);
  else if (action === 'lost') {
    const link = amount % 3 === 0 ? mx?.link : strict?.link;
    if (link !== undefined && link.phase !== 'connecting') h.state.lost(h.now, link);
  } else if (action === 'blocked' && mx !== undefined) {
    mx.blocked = !mx.blocked;
    if (!mx.blocked) h.state.unblocked(h.now);
  } else if (action === 'stray' && mx?.link.phase === 'open') {
    h.state.receiveMx(h.now, mx.link, [{ type: 'final', id: 1_000_000, body: [bytes('x')] }]);
  } else if (action === 'invalid' && mx?.link.phase === 'open') h.state.invalidMx(h.now, mx.link, 'noise');
  else if (call === undefined || !isAnswerable(call)) return;
  else if (action === 'final') h.final(call, said.next(call));
  else if (action === 'error') h.errorReply(call, amount % 2 === 0 ? 503 : 500);
  else if (action === 'partial') {
    call.sink.reading = amount % 2 === 0;
    h.partial(call, said.next(call) + 'x'.repeat(amount * 40));
  }
}

test.each(['auto', 'mx'] as const)('wire %s', (wire) => {
  check(
    fc.property(fc.array(fc.tuple(step, policy), { maxLength: 120, size: 'max' }), (steps) => {
      const h = new Harness({
        wire,
        endpoints: ['a', 'b'],
        maxSockets: 4,
        maxInFlight: 6,
        maxQueued: 8,
        idleSocketMs: 500,
      });
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
      expect([h.isClosed, h.live().length, h.liveMx().length]).toEqual([true, 0, 0]);
      expect(h.state.nextDeadline()).toBe(Infinity);
      expect([h.state.pending, h.state.queued]).toEqual([0, 0]);
    }),
    { runs: 300, timeMs: 1_000 },
  );
});

test.each(['auto', 'mx'] as const)(
  'wire %s: a request that may wait for ever is served as soon as a broker is there, however things went before',
  (wire) => {
    check(
      fc.property(fc.array(fc.tuple(step, policy), { maxLength: 60, size: 'max' }), (steps) => {
        const h = new Harness({ wire, endpoints: ['a', 'b'], maxSockets: 2, maxInFlight: 3, idleSocketMs: 500 });
        const calls: Call[] = [];
        h.onSend = (exchange) => {
          checkTurn(h.now, exchange, h.calls);
        };
        h.onSend = (exchange) => {
          checkTurn(h.now, exchange, h.calls);
        };
        const said = new Said();
        for (const [step, next] of steps) play(h, calls, said, step, next);
        h.openError = undefined;
        for (const handle of h.mxHandles) handle.blocked = false;
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
      { runs: 300, timeMs: 1_000 },
    );
  },
);
