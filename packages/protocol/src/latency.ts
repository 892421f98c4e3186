// SPDX-License-Identifier: Apache-2.0
// latency - how a broker counts durations: in buckets, each twice as wide as the one before

/** The first bound, in milliseconds; each further one is twice the one before it. */
const FIRST_MS = 0.125;

/** How many bounds there are. */
const BOUNDS = 20;

/**
 * The upper bounds of the buckets of a {@link LatencyHistogram}, in milliseconds: 0.125, 0.25, 0.5 and so on to 65,536. A
 * duration that is a bound exactly belongs to the bucket below it.
 */
export const LATENCY_BOUNDS_MS: readonly number[] = Array.from({ length: BOUNDS }, (_, i) => FIRST_MS * 2 ** i);

/** Durations, counted in buckets. */
export interface LatencyHistogram {
  /** How many durations there were. */
  readonly count: number;
  /** All of them together, in milliseconds, to a thousandth. */
  readonly sumMs: number;
  /**
   * How many were in each bucket, not added up: one number for each of {@link LATENCY_BOUNDS_MS}, and at the end one for
   * what was longer than the last of them. Empty while `count` is 0.
   */
  readonly counts: readonly number[];
}

/**
 * The bucket of a duration.
 *
 * @param ms - milliseconds
 * @returns an index of `counts`
 */
export function latencyBucket(ms: number): number {
  if (ms <= FIRST_MS) return 0;
  // How often the first bound must be doubled is the number of binary digits.
  return ms > FIRST_MS * 2 ** (BOUNDS - 1) ? BOUNDS : 32 - Math.clz32(Math.ceil(ms / FIRST_MS) - 1);
}
