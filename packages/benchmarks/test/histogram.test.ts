// SPDX-License-Identifier: Apache-2.0
// histogram.test - percentiles of times that are not kept

import { describe, expect, test } from '@jest/globals';
import { Histogram } from '../src/histogram.js';

describe('Histogram', () => {
  const thousand = new Histogram();
  for (let ms = 1; ms <= 1000; ms++) thousand.add(ms);

  test.each([
    [0.5, 500],
    [0.99, 990],
    [0.999, 999],
    [1, 1000],
  ])('the percentile %d of 1 to 1,000 is %d within a percent', (share, expected) => {
    expect(Math.abs(thousand.percentile(share) - expected) / expected).toBeLessThan(0.01);
  });

  test('knows how many there were and the greatest, exactly', () => {
    expect([thousand.count, thousand.most]).toEqual([1000, 1000]);
  });

  test('bears times beyond its ends', () => {
    const odd = new Histogram();
    for (const ms of [0, 1e-9, 1e12]) odd.add(ms);
    expect(odd.count).toBe(3);
    expect(odd.percentile(0)).toBeCloseTo(0.001);
  });

  test('of nothing has no percentile', () => {
    expect(new Histogram().percentile(0.5)).toBeNaN();
  });
});
