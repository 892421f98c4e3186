// SPDX-License-Identifier: Apache-2.0
// chart.test - where the lines of the charts go

import { describe, expect, test } from '@jest/globals';
import { pathOf, roundAbove } from '../../src/page/chart.js';

describe('roundAbove', () => {
  test.each([
    [0, 1],
    [0.03, 0.05],
    [1, 1],
    [1.1, 2],
    [4.9, 5],
    [73, 100],
    [1_001, 2_000],
  ])('of %d is %d', (value, above) => {
    expect(roundAbove(value)).toBeCloseTo(above, 10);
  });
});

describe('pathOf', () => {
  const path = (...values: (number | null)[]): string =>
    pathOf(
      values.map((value, i) => ({ x: i / 4, value })),
      10,
      40,
      20,
    );

  test('goes from left to right, with the greatest value at the upper edge', () => {
    expect(path(0, 5, 10)).toBe('M0 20L10 10L20 0');
  });

  test('is broken where nothing is known, and shows what stands alone', () => {
    expect(path(0, null, 5, null, 10, 10)).toBe('M0 20L0 20M20 10L20 10M40 0L50 0');
    expect(path(null, null)).toBe('');
    expect(path()).toBe('');
  });

  test('does not leave the drawing', () => {
    expect(path(99)).toBe('M0 0L0 0');
  });
});
