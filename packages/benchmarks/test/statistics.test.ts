// SPDX-License-Identifier: Apache-2.0
// statistics.test - medians, percentiles and ratios of rounds

import { describe, expect, test } from '@jest/globals';
import { median, percentile, ratioOfRounds } from '../src/statistics.js';

describe('median', () => {
  test('is the middle of an odd number of values, whatever their order', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  test('is the mean of the two in the middle of an even number of values', () => {
    expect(median([10, 1, 3, 2])).toBe(2.5);
  });

  test('orders by size and not by spelling', () => {
    expect(median([100, 20, 3])).toBe(20);
  });

  test('is NaN of no values', () => {
    expect(median([])).toBeNaN();
  });

  test('does not change what it is given', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('percentile', () => {
  const hundred = Array.from({ length: 101 }, (_, i) => 100 - i);

  test.each([
    [0, 0],
    [0.5, 50],
    [0.99, 99],
    [1, 100],
  ])('of share %d in 0 to 100 is %d', (share, expected) => {
    expect(percentile(hundred, share)).toBe(expected);
  });

  test('lies between two values in proportion', () => {
    expect(percentile([10, 20], 0.25)).toBe(12.5);
  });

  test('of one value is that value', () => {
    expect(percentile([7], 0.99)).toBe(7);
  });
});

describe('ratioOfRounds', () => {
  test('is the median of the ratios, not the ratio of the medians', () => {
    // The machine was ten times slower in the second round, for both.
    expect(ratioOfRounds([90, 8, 100], [100, 10, 80])).toBe(0.9);
  });

  test('leaves out rounds in which one of the two failed', () => {
    expect(ratioOfRounds([50, undefined, 30], [100, 100, undefined])).toBe(0.5);
  });

  test('leaves out a reference of zero', () => {
    expect(ratioOfRounds([1, 4], [0, 2])).toBe(2);
  });

  test('is NaN when no round has both', () => {
    expect(ratioOfRounds([undefined], [1])).toBeNaN();
  });
});
