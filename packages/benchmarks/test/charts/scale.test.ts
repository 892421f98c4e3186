// SPDX-License-Identifier: Apache-2.0
// scale.test - where numbers stand on an axis, and which are written beside it

import { describe, expect, test } from '@jest/globals';
import { linearScale, logScale, shownTick } from '../../src/charts/scale.js';

describe('linearScale', () => {
  test.each([
    [
      [3, 97],
      [0, 25, 50, 75, 100],
    ],
    [[210], [0, 100, 200, 300]],
    [[0.7], [0, 0.2, 0.4, 0.6, 0.8]],
    [[100], [0, 25, 50, 75, 100]],
    [[], [0, 1]],
    [[NaN], [0, 1]],
  ])('of %j has the ticks %j', (values, ticks) => {
    const found = linearScale(values, [0, 1]).ticks;
    expect(found).toHaveLength(ticks.length);
    found.forEach((tick, i) => expect(tick).toBeCloseTo(ticks[i] ?? NaN));
  });

  test('goes from the first end to the last, whichever is greater', () => {
    const { at } = linearScale([100], [200, 0]);
    expect([at(0), at(50), at(100)]).toEqual([200, 100, 0]);
  });
});

describe('logScale', () => {
  test.each([
    [
      [1200, 48_000],
      [1000, 2000, 5000, 10_000, 20_000, 50_000],
    ],
    [
      [1, 100_000],
      [1, 10, 100, 1000, 10_000, 100_000],
    ],
    [[5], [5, 10]],
    [
      [0, NaN, 7],
      [5, 10],
    ],
    [[], [1, 2, 5, 10]],
  ])('of %j has the ticks %j', (values, ticks) => {
    expect(logScale(values, [0, 1]).ticks).toEqual(ticks);
  });

  test('gives every tenfold the same length', () => {
    const { at } = logScale([1, 100], [0, 200]);
    expect(at(1)).toBeCloseTo(0);
    expect(at(10)).toBeCloseTo(100);
    expect(at(100)).toBeCloseTo(200);
  });

  test('takes the ticks that are given', () => {
    const { at, ticks } = logScale([1, 64, 256], [0, 8], [1, 64, 256]);
    expect(ticks).toEqual([1, 64, 256]);
    expect(at(64)).toBeCloseTo(6);
  });

  test('of one value only stands somewhere', () => {
    expect(logScale([64], [10, 20], [64]).at(64)).toBe(10);
  });
});

test.each([
  [0, '0'],
  [0.30000000000000004, '0.3'],
  [64, '64'],
  [1000, '1k'],
  [2500, '2.5k'],
  [100_000, '100k'],
  [1.5e6, '1.5M'],
])('%d is written %s', (value, text) => {
  expect(shownTick(value)).toBe(text);
});
