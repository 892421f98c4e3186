// SPDX-License-Identifier: Apache-2.0
// memory.test - a process that keeps more and more is told from one that only collects late

import { describe, expect, test } from '@jest/globals';
import type { Sample } from '../src/memory.js';
import { courseOfHeap, courseOfResident, slope } from '../src/memory.js';

/** A sample a minute for an hour. */
function hour(rss: (minute: number) => number, heap: (minute: number) => number): Sample[] {
  return Array.from({ length: 60 }, (_, i) => ({ seconds: i * 60, rssBytes: rss(i), heapBytes: heap(i) }));
}

/** It grows by 10 each minute, and every fifth minute a collection leaves 100. */
const sawtooth = (minute: number): number => 100 + (minute % 5) * 10;

describe('slope', () => {
  test('is what a line rises by', () => {
    expect(slope([0, 1, 2, 3], [5, 7, 9, 11])).toBeCloseTo(2);
    expect(slope([0, 1, 2], [3, 3, 3])).toBe(0);
  });

  test('of one place is no number', () => {
    expect(slope([1], [1])).toBeNaN();
    expect(slope([], [])).toBeNaN();
  });
});

describe('courseOfHeap', () => {
  test('of a heap that is collected is flat', () => {
    expect(courseOfHeap(hour(() => 0, sawtooth))).toEqual({ start: 100, middle: 100, end: 100, perHour: 0 });
  });

  test('sees what stays through the collections', () => {
    const { start, end, perHour } = courseOfHeap(
      hour(
        () => 0,
        (minute) => sawtooth(minute) + 60 * minute,
      ),
    );
    expect(end).toBeGreaterThan(start);
    expect(perHour).toBeCloseTo(3600, -2);
  });
});

describe('courseOfResident', () => {
  test('takes the median of each part, so that a peak means nothing', () => {
    const { start, middle, end } = courseOfResident(hour((minute) => (minute === 3 ? 9999 : 50), sawtooth));
    expect([start, middle, end]).toEqual([50, 50, 50]);
  });

  test('of few samples is a course all the same', () => {
    expect(courseOfResident(hour((minute) => minute, sawtooth).slice(0, 2)).start).toBe(0);
  });
});
