// SPDX-License-Identifier: Apache-2.0
// refusals.test - brokers that let nobody in: who is told, and when they are tried again

import { describe, expect, test } from '@jest/globals';
import type { StateOptions } from '../../src/state/client-state.js';
import type { Call } from './harness.js';
import { Harness } from './harness.js';

const NO = 'this key is not allowed (curve)';

/** The pauses of the harness: from 100 ms to 800 ms, without jitter. */
const PAUSES = [100, 200, 400, 800, 800];

function no(h: Harness, address?: string): void {
  h.refuse(address, 'final', NO);
}

/** A client that has met with a no at every endpoint. */
function refusedClient(options: Partial<StateOptions> = {}): Harness {
  const h = new Harness(options);
  h.submit();
  no(h);
  return h;
}

describe.each(['rfc18', 'mx'] as const)('a broker that says no, wire %s', (wire) => {
  const open = (h: Harness): number => h.live().length + h.liveMx().length;
  const opened = (h: Harness): number => h.handles.length + h.mxHandles.length;

  test('ends the requests that wait for it at once, with its reason, and nothing stays open', () => {
    const h = new Harness({ wire });
    const calls = [h.submit('one', { attempts: 3 }), h.submit('two', { timeoutMs: 60_000 }), h.submit('three')];
    no(h);
    for (const { sink } of calls) {
      expect(sink.error).toMatchObject({ code: 'MDP_REFUSED', attempts: 0 });
      expect(sink.error?.message).toBe(`a refused the connection: ${NO}`);
    }
    expect(open(h)).toBe(0);
    expect(h.state.pool.endpoints[0]).toMatchObject({ state: 'down', reason: NO });
    expect(h.state.counters).toMatchObject({ requests: 3, refused: 3, retries: 0 });
    expect(h.state.pool.counters.refusals).toBe(1);
    expect(h.refusals).toEqual([`a: ${NO}`]);
    expect(h.state.nextDeadline()).toBe(Infinity);
  });

  test('is tried again for the next request, but not before a pause that grows, and the request gets what comes of it', () => {
    const h = refusedClient({ wire });
    for (const [i, pause] of PAUSES.entries()) {
      const call = h.submit();
      h.pass(pause - 1);
      expect([opened(h), call.exchange.phase]).toEqual([i + 1, 'waiting']);
      h.pass(1);
      expect([opened(h), open(h)]).toEqual([i + 2, 1]);
      no(h);
      expect(call.sink.error?.code).toBe('MDP_REFUSED');
    }
    const last = h.submit();
    h.pass(800);
    h.connect();
    h.final(last, 'x');
    expect(last.sink.complete).toBe(true);
    expect(h.state.pool.endpoints[0]).toMatchObject({ state: 'up', reason: '' });
  });

  test('is tried at once when the pause has passed while nobody wanted anything', () => {
    const h = refusedClient({ wire });
    h.pass(1_000);
    expect(opened(h)).toBe(1);
    h.submit();
    expect([opened(h), open(h)]).toEqual([2, 1]);
  });

  test('is tried by one connection for all who wait, who then all get one', () => {
    const h = refusedClient({ wire });
    const calls = Array.from({ length: 5 }, () => h.submit());
    h.pass(100);
    expect(open(h)).toBe(1);
    h.connect();
    h.connect();
    for (const call of calls) expect(call.exchange.phase).toBe('sent');
  });

  test('has forgotten its pauses once it let in', () => {
    const h = refusedClient({ wire, idleSocketMs: 50 });
    h.submit();
    h.pass(100);
    no(h);
    const call = h.submit();
    h.pass(200);
    h.connect();
    h.final(call, 'x');
    h.pass(50);
    expect(open(h)).toBe(0);
    h.submit();
    no(h);
    h.submit();
    h.pass(PAUSES[0] as number);
    expect(open(h)).toBe(1);
  });

  test('does not keep those who wait from their deadline, from an abort, or from the end of the client', () => {
    const h = refusedClient({ wire, maxQueued: 3 });
    const [late, given, left] = [h.submit('s', { timeoutMs: 50 }), h.submit(), h.submit()];
    expect(h.submit().sink.error?.code).toBe('MDP_OVERLOADED');
    h.state.abort(h.now, given.exchange, 'enough');
    h.pass(50);
    h.state.close(h.now, 0);
    expect([late, given, left].map(({ sink }) => sink.error?.code)).toEqual([
      'MDP_TIMEOUT',
      'MDP_ABORTED',
      'MDP_CLOSED',
    ]);
    expect(late.sink.error?.message).toContain(`no connection to a (${NO})`);
    expect([h.isClosed, h.state.nextDeadline()]).toEqual([true, Infinity]);
  });

  test('and then is not there is waited for, as any that is not', () => {
    const h = refusedClient({ wire });
    const call = h.submit();
    h.pass(100);
    h.refuse();
    expect(call.exchange.phase).toBe('waiting');
    expect([open(h), h.state.nextDeadline()]).toEqual([1, Infinity]);
    no(h);
    expect(call.sink.error?.code).toBe('MDP_REFUSED');
  });

  test('when there are no sockets for another try, requests end with that, and nothing spins', () => {
    const h = refusedClient({ wire });
    h.openError = Object.assign(new Error('Too many open files'), { code: 'EMFILE' });
    const call = h.submit();
    expect(call.exchange.phase).toBe('waiting');
    h.pass(100);
    expect(call.sink.error).toMatchObject({ code: 'MDP_DISCONNECTED', cause: h.openError });
    expect(h.state.nextDeadline()).toBe(Infinity);
  });
});

