// SPDX-License-Identifier: Apache-2.0
// handler.test - every worker's handler takes the same times in the same order

import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { echoAfter, echoAfterAlways, randomNumbers } from '../src/handler.js';

function take(count: number): number[] {
  const numbers = randomNumbers();
  return Array.from({ length: count }, () => numbers.next().value);
}

describe('randomNumbers', () => {
  test('are the same each time', () => {
    expect(take(100)).toEqual(take(100));
  });

  test('fall on five values alike', () => {
    const counts = [0, 0, 0, 0, 0];
    for (const number of take(10_000)) counts[number % 5] = (counts[number % 5] ?? 0) + 1;
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });
});

describe('echoAfter', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('of nothing gives back what it was given, and no promise', () => {
    expect(echoAfter(0)('body')).toBe('body');
  });

  test('of some milliseconds gives it back within them', async () => {
    const echo = echoAfter(4);
    const given = Array.from({ length: 50 }, (_, i) => i);
    const back = given.map((i) => echo(i));
    expect(new Set(back.map((one) => one instanceof Promise)).size).toBe(2);
    await jest.advanceTimersByTimeAsync(4);
    expect(await Promise.all(back.map(async (one) => one))).toEqual(given);
  });

  test('always takes as long as it was told, where that is asked for', async () => {
    let back: string | undefined;
    void Promise.resolve(echoAfterAlways(5)('body')).then((body) => {
      back = body;
    });
    await jest.advanceTimersByTimeAsync(4);
    expect(back).toBeUndefined();
    await jest.advanceTimersByTimeAsync(1);
    expect(back).toBe('body');
  });
});
