// SPDX-License-Identifier: Apache-2.0
// throughput.test - how far a rate falls, and when it is back

import { describe, expect, test } from '@jest/globals';
import { countBetween, dipOf } from '../../src/chaos/throughput.js';

/** Replies every so many milliseconds, from one time to another, without the latter. */
function every(ms: number, from: number, to: number): number[] {
  return Array.from({ length: Math.ceil((to - from) / ms) }, (_, i) => from + i * ms);
}

describe('the rate of replies', () => {
  const span = { from: 0, begun: 1_000, until: 3_000 };

  test('that goes on has no dip', () => {
    expect(dipOf(every(5, 0, 3_000), span)).toEqual({ depth: 0, backMs: 0 });
  });

  test('that falls by less than a fifth has never left', () => {
    const replies = [...every(5, 0, 1_000), ...every(5.8, 1_000, 3_000)];
    expect(dipOf(replies, span)).toMatchObject({ backMs: 0 });
    expect(dipOf(replies, span)?.depth).toBeCloseTo(0.15, 1);
  });

  test('that stops is back when a window has four fifths of what it had', () => {
    const dip = dipOf([...every(5, 0, 1_000), ...every(5, 1_500, 3_000)], span);
    expect(dip?.depth).toBe(1);
    // 200 ms after it went on all of a window has replies; a fifth of it may be without.
    expect(dip?.backMs).toBeGreaterThanOrEqual(640);
    expect(dip?.backMs).toBeLessThanOrEqual(700);
  });

  test('that never comes back says so', () => {
    expect(dipOf(every(5, 0, 1_000), span)).toEqual({ depth: 1, backMs: Infinity });
  });

  test('that falls to a half stays there', () => {
    const dip = dipOf([...every(5, 0, 1_000), ...every(10, 1_000, 3_000)], span);
    expect(dip?.depth).toBeCloseTo(0.5, 1);
    expect(dip?.backMs).toBe(Infinity);
  });

  test('says nothing when there was too little before, or too short a time', () => {
    expect(dipOf(every(100, 0, 3_000), span)).toBeUndefined();
    expect(dipOf(every(1, 900, 3_000), { ...span, from: 900 })).toBeUndefined();
    expect(dipOf(every(5, 0, 1_100), { ...span, until: 1_100 })).toBeUndefined();
  });
});

test('times are counted from one to another, without the latter', () => {
  expect(countBetween([1, 2, 2, 3, 5], 2, 5)).toBe(3);
  expect(countBetween([], 0, 1)).toBe(0);
});
