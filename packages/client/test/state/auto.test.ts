// SPDX-License-Identifier: Apache-2.0
// auto.test - strict until a broker has said that it speaks MX, and again when that no longer holds

import { describe, expect, test } from '@jest/globals';
import { bytes } from '@mdp/protocol';
import { MxLink } from '../../src/state/mx-link.js';
import type { StateOptions } from '../../src/state/client-state.js';
import { agreed, answered, auto } from './agreed.js';
import { Harness } from './harness.js';

describe('asking', () => {
  test('nothing is asked before a strict request was answered', () => {
    const h = auto();
    const call = h.submit();
    h.connect();
    h.partial(call, 'x');
    expect(h.mxHandles).toHaveLength(0);
    h.final(call, 'x');
    expect(h.mxHandles).toHaveLength(1);
    expect(h.mx().asked).toBe(0);
    h.connect();
    expect(h.mx().asked).toBe(1);
  });

  test('an error reply is an answer, too', () => {
    const h = auto();
    const call = h.submit();
    h.connect();
    h.errorReply(call, 404);
    expect(h.mxHandles).toHaveLength(1);
  });

  test('goes on beside the strict requests, once, and counts for none of them', () => {
    const h = auto({ maxSockets: 1 });
    answered(h);
    h.connect();
    for (let i = 0; i < 5; i++) answered(h);
    const last = h.submit();
    expect(last.exchange.phase).toBe('sent');
    expect([h.handles.length, h.mxHandles.length, h.mx().asked, h.mx().records.length]).toEqual([1, 1, 1, 0]);
  });

  test.each<StateOptions['wire']>(['rfc18', 'mx'])('never happens with wire %s', (wire) => {
    const h = new Harness({ wire });
    const call = h.submit();
    h.connect();
    h.final(call, 'x');
    expect(h.mxHandles.map(({ asked }) => asked)).toEqual(wire === 'mx' ? [0] : []);
  });

  test('is left out while the client closes', () => {
    const h = auto();
    const call = h.submit();
    h.connect();
    h.state.close(h.now, 1_000);
    h.final(call, 'x');
    expect(h.mxHandles).toHaveLength(0);
  });

  test('ends when the client closes', () => {
    const h = auto();
    answered(h);
    h.connect();
    h.state.close(h.now, 0);
    expect([h.liveMx().length, h.isClosed]).toEqual([0, true]);
    expect(h.state.nextDeadline()).toBe(Infinity);
  });
});

describe('a yes', () => {
  test('sends new requests, and those that wait, by MX; each strict connection is closed when it carries nothing', () => {
    const h = auto({ maxSockets: 2 });
    answered(h);
    h.connect();
    const [under, way, waiting] = [h.submit(), h.submit(), h.submit()];
    h.connect();
    expect(waiting.exchange.phase).toBe('waiting');
    h.answer(500);
    expect(waiting.exchange.link).toBeInstanceOf(MxLink);
    const next = h.submit();
    expect(next.exchange.link).toBe(waiting.exchange.link);
    expect(h.live()).toHaveLength(2);
    h.final(under, 'x');
    expect(h.live()).toHaveLength(1);
    h.final(way, 'x');
    expect([h.live().length, h.liveMx().length]).toEqual([0, 1]);
    for (const call of [waiting, next]) h.final(call, 'x');
    expect(h.state.counters).toMatchObject({ replies: 5, retries: 0 });
  });

  test('closes the strict connections that were still being made', () => {
    const h = auto();
    answered(h);
    h.connect();
    h.submit();
    const waiting = h.submit();
    expect(h.live()).toHaveLength(2);
    h.answer(500);
    expect(h.live()).toHaveLength(1);
    expect(waiting.exchange.link).toBeInstanceOf(MxLink);
  });

  test.each([
    [3, 500, 3],
    [500, 3, 3],
  ])('with maxInFlight %i and a window of %i lets %i be under way', (maxInFlight, window, most) => {
    const h = agreed({ maxInFlight }, window);
    for (let i = 0; i < 5; i++) h.submit();
    expect(h.mx().of('request')).toHaveLength(most);
    expect(h.state.queued).toBe(5 - most);
    expect(h.live().filter(({ link }) => link.phase !== 'idle')).toHaveLength(0);
  });

  test('of one broker leaves another one strict, and both get their share', () => {
    const h = auto({ endpoints: ['a', 'b'] });
    const calls = [h.submit(), h.submit()];
    h.connect();
    for (const call of calls) h.final(call, 'x');
    h.connect();
    h.answer(500, 'a');
    h.answer(undefined, 'b');
    for (let i = 0; i < 40; i++) {
      h.submit();
      h.connect();
    }
    const [a, b] = h.state.pool.endpoints;
    expect([a?.wire, b?.wire]).toEqual(['mx', 'strict']);
    expect(a?.inFlight).toBeGreaterThanOrEqual(18);
    expect(b?.inFlight).toBeGreaterThanOrEqual(18);
    expect(h.state.queued).toBeLessThanOrEqual(2);
  });
});

