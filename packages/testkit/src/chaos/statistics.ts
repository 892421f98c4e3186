// SPDX-License-Identifier: Apache-2.0
// statistics - what many times say together

/** The middle, the 99th percentile and the greatest of some numbers; all NaN of none. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The value that a share of some numbers does not exceed: one of them, for some are infinite; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

/** See {@link Spread}. */
export function spreadOf(values: readonly number[]): Spread {
  return { p50: quantile(values, 0.5), p99: quantile(values, 0.99), max: quantile(values, 1) };
}
