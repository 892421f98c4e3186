// SPDX-License-Identifier: Apache-2.0
// window - what was counted in the last minute, of counters that only ever grow

import type { LatencyHistogram } from '@mdp/broker';
import { LATENCY_BOUNDS_MS } from '@mdp/broker';
import { bucketPercentile } from '../bucket-percentiles.js';

/** How far a window goes back, in milliseconds. */
export const WINDOW_MS = 60_000;

/** So far apart are the moments that are remembered, in milliseconds. */
const STEP_MS = 10_000;

/** What is told of a duration beyond the last bound. */
const BEYOND_MS = 2 * (LATENCY_BOUNDS_MS.at(-1) ?? 0);

/**
 * What was counted in buckets between two looks.
 *
 * @returns `undefined` when the counts began anew in between
 */
export function countsBetween(before: readonly number[], after: readonly number[]): number[] | undefined {
  const counts = after.map((count, i) => count - (before[i] ?? 0));
  return after.length < before.length || counts.some((count) => count < 0) ? undefined : counts;
}

/** Add counts to others, bucket by bucket. */
export function addCounts(sum: number[], more: readonly number[]): void {
  for (const [i, count] of more.entries()) sum[i] = (sum[i] ?? 0) + count;
}

/**
 * A percentile as the page is told it, in milliseconds.
 *
 * @param share - from 0 to 1
 */
export function percentileOf(counts: readonly number[], share: number): number | null {
  const ms = bucketPercentile(counts, LATENCY_BOUNDS_MS, share);
  if (ms === undefined) return null;
  return ms === Infinity ? BEYOND_MS : Math.round(ms * 1_000) / 1_000;
}

interface Mark {
  readonly atMs: number;
  readonly counts: readonly number[];
}

/** Remembers a histogram as it was every ten seconds, for a minute. */
export class HistogramWindow {
  #marks: Mark[] = [];
  #counts: readonly number[] = [];

  /**
   * The histogram as it is now.
   *
   * @param atMs - on a monotonic clock, in milliseconds
   */
  add(atMs: number, { counts }: LatencyHistogram): void {
    // It has begun anew.
    if (countsBetween(this.#counts, counts) === undefined) this.#marks = [];
    this.#counts = counts;
    const last = this.#marks.at(-1);
    if (last === undefined || atMs - last.atMs >= STEP_MS) this.#marks.push({ atMs, counts });
    // The oldest one is what the window begins with: it is as old as the window, or it is the first there was.
    while (atMs - (this.#marks[1]?.atMs ?? atMs) >= WINDOW_MS) this.#marks.shift();
  }

  /** What was counted in the last minute, give or take ten seconds. */
  get recent(): readonly number[] {
    return countsBetween(this.#marks[0]?.counts ?? [], this.#counts) ?? [];
  }
}
