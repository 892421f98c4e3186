// SPDX-License-Identifier: Apache-2.0
// clock.test - time that stands still while the process does

import { describe, expect, test } from '@jest/globals';
import { FakeClock } from '@mdp/testkit';
import { BrokerClock } from '../src/clock.js';

describe('BrokerClock', () => {
  test('goes with the clock that it is given', () => {
    const real = new FakeClock(5);
    const clock = new BrokerClock(real.now);
    expect(clock.now()).toBe(5);
    real.advance(10);
    expect(clock.now()).toBe(15);
  });

  test('leaves out what it is told to, once', () => {
    const real = new FakeClock(0);
    const clock = new BrokerClock(real.now);
    real.advance(1_000);
    clock.leaveOut(900);
    expect(clock.now()).toBe(100);
    real.advance(50);
    expect(clock.now()).toBe(150);
    clock.leaveOut(50);
    expect(clock.now()).toBe(100);
  });

  test('is monotonic by itself', () => {
    const clock = new BrokerClock();
    const first = clock.now();
    expect(clock.now()).toBeGreaterThanOrEqual(first);
  });
});