describe('anything but a yes', () => {
  test('closes the connection, and is asked again 60 s later, then after twice that, up to an hour', () => {
    const h = auto({ idleSocketMs: 0 });
    answered(h);
    for (const seconds of [60, 120, 240, 480, 960, 1_920, 3_600, 3_600]) {
      h.connect();
      expect(h.mx().asked).toBe(1);
      h.answer(undefined);
      expect(h.liveMx()).toHaveLength(0);
      h.pass(seconds * 1_000 - 1);
      answered(h);
      expect(h.liveMx()).toHaveLength(0);
      h.pass(1);
      expect(h.liveMx()).toHaveLength(0);
      answered(h);
    }
    expect(h.liveMx()).toHaveLength(1);
    expect(h.handles).toHaveLength(1);
  });

  test.each(['a broker that says nothing', 'a connection that is never made'])('%s: for 2 s', (what) => {
    const h = auto();
    answered(h);
    if (what === 'a broker that says nothing') h.connect();
    h.pass(1_999);
    expect(h.liveMx()).toHaveLength(1);
    h.pass(1);
    expect(h.liveMx()).toHaveLength(0);
    answered(h);
    expect(h.liveMx()).toHaveLength(0);
  });

  test('a broker that hangs up on being asked', () => {
    const h = auto();
    answered(h);
    h.connect();
    h.state.lost(h.now, h.mx().link);
    answered(h);
    expect(h.liveMx()).toHaveLength(0);
    h.pass(60_000);
    answered(h);
    expect(h.liveMx()).toHaveLength(1);
  });

  test('a connection that is refused', () => {
    const h = auto();
    answered(h);
    h.refuse();
    expect([h.liveMx().length, h.state.pool.endpoints[0]?.state]).toEqual([0, 'up']);
    answered(h);
    expect(h.liveMx()).toHaveLength(0);
    h.pass(60_000);
    answered(h);
    expect(h.liveMx()).toHaveLength(1);
  });

  test('a connection that cannot even be opened', () => {
    const h = auto();
    const call = h.submit();
    h.connect();
    h.openError = Object.assign(new Error('Too many open files'), { code: 'EMFILE' });
    h.final(call, 'x');
    expect(call.sink.complete).toBe(true);
    h.openError = undefined;
    answered(h);
    expect(h.liveMx()).toHaveLength(0);
  });
});

describe('another broker may be there', () => {
  test.each(['a strict connection that broke', 'one that was refused'])('after %s it is asked at once', (what) => {
    const h = auto();
    answered(h);
    h.connect();
    h.answer(undefined);
    if (what === 'a strict connection that broke') h.state.lost(h.now, h.handles[0]?.link as never);
    else {
      h.submit();
      h.submit('s', { timeoutMs: 100 });
      h.refuse();
    }
    h.pass(100);
    h.connect();
    answered(h);
    expect(h.liveMx()).toHaveLength(1);
  });

  test('one that is being asked when a strict connection breaks is asked anew', () => {
    const h = auto();
    answered(h);
    h.connect();
    h.state.lost(h.now, h.handles[0]?.link as never);
    expect(h.liveMx()).toHaveLength(0);
    answered(h);
    expect(h.liveMx()).toHaveLength(1);
  });
});

