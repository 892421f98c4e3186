// SPDX-License-Identifier: Apache-2.0
// latencies - how long any number of requests took, in memory that does not grow with them

/** The least time that is told from nothing, in milliseconds. */
const LEAST_MS = 0.001;
/** Each bucket is so many times as wide as the one before: a percentile is wrong by half a percent at most. */
const GROWTH = 1.01;
/** The last one begins at some eleven days. */
const BUCKETS = Math.ceil(Math.log(1e12) / Math.log(GROWTH));

/** Where the rows of a chart begin and end, within a power of ten. */
const FINE = [1, 1.5, 2, 3, 5, 7];
const COARSE = [1, 2, 5];
/** With more rows than that, coarse ones. */
const MOST_ROWS = 16;

/** So many of them took between `fromMs` and `toMs`. */
export interface LatencyRow {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

/** Times in milliseconds. */
export class Latencies {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  /** How many times were added. */
  get count(): number {
    return this.#count;
  }

  /** Their mean, in milliseconds; NaN of none. */
  get meanMs(): number {
    return this.#sumMs / this.#count;
  }

  /** The greatest of them; 0 of none. */
  get maxMs(): number {
    return this.#maxMs;
  }

  /** Add a time, in milliseconds. */
  add(ms: number): void {
    const bucket = Math.min(BUCKETS - 1, Math.max(0, Math.round(Math.log(ms / LEAST_MS) / Math.log(GROWTH))));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    this.#sumMs += ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /**
   * The time, in milliseconds, that a share of them does not exceed.
   *
   * @param share - from 0 to 1
   * @returns NaN of none
   */
  percentile(share: number): number {
    if (this.#count === 0) return NaN;
    let left = Math.max(1, Math.ceil(this.#count * share));
    const bucket = this.#counts.findIndex((count) => (left -= count) <= 0);
    return Math.min(this.#maxMs, LEAST_MS * GROWTH ** bucket);
  }

  /** Rows for a chart, from the first that has any to the last, with round bounds; a wide range has wide rows. */
  rows(): LatencyRow[] {
    const fine = this.#rowsOf(FINE);
    return fine.length > MOST_ROWS ? this.#rowsOf(COARSE) : fine;
  }

  #rowsOf(steps: readonly number[]): LatencyRow[] {
    const rows: { fromMs: number; toMs: number; count: number }[] = [];
    const bounds = boundsOf(steps);
    let row = { fromMs: 0, toMs: bounds.next().value ?? Infinity, count: 0 };
    for (const [bucket, count] of this.#counts.entries()) {
      while (LEAST_MS * GROWTH ** bucket >= row.toMs) {
        if (row.count > 0 || rows.length > 0) rows.push(row);
        row = { fromMs: row.toMs, toMs: bounds.next().value ?? Infinity, count: 0 };
      }
      row.count += count;
    }
    rows.push(row);
    while (rows.at(-1)?.count === 0) rows.pop();
    return rows;
  }
}

/** Round times from a hundredth of a millisecond on, without end. */
function* boundsOf(steps: readonly number[]): Generator<number, undefined, undefined> {
  for (let power = -2; power < 12; power++) {
    // Digits and exponent read as one number are the nearest there is to it; a product may be a little beside.
    for (const step of steps) yield Number(`${String(step)}e${String(power)}`);
  }
  return undefined;
}
