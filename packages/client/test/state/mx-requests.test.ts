// SPDX-License-Identifier: Apache-2.0
// mx-requests.test - many requests on one MX connection: ids, window, deadlines, giving up, what a broker may send

import { describe, expect, test } from '@jest/globals';
import { MX_MAX_NUMBER, bytes } from '@mdp/protocol';
import { Endpoint } from '../../src/state/endpoint.js';
import { Exchange } from '../../src/state/exchange.js';
import { MxLink } from '../../src/state/mx-link.js';
import type { StateOptions } from '../../src/state/client-state.js';
import type { Call } from './harness.js';
import { FakeMxHandle, FakeSink, Harness, POLICY, TARGET } from './harness.js';

/** A client that speaks MX, connected. */
function connected(options: Partial<StateOptions> = {}): Harness {
  const h = new Harness({ wire: 'mx', ...options });
  h.instant.add('a').add('b');
  return h;
}

describe('sending', () => {
  test('the first request opens the one connection, and all go out once it is up', () => {
    const h = new Harness({ wire: 'mx' });
    const calls = [h.submit('x'), h.submit('y'), h.submit('z')];
    expect([h.mxHandles.length, h.handles.length]).toEqual([1, 0]);
    expect(h.mx().records).toHaveLength(0);
    h.connect();
    expect(h.mx().of('request')).toMatchObject([
      { id: 0, deadlineMs: 0, service: bytes('x'), body: [bytes('body')] },
      { id: 1, service: bytes('y') },
      { id: 2, service: bytes('z') },
    ]);
    expect(h.mx().asked).toBe(0);
    for (const call of calls) expect(call.exchange).toMatchObject({ phase: 'sent', attempts: 1 });
  });

  test('no more than maxInFlight are under way; the others wait, first come, first served', () => {
    const h = connected({ maxInFlight: 2 });
    const calls = ['a', 'b', 'c', 'd'].map((name) => h.submit(name));
    expect(h.mx().of('request')).toHaveLength(2);
    expect(h.state).toMatchObject({ pending: 4, queued: 2 });
    h.final(calls[1] as Call, 'x');
    expect(h.mx().of('request').at(-1)).toMatchObject({ id: 2, service: bytes('c') });
    h.final(calls[0] as Call, 'x');
    expect(h.mx().of('request').at(-1)).toMatchObject({ id: 3, service: bytes('d') });
    expect(h.mxHandles).toHaveLength(1);
  });

  test('more than maxQueued that wait are refused with MDP_OVERLOADED', () => {
    const h = connected({ maxInFlight: 1, maxQueued: 1 });
    h.submit();
    h.submit();
    expect(h.submit().sink.error).toMatchObject({ code: 'MDP_OVERLOADED', attempts: 0 });
  });

  test('one that waits in vain says why', () => {
    const h = connected({ maxInFlight: 1 });
    h.submit();
    const { sink } = h.submit('s', { timeoutMs: 100 });
    h.pass(100);
    expect(sink.error?.message).toBe('not sent to "s" within 100 ms: too many were under way already (maxInFlight)');
  });

  test('nothing is sent while the connection is blocked', () => {
    const h = connected();
    h.submit();
    h.mx().blocked = true;
    const call = h.submit();
    expect(call.exchange.phase).toBe('waiting');
    h.mx().blocked = false;
    h.state.unblocked(h.now);
    expect(call.exchange.phase).toBe('sent');
  });

  test.each([
    [0, 0],
    [1_500, 1_500],
  ])('timeoutMs %i travels as deadline %i', (timeoutMs, deadlineMs) => {
    const h = connected();
    h.submit('s', { timeoutMs });
    expect(h.mx().of('request')[0]).toMatchObject({ deadlineMs });
  });

  test('the deadline is what is left, rounded up, and never 0', () => {
    const h = connected({ maxInFlight: 1 });
    const first = h.submit();
    const second = h.submit('s', { timeoutMs: 100 });
    h.clock.advance(99.9);
    h.final(first, 'x');
    expect(h.mx().of('request')[1]).toMatchObject({ deadlineMs: 1 });
    expect(second.exchange.phase).toBe('sent');
  });

  test('ids start again behind the largest, and one that is under way is left out', () => {
    const link = new MxLink(new Endpoint('a'), 100, Infinity, MX_MAX_NUMBER - 1);
    link.handle = new FakeMxHandle(link, true);
    const send = (): number => {
      const exchange = new Exchange(TARGET, [], POLICY, new FakeSink());
      link.send(0, exchange);
      return exchange.id;
    };
    expect([send(), send(), send(), send()]).toEqual([MX_MAX_NUMBER - 1, MX_MAX_NUMBER, 0, 1]);
    const other = new MxLink(new Endpoint('a'), 100, Infinity, MX_MAX_NUMBER);
    other.handle = new FakeMxHandle(other, true);
    const held = new Exchange(TARGET, [], POLICY, new FakeSink());
    other.send(0, held);
    const ids = Array.from({ length: 3 }, () => {
      const exchange = new Exchange(TARGET, [], POLICY, new FakeSink());
      other.send(0, exchange);
      return exchange.id;
    });
    expect(ids).toEqual([0, 1, 2]);
    expect(other.find(MX_MAX_NUMBER)).toBe(held);
  });
});