describe('the end of the MX connection', () => {
  test('when it breaks, its requests fail, and those that come wait for a new one, on which the broker is asked first', () => {
    const h = agreed();
    const [lost, again] = [h.submit(), h.submit('s', { attempts: 2 })];
    h.state.lost(h.now, h.mx().link);
    expect(lost.sink.error).toMatchObject({ code: 'MDP_DISCONNECTED', attempts: 1 });
    const next = h.submit();
    h.pass(100);
    h.connect();
    expect([h.mx().asked, h.mx().records.length, h.live().length]).toEqual([1, 0, 0]);
    h.answer(2);
    for (const call of [again, next]) expect(call.exchange.link).toBe(h.mx().link);
    expect(h.submit().exchange.phase).toBe('waiting');
  });

  test('a repetition keeps its name, and says that it is one', () => {
    const h = agreed();
    h.submit('s', { attempts: 2 }, bytes('k'));
    const identity = (): unknown => h.mx().of('request')[0]?.identity;
    expect(identity()).toEqual({ attempts: 0, key: bytes('k') });
    h.state.lost(h.now, h.mx().link);
    h.pass(100);
    h.refuse();
    h.pass(5_000);
    h.connect();
    h.answer(500);
    expect(identity()).toEqual({ attempts: 1, key: bytes('k') });
    // Nothing was sent that the worker could not tell from other work.
    expect(h.handles.flatMap(({ sent }) => sent)).toHaveLength(1);
  });

  test('one connection at a time tries to reach a broker that is gone, for as long as requests wait', () => {
    const h = agreed({ idleSocketMs: 1_000 });
    h.state.lost(h.now, h.mx().link);
    const calls = Array.from({ length: 20 }, () => h.submit('s', { timeoutMs: 60_000 }));
    for (let i = 0; i < 10; i++) {
      h.refuse();
      h.pass(1_000);
      expect([h.live().length, h.liveMx().length]).toEqual([0, 1]);
    }
    h.refuse('a', 'final');
    expect(calls.every(({ sink }) => sink.error?.code === 'MDP_REFUSED')).toBe(true);
    expect(h.liveMx()).toHaveLength(0);
    const late = h.submit('s', { timeoutMs: 500 });
    h.pass(500);
    expect(late.sink.error).toMatchObject({ code: 'MDP_TIMEOUT' });
    h.refuse();
    h.pass(1_000);
    expect([h.live().length, h.liveMx().length, h.state.nextDeadline()]).toEqual([0, 0, Infinity]);
  });

  test.each<[string, (h: Harness) => void]>([
    [
      'says no',
      (h) => {
        h.answer(undefined);
      },
    ],
    [
      'says nothing for a second',
      (h) => {
        h.pass(1_000);
      },
    ],
    [
      'hangs up',
      (h) => {
        h.state.lost(h.now, h.mx().link);
      },
    ],
  ])('a broker that is there then and %s gets all that waits by the strict wire', (_, ends) => {
    const h = agreed();
    const again = h.submit('s', { attempts: 2 });
    h.state.lost(h.now, h.mx().link);
    const waiting = h.submit('s', { timeoutMs: 5_000 });
    h.pass(100);
    h.connect();
    expect(h.mx().asked).toBe(1);
    ends(h);
    expect(h.liveMx()).toHaveLength(0);
    h.connect();
    for (const call of [again, waiting]) expect(h.linkOf(call).phase).toBe('busy');
    // As one that is met for the first time it is asked beside, once.
    for (const call of [again, waiting]) h.final(call, 'x');
    h.connect();
    h.answer(undefined);
    answered(h);
    expect([h.liveMx().length, h.state.pool.endpoints[0]?.wire]).toEqual([0, 'strict']);
  });

  test('no request waits for the answer of one broker while another has room', () => {
    const h = auto({ endpoints: ['a', 'b'] });
    const calls = [h.submit(), h.submit()];
    h.connect();
    for (const call of calls) h.final(call, 'x');
    h.connect();
    h.answer(500, 'a');
    h.answer(500, 'b');
    const under = [h.submit('s', { attempts: 2 }, bytes('k')), h.submit('s', { attempts: 2 }, bytes('l'))];
    h.state.lost(h.now, h.mx('a').link);
    h.pass(100);
    for (let i = 0; i < 10; i++) expect(h.submit().exchange.link).toBe(h.mx('b').link);
    h.connect();
    expect(h.mx('a').asked).toBe(1);
    for (let i = 0; i < 10; i++) expect(h.submit().exchange.link).toBe(h.mx('b').link);
    for (const { exchange } of under) expect(exchange.link).toBe(h.mx('b').link);
    h.answer(500, 'a');
    expect(h.submit().exchange.link).toBe(h.mx('a').link);
  });

  test('a stream that still goes on by the strict wire ends as ever, and asks nothing', () => {
    const h = auto();
    answered(h);
    h.connect();
    const stream = h.submit();
    h.answer(500);
    h.partial(stream, '1');
    h.state.lost(h.now, h.mx().link);
    h.final(stream, '2');
    expect([stream.sink.complete, h.live().length, h.liveMx().length]).toEqual([true, 0, 0]);
  });

  test('when what comes on it is no MX message, too', () => {
    const h = agreed();
    const call = h.submit();
    h.state.invalidMx(h.now, h.mx().link, 'noise');
    expect(call.sink.error).toMatchObject({ code: 'MDP_PROTOCOL' });
    const next = h.submit();
    h.connect();
    expect(h.linkOf(next).phase).toBe('busy');
  });

  test('when it is idle it is closed, and asked first when it is made anew', () => {
    const h = agreed({ idleSocketMs: 1_000 });
    h.pass(1_000);
    expect([h.live().length, h.liveMx().length]).toEqual([0, 0]);
    expect(h.state.nextDeadline()).toBe(Infinity);
    const call = h.submit();
    h.connect();
    h.answer(500);
    expect(call.exchange.link).toBe(h.mx().link);
    expect(h.live()).toHaveLength(0);
  });
});

test('stats of what asks: the state of the endpoint is that of its strict connections', () => {
  const h = auto();
  answered(h);
  expect(h.state.pool.endpoints[0]).toMatchObject({ wire: 'strict', inFlight: 0, state: 'up' });
  expect(h.state.pool.total).toBe(1);
});