describe('closed handshakes', () => {
  const close = (h: Harness): void => {
    h.refuse('a', 'closed', 'closed');
  };

  test('are a no after five in a row, and every further one is, until one is done', () => {
    const h = new Harness();
    const call = h.submit();
    for (let i = 0; i < 4; i++) close(h);
    expect([call.exchange.phase, h.live().length]).toEqual(['waiting', 1]);
    close(h);
    expect(call.sink.error?.message).toBe(
      'a refused the connection: it closed the handshake 5 times: is serverKey its key, and does it encrypt?',
    );
    const next = h.submit();
    h.pass(100);
    close(h);
    expect(next.sink.error?.message).toContain('6 times');
    const last = h.submit();
    h.pass(200);
    h.connect();
    h.final(last, 'x');
    expect(h.state.pool.endpoints[0]?.closings).toBe(0);
  });

  test('with one that is done in between are none', () => {
    const h = new Harness({ idleSocketMs: 10 });
    for (let i = 0; i < 3; i++) {
      const call = h.submit();
      for (let j = 0; j < 4; j++) close(h);
      h.connect();
      h.final(call, 'x');
      h.pass(10);
    }
    expect(h.state.pool.counters.refusals).toBe(0);
  });
});

describe('with several brokers', () => {
  const failed = (...calls: Call[]): (string | undefined)[] => calls.map(({ sink }) => sink.error?.code);

  test('requests go to those that let in; the one that does not is left alone until there are any', () => {
    const h = new Harness({ endpoints: ['a', 'b'] });
    const calls = [h.submit(), h.submit()];
    no(h, 'a');
    h.connect('b');
    h.connect('b');
    expect(calls.map((call) => h.linkOf(call).endpoint.address)).toEqual(['b', 'b']);
    for (const call of calls) h.final(call, 'x');
    expect(h.state.pool.endpoints.map(({ state }) => state)).toEqual(['down', 'up']);
    h.pass(1_000);
    expect(h.live('a')).toHaveLength(0);
    const next = [h.submit(), h.submit(), h.submit()];
    expect(h.live('a')).toHaveLength(1);
    h.connect('a');
    h.connect('b');
    expect(next.map(({ exchange }) => exchange.phase)).toEqual(['sent', 'sent', 'sent']);
  });

  test.each(['rfc18', 'mx'] as const)('the one that does not is tried even if nobody ever waits, wire %s', (wire) => {
    const h = new Harness({ endpoints: ['a', 'b'], wire });
    const calls = [h.submit(), h.submit()];
    no(h, 'a');
    h.connect('b');
    h.connect('b');
    for (const call of calls) h.final(call, 'x');
    const open = (): number => h.live('a').length + h.liveMx('a').length;
    const ask = (): void => {
      const call = h.submit();
      expect(call.exchange.phase).toBe('sent');
      h.final(call, 'x');
    };
    ask();
    expect(open()).toBe(0);
    h.pass(100);
    ask();
    ask();
    expect(open()).toBe(1);
    no(h, 'a');
    h.pass(199);
    ask();
    expect(open()).toBe(0);
    h.pass(1);
    ask();
    h.connect('a');
    expect(h.state.pool.endpoints.map(({ state }) => state)).toEqual(['up', 'up']);
    const addresses = [h.submit(), h.submit()].map(({ exchange }) => exchange.link?.endpoint.address);
    expect(addresses.sort()).toEqual(['a', 'b']);
  });

  test('they end when all have said no, with every reason', () => {
    const h = new Harness({ endpoints: ['a', 'b'] });
    const calls = [h.submit(), h.submit()];
    no(h, 'a');
    expect(failed(...calls)).toEqual([undefined, undefined]);
    h.refuse('b', 'final', 'it is not encrypted');
    expect(failed(...calls)).toEqual(['MDP_REFUSED', 'MDP_REFUSED']);
    expect(calls[0]?.sink.error?.message).toBe(
      `a refused the connection: ${NO}; b refused the connection: it is not encrypted`,
    );
  });

  test('one that is not there is waited for, and the deadline tells what is with each', () => {
    const h = new Harness({ endpoints: ['a', 'b'] });
    const calls = [h.submit('s', { timeoutMs: 500 }), h.submit('s', { timeoutMs: 500 })];
    no(h, 'a');
    h.refuse('b');
    h.pass(500);
    expect(failed(...calls)).toEqual(['MDP_TIMEOUT', 'MDP_TIMEOUT']);
    expect(calls[0]?.sink.error?.message).toContain(`no connection to a (${NO}), no connection to b (refused)`);
  });

  test('a request that came after their noes waits for another one of each', () => {
    const h = new Harness({ endpoints: ['a', 'b'] });
    h.submit();
    h.submit();
    no(h);
    const call = h.submit();
    h.pass(100);
    no(h, 'a');
    expect(failed(call)).toEqual([undefined]);
    const later = h.submit();
    no(h, 'b');
    expect(failed(call, later)).toEqual(['MDP_REFUSED', undefined]);
    h.pass(200);
    no(h, 'a');
    expect(failed(later)).toEqual(['MDP_REFUSED']);
    expect(h.state.pending).toBe(0);
  });

  test('a repetition is refused with what had failed before', () => {
    const h = new Harness({ endpoints: ['a', 'b'] });
    const call = h.submit('s', { attempts: 3 });
    h.connect('a');
    h.state.lost(h.now, h.linkOf(call));
    h.pass(100);
    no(h, 'b');
    expect(call.exchange.phase).toBe('waiting');
    no(h, 'a');
    expect(call.sink.error).toMatchObject({
      code: 'MDP_REFUSED',
      attempts: 1,
      cause: { code: 'MDP_DISCONNECTED' },
    });
  });
});

