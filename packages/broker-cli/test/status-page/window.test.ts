// SPDX-License-Identifier: Apache-2.0
// window.test - what was counted in the last minute

import { describe, expect, test } from '@jest/globals';
import { HistogramWindow, addCounts, countsBetween, percentileOf } from '../../src/status-page/window.js';
import { durations } from '../support/snapshots.js';

const total = (counts: readonly number[]): number => counts.reduce((sum, n) => sum + n, 0);

describe('countsBetween', () => {
  test('is what was added in each bucket', () => {
    expect(countsBetween([1, 2], [1, 5, 3])).toEqual([0, 3, 3]);
    expect(countsBetween([], [1, 0])).toEqual([1, 0]);
    expect(countsBetween([], [])).toEqual([]);
  });

  test('is nothing when the counts began anew', () => {
    expect(countsBetween([2, 2], [1, 9])).toBeUndefined();
    expect(countsBetween([1], [])).toBeUndefined();
  });
});

test('addCounts adds bucket by bucket, whichever has more of them', () => {
  const sum: number[] = [];
  addCounts(sum, [1, 2]);
  addCounts(sum, [1]);
  addCounts(sum, [0, 0, 4]);
  expect(sum).toEqual([2, 2, 4]);
});

describe('percentileOf', () => {
  test('is null of nothing, and a finite number of whatever there is', () => {
    expect(percentileOf([], 0.5)).toBeNull();
    expect(percentileOf(durations({ 1: 100 }).counts, 0.99)).toBeCloseTo(0.995, 3);
    // JSON knows no infinity.
    expect(percentileOf(durations({ [Infinity]: 1 }).counts, 0.5)).toBe(131_072);
  });
});

describe('a window', () => {
  test('has all that was counted since it was first told, for a minute', () => {
    const window = new HistogramWindow();
    window.add(0, durations({ 1: 50 }));
    expect(total(window.recent)).toBe(0);
    for (let s = 2; s <= 60; s += 2) window.add(s * 1_000, durations({ 1: 50 + s }));
    expect(total(window.recent)).toBe(60);
  });

  test('forgets what is older than a minute, give or take ten seconds', () => {
    const window = new HistogramWindow();
    window.add(0, durations());
    window.add(2_000, durations({ 1: 100 }));
    const left: number[] = [];
    for (let s = 4; s <= 90; s += 2) {
      window.add(s * 1_000, durations({ 1: 100 }));
      left.push(total(window.recent));
    }
    // At 58 s all of it is there, and at 74 s nothing is.
    expect(left[27]).toBe(100);
    expect(left[35]).toBe(0);
  });

  test('begins anew when the counts do', () => {
    const window = new HistogramWindow();
    window.add(0, durations({ 1: 100 }));
    window.add(2_000, durations({ 1: 130 }));
    window.add(4_000, durations({ 1: 3 }));
    expect(total(window.recent)).toBe(0);
    window.add(6_000, durations({ 1: 5 }));
    expect(total(window.recent)).toBe(2);
  });
});
