// SPDX-License-Identifier: Apache-2.0
// chart.test - where the lines of the charts go

import { describe, expect, test } from '@jest/globals';
import { pathOf, placesOf, roundAbove, scaleOf } from '../../src/page/chart.js';
import { amount, latency } from '../../src/page/format.js';

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

test.each([
  [20, amount, ['20', '10', '0']],
  [1, amount, ['1', '', '0']],
  [200_000, latency, ['> 65 s', '', '0']],
])('the scale up to %d says nothing twice', (top, show, marks) => {
  expect(scaleOf(top, show)).toEqual(marks);
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

describe('placesOf', () => {
  const at = (...times: number[]): { at: number }[] => times.map((time) => ({ at: time }));

  test('puts the last point to the right, and others by how long ago they were', () => {
    expect(placesOf(at(1_000, 3_000, 5_000), () => 1, 8_000)).toEqual([
      { x: 0.5, value: 1 },
      { x: 0.75, value: 1 },
      { x: 1, value: 1 },
    ]);
  });

  test('breaks lines where nothing was told for long: the broker was gone', () => {
    expect(placesOf(at(0, 10_000, 40_000), ({ at: time }) => time, 40_000)).toEqual([
      { x: 0, value: 0 },
      { x: 0.25, value: 10_000 },
      { x: 1, value: null },
      { x: 1, value: 40_000 },
    ]);
  });
});
