// SPDX-License-Identifier: Apache-2.0
// bucket-percentiles - percentiles of durations that were counted in buckets

/**
 * The duration that a share of them does not exceed, as if those of a bucket stood at even distances in it.
 *
 * @param counts - how many are in each bucket: one for each bound, and one for what is longer than the last
 * @param boundsMs - the upper bound of each bucket, ascending, in milliseconds
 * @param share - from 0 to 1
 * @returns milliseconds; `undefined` of none, `Infinity` beyond the last bound
 */
export function bucketPercentile(
  counts: readonly number[],
  boundsMs: readonly number[],
  share: number,
): number | undefined {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return undefined;
  const rank = Math.max(1, Math.ceil(all * share));
  let below = 0;
  for (const [bucket, count] of counts.entries()) {
    if (below + count >= rank) {
      const to = boundsMs[bucket] ?? Infinity;
      const from = boundsMs[bucket - 1] ?? 0;
      return to === Infinity ? Infinity : from + (to - from) * ((rank - below) / count);
    }
    below += count;
  }
  return undefined;
}
