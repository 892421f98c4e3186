// SPDX-License-Identifier: Apache-2.0
// memory - whether a process keeps more and more

import { median } from './statistics.js';

/** What a process held at one moment. */
export interface Sample {
  /** Seconds since the first sample. */
  readonly seconds: number;
  readonly rssBytes: number;
  /** What JavaScript's objects take, dead ones that are still to be collected included. */
  readonly heapBytes: number;
}

/** How a figure went over a run, in bytes. */
export interface Course {
  readonly start: number;
  readonly middle: number;
  readonly end: number;
  /** The slope of a line through all of it, in bytes per hour. */
  readonly perHour: number;
}

/** A run is looked at in so many parts of the same length. */
const PARTS = 5;

/** How resident memory went: the median of each part of the run. */
export function courseOfResident(samples: readonly Sample[]): Course {
  return course(samples, (part) => median(part.map(({ rssBytes }) => rssBytes)));
}

/** How the heap went: the least of each part of the run, which is what the last collection left. */
export function courseOfHeap(samples: readonly Sample[]): Course {
  return course(samples, (part) => Math.min(...part.map(({ heapBytes }) => heapBytes)));
}

function course(samples: readonly Sample[], pick: (part: readonly Sample[]) => number): Course {
  const size = samples.length / PARTS;
  const parts = Array.from({ length: PARTS }, (_, i) =>
    samples.slice(Math.floor(i * size), Math.max(Math.floor(i * size) + 1, Math.floor((i + 1) * size))),
  );
  const values = parts.map(pick);
  const hours = parts.map((part) => median(part.map(({ seconds }) => seconds)) / 3600);
  const [start = NaN, , middle = NaN, , end = NaN] = values;
  return { start, middle, end, perHour: slope(hours, values) };
}

/**
 * The slope of the line that fits points best (least squares).
 *
 * @returns NaN of fewer than two places
 */
export function slope(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(xs), mean(ys)];
  let [over, under] = [0, 0];
  for (const [i, at] of xs.entries()) {
    over += (at - x) * ((ys[i] ?? NaN) - y);
    under += (at - x) ** 2;
  }
  return over / under;
}