describe('a connection that was let in before', () => {
  test('serves on, also those that wait', () => {
    const h = new Harness();
    const first = h.submit();
    h.connect();
    const second = h.submit();
    no(h);
    expect(second.exchange.phase).toBe('waiting');
    expect(h.state.pool.endpoints[0]).toMatchObject({ state: 'down', reason: NO });
    h.final(first, 'x');
    expect(second.exchange.phase).toBe('sent');
    h.final(second, 'x');
    expect(h.submit().exchange.phase).toBe('sent');
  });

  test('whose loss leaves only the no, leaves those that wait to the next try', () => {
    const h = new Harness();
    const first = h.submit();
    h.connect();
    const second = h.submit();
    no(h);
    h.state.lost(h.now, h.linkOf(first));
    expect([first.sink.error?.code, second.exchange.phase]).toEqual(['MDP_DISCONNECTED', 'waiting']);
    h.pass(100);
    expect(h.live()).toHaveLength(1);
    no(h);
    expect(second.sink.error?.code).toBe('MDP_REFUSED');
  });

  test('serves who waits when it is free, though every further one is refused', () => {
    const h = new Harness({ maxSockets: 2 });
    const first = h.submit();
    h.connect();
    const second = h.submit();
    no(h);
    h.pass(1_000);
    no(h);
    h.pass(1_000);
    expect(h.handles.length).toBeLessThan(8);
    expect(second.exchange.phase).toBe('waiting');
    h.final(first, 'x');
    expect(second.exchange.phase).toBe('sent');
  });

  test('is not harmed by a no to the connection that asks for MX beside', () => {
    const h = new Harness({ wire: 'auto' });
    const call = h.submit();
    h.connect();
    h.final(call, 'x');
    expect(h.liveMx()).toHaveLength(1);
    no(h);
    expect([h.liveMx().length, h.live().length]).toEqual([0, 1]);
    expect(h.state.pool.endpoints[0]).toMatchObject({ state: 'up', reason: '', tryAt: Infinity });
    expect(h.submit().exchange.phase).toBe('sent');
    expect(h.state.pool.counters.refusals).toBe(0);
  });

  test('by MX, when it is lost, leaves a strict one to be refused', () => {
    const h = new Harness({ wire: 'auto' });
    const call = h.submit();
    h.connect();
    h.final(call, 'x');
    h.connect();
    h.answer(10);
    const lost = h.submit();
    h.state.lost(h.now, h.mx().link);
    const waiting = h.submit();
    no(h);
    expect([lost, waiting].map(({ sink }) => sink.error?.code)).toEqual(['MDP_DISCONNECTED', 'MDP_REFUSED']);
    expect([h.live().length, h.liveMx().length]).toEqual([0, 0]);
  });
});
