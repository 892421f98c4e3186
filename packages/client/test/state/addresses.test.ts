// SPDX-License-Identifier: Apache-2.0
// addresses.test - endpoints that a name stands for: they come, finish what they have, and go

import { describe, expect, test } from '@jest/globals';
import type { Call } from './harness.js';
import { Harness } from './harness.js';

const NAME = 'tcp://brokers.test:5555';
const [A, B, C] = ['tcp://10.0.0.1:5555', 'tcp://10.0.0.2:5555', 'tcp://10.0.0.3:5555'] as const;

const where = (call: Call): string | undefined => call.exchange.link?.endpoint.address;

describe.each(['rfc18', 'mx'] as const)('a name, wire %s', (wire) => {
  const named = (): Harness => new Harness({ wire, endpoints: [NAME], names: new Set([NAME]), idleSocketMs: 0 });
  const open = (h: Harness, address: string): number => h.live(address).length + h.liveMx(address).length;

  /** So many requests at once: how many went where. */
  function spread(h: Harness, count: number): Record<string, number> {
    const calls = Array.from({ length: count }, () => h.submit());
    h.connect();
    const sums: Record<string, number> = {};
    for (const call of calls) {
      const address = where(call) ?? 'nowhere';
      sums[address] = (sums[address] ?? 0) + 1;
    }
    for (const call of calls) h.final(call, 'x');
    return sums;
  }

  test('requests wait until it was looked up, and nothing is opened to the name itself', () => {
    const h = named();
    const call = h.submit();
    expect([call.exchange.phase, h.handles.length + h.mxHandles.length]).toEqual(['waiting', 0]);
    h.state.setAddresses(h.now, NAME, [A]);
    h.connect();
    expect(where(call)).toBe(A);
    h.final(call, 'x');
    expect(h.state.pool.endpoints).toMatchObject([{ address: A, name: NAME }]);
  });

  test('while it cannot be looked up, it is an endpoint that is down, and its deadline tells a request why', () => {
    const h = named();
    const call = h.submit('s', { timeoutMs: 100 });
    h.state.nameFailed(NAME, 'there is no such name');
    expect(h.state.pool.endpoints).toMatchObject([{ state: 'down', reason: 'there is no such name' }]);
    h.pass(100);
    expect(call.sink.error).toMatchObject({ code: 'MDP_TIMEOUT', attempts: 0 });
    expect(call.sink.error?.message).toContain('there is no such name');
  });

  test('a failure takes nothing away from what was known', () => {
    const h = named();
    h.state.setAddresses(h.now, NAME, [A, B]);
    h.state.nameFailed(NAME, 'the name server is down');
    spread(h, 4);
    expect(spread(h, 4)).toEqual({ [A]: 2, [B]: 2 });
  });

  test('requests are spread over its addresses, and over new ones as soon as they are known', () => {
    const h = named();
    h.state.setAddresses(h.now, NAME, [A, B]);
    spread(h, 4);
    expect(spread(h, 8)).toEqual({ [A]: 4, [B]: 4 });
    h.state.setAddresses(h.now, NAME, [C, B, A]);
    for (let i = 0; i < 3; i++) spread(h, 9);
    expect(spread(h, 9)).toEqual({ [A]: 3, [B]: 3, [C]: 3 });
  });

  test('the same addresses again change nothing, in whatever order they come', () => {
    const h = named();
    h.state.setAddresses(h.now, NAME, [A, B]);
    spread(h, 4);
    const before = [...h.state.pool.endpoints];
    const opened = h.state.pool.counters.opened;
    h.state.setAddresses(h.now, NAME, [B, A]);
    expect(h.state.pool.endpoints).toEqual(before);
    expect(h.state.pool.counters.opened).toBe(opened);
  });

  test('an address that is gone gets nothing new, finishes what runs there, and is closed then', () => {
    const h = named();
    h.state.setAddresses(h.now, NAME, [A, B]);
    spread(h, 4);
    const running = [h.submit(), h.submit()];
    const [there] = running.filter((call) => where(call) === A);
    h.state.setAddresses(h.now, NAME, [B]);
    expect(open(h, A)).toBe(1);
    expect(h.state.everywhere.map(({ address }) => address)).toEqual([B, A]);
    expect(spread(h, 6)).toEqual({ [B]: 6 });
    h.partial(there as Call, 'one');
    h.final(there as Call, 'two');
    expect(there?.sink).toMatchObject({ parts: ['one', 'two'], complete: true });
    h.pass(0);
    expect(open(h, A)).toBe(0);
    expect(h.state.everywhere.map(({ address }) => address)).toEqual([B]);
  });

  test('an address that nothing runs at is closed at once', () => {
    const h = named();
    h.state.setAddresses(h.now, NAME, [A, B]);
    spread(h, 4);
    h.state.setAddresses(h.now, NAME, [B]);
    expect(open(h, A)).toBe(0);
    expect(h.state.everywhere).toHaveLength(1);
  });

  test('an address that comes back before it has finished serves on', () => {
    const h = named();
    h.state.setAddresses(h.now, NAME, [A]);
    const running = h.submit();
    h.connect();
    h.state.setAddresses(h.now, NAME, [B]);
    h.state.setAddresses(h.now, NAME, [A]);
    h.final(running, 'x');
    expect(open(h, A)).toBe(1);
    expect(h.state.everywhere.map(({ address }) => address)).toEqual([A]);
    expect(spread(h, 2)).toEqual({ [A]: 2 });
  });

  test('what runs at an address that is gone fails when its connection breaks, and is repeated elsewhere', () => {
    const h = named();
    h.state.setAddresses(h.now, NAME, [A]);
    const call = h.submit('s', { attempts: 2, baseMs: 1, maxMs: 1 });
    h.connect();
    const link = h.linkOf(call);
    h.state.setAddresses(h.now, NAME, [B]);
    h.state.lost(h.now, link);
    h.pass(1);
    h.connect();
    expect(where(call)).toBe(B);
  });

  test('close() ends what runs at an address that is gone, too', () => {
    const h = named();
    h.state.setAddresses(h.now, NAME, [A]);
    const call = h.submit();
    h.connect();
    h.state.setAddresses(h.now, NAME, [B]);
    h.state.close(h.now, 0);
    expect(call.sink.error?.code).toBe('MDP_CLOSED');
    expect([open(h, A), open(h, B), h.isClosed]).toEqual([0, 0, true]);
  });
});
