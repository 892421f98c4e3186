// SPDX-License-Identifier: Apache-2.0
// mx-streams.test - flow control over MX: what a reader has taken is granted, and no more than it may keep comes

import { describe, expect, test } from '@jest/globals';
import { MX_FIRST_CREDIT, MX_MAX_NUMBER } from '@mdp/protocol';
import type { RequestPolicy } from '../../src/state/exchange.js';
import type { Call } from './harness.js';
import { Harness } from './harness.js';

const KIB = 1024;

/** A stream whose reader reads by hand. */
function stream(policy: Partial<RequestPolicy>): { h: Harness; call: Call } {
  const h = new Harness({ wire: 'mx' });
  h.instant.add('a');
  const call = h.submit('s', policy);
  call.sink.reading = false;
  return { h, call };
}

/** A PARTIAL that costs so many bytes. */
function part(h: Harness, call: Call, cost: number): void {
  h.partial(call, 'x'.repeat(cost - 64));
}

const granted = (h: Harness): number[] =>
  h
    .mx()
    .of('credit')
    .map(({ amount }) => amount);

describe('credit', () => {
  test('a reply of one part is granted nothing', () => {
    const { h, call } = stream({ maxBufferedBytes: 16 * KIB * KIB });
    h.state.collect(h.now, call.exchange);
    h.final(call, 'x');
    expect(granted(h)).toEqual([]);
  });

  test('the first PARTIAL widens the window to maxBufferedBytes', () => {
    const { h, call } = stream({ maxBufferedBytes: 1_000 * KIB });
    part(h, call, 1_000);
    expect(granted(h)).toEqual([1_000 * KIB - MX_FIRST_CREDIT]);
    part(h, call, 1_000);
    expect(granted(h)).toHaveLength(1);
  });

  test('what was taken is granted by half windows, not part by part', () => {
    const { h, call } = stream({ maxBufferedBytes: 1 });
    for (let i = 0; i < 64; i++) {
      part(h, call, 1_024);
      h.state.taken(h.now, call.exchange, 1_024);
    }
    expect(granted(h)).toEqual([32 * KIB, 32 * KIB]);
  });

  test('a part that was waited for counts as taken', () => {
    const { h, call } = stream({ maxBufferedBytes: 1 });
    call.sink.reading = true;
    for (let i = 0; i < 32; i++) part(h, call, 1_024);
    expect(granted(h)).toEqual([32 * KIB]);
  });

  test('nothing is granted while nothing is read', () => {
    const { h, call } = stream({ maxBufferedBytes: 200 * KIB });
    while (call.exchange.credit > 0) part(h, call, 10 * KIB);
    expect(granted(h)).toEqual([200 * KIB - MX_FIRST_CREDIT]);
    expect(call.exchange.buffered).toBe(200 * KIB);
    expect(call.exchange.paused).toBe(true);
    h.state.taken(h.now, call.exchange, 90 * KIB);
    expect(granted(h)).toHaveLength(1);
    h.state.taken(h.now, call.exchange, 10 * KIB);
    expect(granted(h)).toEqual([200 * KIB - MX_FIRST_CREDIT, 100 * KIB]);
    expect(call.exchange.paused).toBe(false);
  });

  test('a reply that is awaited whole is granted all that comes, what was kept before, too', () => {
    const { h, call } = stream({ maxBufferedBytes: 1 });
    part(h, call, 60 * KIB);
    part(h, call, 60 * KIB);
    expect(call.exchange.paused).toBe(true);
    expect(granted(h)).toEqual([]);
    h.state.collect(h.now, call.exchange);
    expect(granted(h)).toEqual([120 * KIB]);
    for (let i = 0; i < 100; i++) part(h, call, 60 * KIB);
    expect(call.exchange.paused).toBe(false);
    expect(granted(h).reduce((sum, amount) => sum + amount)).toBeGreaterThanOrEqual(6_090 * KIB);
  });

  test('a bound beyond what a CREDIT can say is as good as the most', () => {
    const { h, call } = stream({ maxBufferedBytes: Number.MAX_SAFE_INTEGER });
    part(h, call, 1_000);
    expect(granted(h)).toEqual([MX_MAX_NUMBER - MX_FIRST_CREDIT]);
  });

  test('after another attempt it begins anew', () => {
    const { h, call } = stream({ attempts: 2, attemptTimeoutMs: 100, baseMs: 100 });
    h.pass(200);
    expect(call.exchange).toMatchObject({ id: 1, credit: MX_FIRST_CREDIT, buffered: 0 });
  });
});

describe('a slow reader', () => {
  test('is not taken for a slow worker: the idle timeout is suspended while nothing may come', () => {
    const { h, call } = stream({ maxBufferedBytes: 1, idleTimeoutMs: 100 });
    part(h, call, MX_FIRST_CREDIT);
    h.pass(10_000);
    expect(call.sink.ends).toBe(0);
    h.state.taken(h.now, call.exchange, MX_FIRST_CREDIT);
    h.pass(99);
    expect(call.sink.ends).toBe(0);
    h.pass(1);
    expect(call.sink.error).toMatchObject({ code: 'MDP_TIMEOUT' });
  });

  test('a broker that sends more than was granted ends the request, which is cancelled, not the connection', () => {
    const { h, call } = stream({ maxBufferedBytes: 1 });
    const other = h.submit();
    part(h, call, MX_FIRST_CREDIT - 1);
    part(h, call, 1_000_000);
    expect(call.sink.ends).toBe(0);
    part(h, call, 64);
    expect(call.sink.error).toMatchObject({ code: 'MDP_PROTOCOL' });
    expect(h.mx().of('cancel')).toEqual([{ type: 'cancel', id: 0 }]);
    h.final(other, 'x');
    expect(other.sink.complete).toBe(true);
  });
});
