// SPDX-License-Identifier: Apache-2.0
// pulse.test - one timer, and the time that a process did not notice

import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Pulse } from '../src/pulse.js';

const BEAT_MS = 100;
const EXPIRY_MS = 400;

/** A pulse whose owner has deadlines, and writes down when it was woken and what it was told of stalls. */
function bench() {
  const deadlines: number[] = [];
  const ticks: number[] = [];
  const stalls: number[] = [];
  const start = performance.now();
  const pulse = new Pulse(
    {
      nextDeadline: () => deadlines[0] ?? Infinity,
      tick: (now) => {
        ticks.push(now - start);
        while ((deadlines[0] ?? Infinity) <= now) deadlines.shift();
      },
      stalled: (now, since) => stalls.push(now - since),
    },
    BEAT_MS,
    EXPIRY_MS,
  );
  return { pulse, deadlines, ticks, stalls, start };
}

/** Each tick came at its time, or up to 3 ms after it: an immediate takes one of them here. */
function expectAt(ticks: readonly number[], times: readonly number[]): void {
  expect(ticks).toHaveLength(times.length);
  for (const [i, tick] of ticks.entries()) {
    expect(tick).toBeGreaterThanOrEqual(times[i] ?? NaN);
    expect(tick).toBeLessThanOrEqual((times[i] ?? NaN) + 3);
  }
}

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

describe('a pulse', () => {
  test('wakes at the deadlines, and at every beat without one', () => {
    const { pulse, deadlines, ticks, start } = bench();
    deadlines.push(start + 30, start + 40);
    pulse.start(start);
    jest.advanceTimersByTime(250);
    expectAt(ticks, [30, 40, 140, 240]);
    pulse.stop();
  });

  test('a deadline that turns up earlier is kept', () => {
    const { pulse, deadlines, ticks, start } = bench();
    pulse.start(start);
    deadlines.push(start + 10);
    pulse.wakeBy(start + 10);
    pulse.wakeBy(start + 50);
    jest.advanceTimersByTime(20);
    expectAt(ticks, [10]);
    expect(jest.getTimerCount()).toBe(1);
    pulse.stop();
  });

  test('judges only after what had arrived was read: not in the timer itself', () => {
    const { pulse, ticks, start } = bench();
    pulse.start(start);
    let ticksAtInput = -1;
    jest.advanceTimersByTime(BEAT_MS - 1);
    // Due in the same millisecond as the timer: input that the next round of the event loop reads.
    setTimeout(() => {
      ticksAtInput = ticks.length;
    }, 1);
    jest.advanceTimersByTime(1);
    expect(ticksAtInput).toBe(0);
    jest.advanceTimersByTime(1);
    expect(ticks).toHaveLength(1);
    pulse.stop();
  });

  test('says how long the process stood still, when that is an expiry or more', () => {
    const { pulse, stalls, start } = bench();
    pulse.start(start);
    jest.advanceTimersByTime(3 * EXPIRY_MS);
    expect(stalls).toEqual([]);
    const now = performance.now();
    pulse.alive(now);
    pulse.alive(now + EXPIRY_MS - 1);
    expect(stalls).toEqual([]);
    pulse.alive(now + 2 * EXPIRY_MS - 1);
    expect(stalls).toEqual([EXPIRY_MS]);
    pulse.stop();
    pulse.alive(performance.now() + 10 * EXPIRY_MS);
    expect(stalls).toHaveLength(1);
  });

  test('stopped, it wakes nobody', () => {
    const { pulse, ticks, start } = bench();
    pulse.start(start);
    jest.advanceTimersByTime(BEAT_MS / 2);
    pulse.stop();
    pulse.wakeBy(start + 60);
    jest.advanceTimersByTime(10 * BEAT_MS);
    expect(ticks).toEqual([]);
  });
});
