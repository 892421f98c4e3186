// SPDX-License-Identifier: Apache-2.0
// wake-up.test - the one timer: on time, after the input, and not fooled by a process that stood still

import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { BrokerClock } from '../src/clock.js';
import { WakeUp } from '../src/wake-up.js';

/** A wake-up on jest's fake timers and a clock that goes with them, plus what the process stood still. */
class Setup {
  stoodStillMs = 0;
  hungry = false;
  readonly woken: number[] = [];
  readonly stalls: number[] = [];
  readonly clock = new BrokerClock(() => performance.now() + this.stoodStillMs);
  readonly start = this.clock.now();
  onWake: (() => void) | undefined;
  readonly wakeUp = new WakeUp(this.clock, {
    stallMs: 100,
    hungry: () => this.hungry,
    wake: (now) => {
      this.woken.push(now - this.start);
      this.onWake?.();
    },
    stalled: (ms) => this.stalls.push(ms),
  });

  at(ms: number): void {
    this.wakeUp.at(this.start + ms);
  }
}

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('WakeUp', () => {
  test('wakes at its time', () => {
    const setup = new Setup();
    setup.at(500);
    jest.advanceTimersByTime(499);
    expect(setup.woken).toEqual([]);
    jest.advanceTimersByTime(2);
    expect(setup.woken).toHaveLength(1);
    expect(setup.woken[0]).toBeGreaterThanOrEqual(500);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('wakes sooner when it is asked to, and not later', () => {
    const setup = new Setup();
    setup.at(500);
    setup.at(200);
    setup.at(900);
    jest.advanceTimersByTime(210);
    expect(setup.woken).toHaveLength(1);
    jest.advanceTimersByTime(2_000);
    expect(setup.woken).toHaveLength(1);
  });

  test('can be set anew each time', () => {
    const setup = new Setup();
    let rounds = 3;
    setup.onWake = () => {
      if (--rounds > 0) setup.wakeUp.at(setup.clock.now() + 100);
    };
    setup.at(100);
    jest.advanceTimersByTime(1_000);
    expect(setup.woken).toHaveLength(3);
  });

  test('waits for nothing when there is nothing to wait for', () => {
    const setup = new Setup();
    setup.wakeUp.at(Infinity);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('waits for a time beyond what a timer can hold, in several steps', () => {
    const setup = new Setup();
    setup.at(2 ** 31 + 5_000);
    setup.onWake = () => {
      if (setup.woken.length < 2) setup.at(2 ** 31 + 5_000);
    };
    jest.advanceTimersByTime(2 ** 31 - 1);
    jest.advanceTimersByTime(6_000);
    expect(setup.woken).toHaveLength(2);
  });

  test('a time that has passed wakes at once, but after the input', () => {
    const setup = new Setup();
    setup.at(-50);
    expect(setup.woken).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(setup.woken).toHaveLength(1);
  });

  test('wakes soon when it is asked to, once', () => {
    const setup = new Setup();
    setup.wakeUp.soon();
    setup.wakeUp.soon();
    expect(setup.woken).toEqual([]);
    jest.advanceTimersByTime(0);
    expect(setup.woken).toHaveLength(1);
  });

  test('puts it off while input waits, but not for ever', () => {
    const setup = new Setup();
    setup.hungry = true;
    setup.at(100);
    jest.advanceTimersByTime(130);
    expect(setup.woken).toEqual([]);
    setup.hungry = false;
    jest.advanceTimersByTime(2);
    expect(setup.woken).toHaveLength(1);
    setup.hungry = true;
    setup.at(1_000);
    jest.advanceTimersByTime(2_000);
    expect(setup.woken).toHaveLength(2);
    expect(setup.woken[1]).toBeGreaterThanOrEqual(1_049);
    expect(setup.woken[1]).toBeLessThan(1_100);
    expect(setup.stalls).toEqual([]);
  });

  test('leaves out of the time what the process stood still', () => {
    const setup = new Setup();
    setup.at(500);
    jest.advanceTimersByTime(499);
    setup.stoodStillMs = 60_000;
    expect(setup.wakeUp.turn() - setup.start).toBe(500);
    expect(setup.stalls).toEqual([59_999]);
    jest.advanceTimersByTime(2);
    expect(setup.woken).toHaveLength(1);
    expect(setup.woken[0]).toBeLessThan(700);
    expect(setup.stalls).toHaveLength(1);
  });

  test('notices it also when the timer is the first thing that runs again', () => {
    const setup = new Setup();
    setup.at(500);
    jest.advanceTimersByTime(499);
    setup.stoodStillMs = 10_000;
    jest.advanceTimersByTime(1);
    expect(setup.stalls).toHaveLength(1);
    jest.advanceTimersByTime(1);
    expect(setup.woken[0]).toBeLessThan(510);
  });

  test('a little lateness is no stall', () => {
    const setup = new Setup();
    setup.at(500);
    jest.advanceTimersByTime(499);
    setup.stoodStillMs = 90;
    expect(setup.wakeUp.turn() - setup.start).toBe(589);
    expect(setup.stalls).toEqual([]);
  });

  test('without a deadline there is nobody to be judged, and no stall', () => {
    const setup = new Setup();
    setup.stoodStillMs = 10_000;
    expect(setup.wakeUp.turn() - setup.start).toBe(10_000);
    expect(setup.stalls).toEqual([]);
  });

  test('is silent after it is closed', () => {
    const setup = new Setup();
    setup.at(100);
    setup.wakeUp.soon();
    setup.wakeUp.close();
    setup.at(50);
    setup.wakeUp.soon();
    jest.advanceTimersByTime(1_000);
    expect(setup.woken).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