describe('replies', () => {
  test('each finds its request by its id, in whatever order', () => {
    const h = connected();
    const calls = ['a', 'b', 'c'].map((name) => h.submit(name));
    for (const call of [...calls].reverse()) h.final(call, `to ${call.exchange.service}`);
    expect(calls.map(({ sink }) => sink.parts)).toEqual([['to a'], ['to b'], ['to c']]);
    expect(calls.every(({ sink }) => sink.complete && sink.ends === 1)).toBe(true);
  });

  test('PARTIALs of several requests mix', () => {
    const h = connected();
    const [a, b] = [h.submit('a'), h.submit('b')];
    h.partial(a, '1');
    h.partial(b, '2');
    h.partial(a, '3');
    h.final(b, '4');
    h.final(a, '5');
    expect([a.sink.parts, b.sink.parts]).toEqual([
      ['1', '3', '5'],
      ['2', '4'],
    ]);
  });

  test('an error reply is MDP_REMOTE', () => {
    const h = connected();
    const call = h.submit();
    h.errorReply(call, 500);
    expect(call.sink.error).toMatchObject({ code: 'MDP_REMOTE', status: 500, message: 'status 500', attempts: 1 });
  });

  test('a second FINAL, an unknown id and what concerns no client are counted and ignored', () => {
    const h = connected();
    const [first, other] = [h.submit(), h.submit()];
    const { link } = h.mx();
    const body = [bytes('x')];
    h.state.receiveMx(h.now, link, [
      { type: 'final', id: 0, body },
      { type: 'final', id: 0, body },
      { type: 'partial', id: 77, body },
      { type: 'heartbeat' },
      { type: 'disconnect' },
      { type: 'cancel', id: 1 },
      { type: 'credit', id: 1, amount: 5 },
      { type: 'ready', service: 's', credit: 1 },
      { type: 'request', id: 1, deadlineMs: 0, service: 's', body },
    ]);
    expect(first.sink).toMatchObject({ ends: 1, complete: true });
    expect(other.sink.ends).toBe(0);
    expect(h.state.pool.counters).toMatchObject({ strays: 7, burnt: 0 });
    h.final(other, 'x');
    expect(other.sink.complete).toBe(true);
  });

  test('what is no MX message burns the connection, and its requests end with MDP_PROTOCOL, not repeated', () => {
    const h = connected();
    const calls = [h.submit('s', { attempts: 3 }), h.submit('s', { attempts: 3 })];
    h.state.invalidMx(h.now, h.mx().link, 'noise');
    for (const { sink } of calls) {
      expect(sink).toMatchObject({ ends: 1, error: { code: 'MDP_PROTOCOL', attempts: 1 } });
      expect(sink.error?.message).toBe('noise came in place of a reply of "s"');
    }
    expect(h.liveMx()).toHaveLength(0);
    expect(h.state.pool.counters.burnt).toBe(1);
    expect(h.submit().exchange.phase).toBe('sent');
  });
});
