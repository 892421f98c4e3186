// SPDX-License-Identifier: Apache-2.0
// statistics - what many noisy measurements say together

/** The middle of some numbers, the mean of the two in the middle when their count is even; NaN of none. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/**
 * The value below which a share of some numbers lies, interpolated between its two neighbours.
 *
 * @param values - in any order; not changed
 * @param share - from 0 (the least) to 1 (the greatest)
 * @returns NaN of no values
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? NaN;
  const high = sorted[Math.ceil(at)] ?? NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/**
 * How many times the one the other is: the median of the ratios of each round. A machine that is slow for a while slows
 * both sides of a round, so the ratio is far steadier than either side.
 *
 * @param values - one for each round; `undefined` where the round failed
 * @param references - one for each round, in the same order
 * @returns NaN when no round has both
 */
export function ratioOfRounds(
  values: readonly (number | undefined)[],
  references: readonly (number | undefined)[],
): number {
  const ratios: number[] = [];
  for (let i = 0; i < Math.min(values.length, references.length); i++) {
    const value = values[i];
    const reference = references[i];
    if (value !== undefined && reference !== undefined && reference > 0) ratios.push(value / reference);
  }
  return median(ratios);
}
