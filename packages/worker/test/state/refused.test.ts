// SPDX-License-Identifier: Apache-2.0
// refused.test - a broker that lets the worker in only later, or never

import { describe, expect, test } from '@jest/globals';
import { INTERVAL_MS, bench, idleBench } from './recording-port.js';

const NO = 'this key is not allowed (curve)';

describe('a worker that is refused', () => {
  test('says why, and tries again for ever, later and later', () => {
    const { state, port, clock, run } = bench();
    state.start(clock.now());
    port.take();
    for (const [i, delay] of [10, 20, 40, 80, 80].entries()) {
      state.broken(clock.now(), 'refused', NO);
      expect(port.take()).toEqual([
        'close',
        `lost refused: ${NO}`,
        `reconnecting ${String(i + 1)} in ${String(delay)}`,
      ]);
      run(delay);
      expect(port.take()).toEqual(['open', 'READY']);
    }
  });

  test('and let in later, begins anew once that has lasted', () => {
    const { state, port, clock, run, heartbeat } = bench();
    state.start(clock.now());
    for (let i = 0; i < 3; i++) {
      state.broken(clock.now(), 'refused', NO);
      run(80);
    }
    state.connected(clock.now());
    expect(state.phase).toBe('idle');
    run(INTERVAL_MS);
    heartbeat();
    port.take();
    state.unreachable(clock.now());
    expect(port.take()).toEqual(['close', 'lost unreachable', 'reconnecting 1 in 10']);
  });

  test('on the connection that asks for MX says so, too', () => {
    const { state, port, clock, run } = bench({ answerMs: 50 });
    state.start(clock.now());
    state.broken(clock.now(), 'refused', NO);
    run(10);
    expect(port.take()).toEqual(['open', 'ask', 'close', `lost refused: ${NO}`, 'reconnecting 1 in 10', 'open', 'ask']);
  });

  test('while it stops has stopped', () => {
    const { state, port, clock, request } = idleBench();
    request('t1');
    state.drain();
    port.take();
    state.broken(clock.now(), 'refused', NO);
    expect(port.take().at(-1)).toBe(`lost refused: ${NO}`);
    expect([state.phase, state.nextDeadline()]).toEqual(['stopped', Infinity]);
  });
});
