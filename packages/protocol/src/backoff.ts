// SPDX-License-Identifier: Apache-2.0
// backoff - how long to wait before the next try: exponential, with jitter, bounded

/** What a {@link backoffMs} is made of. */
export interface BackoffOptions {
  /** The first delay, in milliseconds. */
  readonly baseMs: number;
  /** The longest delay, in milliseconds. */
  readonly maxMs: number;
}

/**
 * The delay before try `attempt + 1`: `baseMs * 2^(attempt-1)`, at most `maxMs`, of which a random half is taken away
 * so that many peers do not come back in the same instant.
 *
 * @param attempt - how many tries have failed, 1 or more
 * @param random - a source of numbers from 0 (inclusive) to 1 (exclusive)
 * @returns milliseconds, from half the full delay to all of it
 */
export function backoffMs(
  attempt: number,
  { baseMs, maxMs }: BackoffOptions,
  random: () => number = Math.random,
): number {
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return full / 2 + (random() * full) / 2;
}
