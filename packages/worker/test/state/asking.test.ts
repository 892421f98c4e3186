// SPDX-License-Identifier: Apache-2.0
// asking.test - a connection that asks its broker whether it speaks MX before it registers, and what is remembered of it

import { describe, expect, test } from '@jest/globals';
import { WireChoice } from '../../src/state/wire-choice.js';
import { EXPIRY_MS, bench, requestOf } from './recording-port.js';

const ANSWER_MS = 50;

/** A bench that asks first, and has been started. */
function asking(settings = {}) {
  const made = bench({ answerMs: ANSWER_MS, ...settings });
  made.state.start(made.clock.now());
  return made;
}

describe('a connection that asks', () => {
  test('sends READY after a yes, on the same socket', () => {
    const { state, port, clock, counters } = asking();
    state.connected(clock.now());
    expect(state.phase).toBe('asking');
    expect([port.take(), counters.readys]).toEqual([['open', 'ask'], 0]);
    state.answered(clock.now(), true);
    expect([port.take(), counters.readys]).toEqual([['READY', 'registered'], 1]);
    expect(state.phase).toBe('idle');
  });

  test('an answer says that the transport stands, should its event come later', () => {
    const { state, port, clock } = asking();
    state.answered(clock.now(), true);
    state.connected(clock.now());
    expect(port.take()).toEqual(['open', 'ask', 'READY', 'registered']);
  });

  test('is given up after a no: no READY, no DISCONNECT, and no try of its own', () => {
    const { state, port, clock, run } = asking();
    state.connected(clock.now());
    state.answered(clock.now(), false);
    run(10 * EXPIRY_MS);
    expect(port.take()).toEqual(['open', 'ask', 'close', 'declined: no']);
    expect(state.phase).toBe('stopped');
  });

  test('waits for the transport for as long as that takes, and for the answer for a bounded time', () => {
    const { state, port, clock, run } = asking();
    run(100 * EXPIRY_MS);
    state.connected(clock.now());
    run(ANSWER_MS - 1);
    expect(port.take()).toEqual(['open', 'ask']);
    run(1);
    expect(port.take()).toEqual(['close', 'declined: silence']);
  });

  test('a stall of the process is not the silence of the broker', () => {
    const { state, port, clock, run } = asking();
    const since = clock.now();
    state.connected(since);
    state.stalled(clock.advance(EXPIRY_MS), since);
    run(ANSWER_MS - 1);
    expect(port.take()).toEqual(['open', 'ask']);
  });

  test('asks again on a new socket when the transport breaks, later and later', () => {
    const { state, port, clock, run } = asking();
    for (const attempt of ['1 in 10', '2 in 20']) {
      state.connected(clock.now());
      state.unreachable(clock.now());
      expect(port.take()).toEqual(['open', 'ask', 'close', 'lost unreachable', `reconnecting ${attempt}`]);
      run(20);
    }
  });

  test('asks anew after each loss', () => {
    const { state, port, clock, run } = asking();
    state.answered(clock.now(), true);
    state.receive(clock.now(), { type: 'disconnect' });
    port.take();
    run(10);
    expect(port.take()).toEqual(['open', 'ask']);
    state.connected(clock.now());
    state.answered(clock.now(), false);
    expect(port.take()).toEqual(['close', 'declined: no']);
  });

  test('has nothing to say when it is stopped meanwhile', () => {
    const { state, port, clock } = asking();
    state.connected(clock.now());
    port.take();
    state.drain();
    expect(port.take()).toEqual(['close', 'lost stopped']);
    state.answered(clock.now(), true);
    expect(port.take()).toEqual([]);
  });

  test('an answer means nothing to a connection that did not ask', () => {
    const { state, port, clock } = bench();
    state.start(clock.now());
    state.answered(clock.now(), false);
    expect(port.take()).toEqual(['open', 'READY']);
  });
});

describe('a connection that gives way', () => {
  test('has no socket and says nothing; started again, it goes on counting its tries', () => {
    const { state, port, clock } = bench();
    state.start(clock.now());
    state.broken(clock.now(), 'refused');
    state.park();
    port.take();
    state.start(clock.now());
    state.broken(clock.now(), 'refused');
    expect(port.take()).toEqual(['open', 'READY', 'close', 'lost refused', 'reconnecting 2 in 20']);
  });

  test('takes its READY back where that has not left yet', () => {
    const { state, port, clock } = bench();
    state.start(clock.now());
    port.take();
    state.park();
    expect(port.take()).toEqual(['close']);
    expect(state.nextDeadline()).toBe(Infinity);
  });

  test('does not when it stands', () => {
    const { state, port, clock } = bench();
    state.start(clock.now());
    state.connected(clock.now());
    state.receive(clock.now(), requestOf('t1'));
    port.take();
    state.park();
    expect([state.phase, port.take()]).toEqual(['busy', []]);
  });
});

describe('what is remembered of a broker', () => {
  test('it is asked first, until it was silent; then READY waits no more, until a yes has come', () => {
    const choice = new WireChoice('auto');
    const steps = (['no', 'silence', 'silence', 'yes', 'no'] as const).map((answer) => {
      choice.answered(answer);
      return choice.next();
    });
    expect(new WireChoice('auto').next()).toBe('ask');
    expect(steps).toEqual(['ask', 'ask beside', 'ask beside', 'ask', 'ask']);
  });

  test.each(['rfc18', 'mx'] as const)('nothing is asked on wire %s', (wire) => {
    expect(new WireChoice(wire).next()).toBe('ready');
  });
});
