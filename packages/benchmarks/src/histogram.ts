// SPDX-License-Identifier: Apache-2.0
// histogram - how long millions of requests took, in memory that does not grow with them

/** The least time that is told from nothing, in milliseconds. */
const LEAST = 0.001;
/** Each bucket is so many times as wide as the one before: a percentile is wrong by half a percent at most. */
const GROWTH = 1.01;
const BUCKETS = Math.ceil(Math.log(1e9) / Math.log(GROWTH));

/** Times in milliseconds, from a thousandth to eleven days. */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #most = 0;

  /** How many times were added. */
  get count(): number {
    return this.#count;
  }

  /** The greatest of them; 0 of none. */
  get most(): number {
    return this.#most;
  }

  /** Add a time, in milliseconds. */
  add(ms: number): void {
    const bucket = Math.min(BUCKETS - 1, Math.max(0, Math.round(Math.log(ms / LEAST) / Math.log(GROWTH))));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count++;
    if (ms > this.#most) this.#most = ms;
  }

  /**
   * The time that a share of them does not exceed.
   *
   * @param share - from 0 to 1
   * @returns NaN of none
   */
  percentile(share: number): number {
    if (this.#count === 0) return NaN;
    let left = Math.max(1, Math.ceil(this.#count * share));
    const bucket = this.#counts.findIndex((count) => (left -= count) <= 0);
    return Math.min(this.#most, LEAST * GROWTH ** bucket);
  }
}
