// SPDX-License-Identifier: Apache-2.0
// throughput - how far the rate of replies fell by a fault, and how long it took until it was back

import { quantile } from './statistics.js';

/** The rate is looked at in steps of so many milliseconds, each over the last {@link WINDOW_MS}. */
const STEP_MS = 25;
const WINDOW_MS = 200;

/** What it was before is taken from so many milliseconds, or what there is of them. */
const BEFORE_MS = 1_000;

/** It is back when it is so much of what it was. */
const BACK = 0.8;

/** With fewer replies than this before, a rate says nothing. */
const LEAST_REPLIES = 20;

/** What a fault did to the rate of replies. */
export interface Dip {
  /** By which share it fell at the worst: 0 (not at all) to 1 (to nothing). */
  readonly depth: number;
  /** How long after the fault began it was back to 80 %, in milliseconds: 0 when it never left, `Infinity` if never. */
  readonly backMs: number;
}

/**
 * Look at the rate around a fault.
 *
 * @param replies - when replies came, ascending
 * @param span - since when, until when there is load that nothing but this fault disturbs, and when the fault began
 * @returns `undefined` when there was too little before it to compare with
 */
export function dipOf(
  replies: readonly number[],
  { from, begun, until }: { readonly from: number; readonly begun: number; readonly until: number },
): Dip | undefined {
  const since = Math.max(from, begun - BEFORE_MS);
  const before = countBetween(replies, since, begun);
  if (before < LEAST_REPLIES || begun - since < WINDOW_MS) return undefined;
  const usual = (before / (begun - since)) * WINDOW_MS;
  const rates: { readonly end: number; readonly share: number }[] = [];
  for (let end = begun + WINDOW_MS; end <= until; end += STEP_MS) {
    rates.push({ end, share: countBetween(replies, end - WINDOW_MS, end) / usual });
  }
  if (rates.length === 0) return undefined;
  const least = quantile(
    rates.map(({ share }) => share),
    0,
  );
  if (least >= BACK) return { depth: Math.max(0, 1 - least), backMs: 0 };
  // The last time that it is as low as it gets: from there on it only comes back.
  const worst = rates.findLastIndex(({ share }) => share === least);
  const back = rates.slice(worst).find(({ share }) => share >= BACK);
  return { depth: 1 - least, backMs: back === undefined ? Infinity : back.end - begun };
}

/** How many of some ascending times lie from one to another, without the latter. */
export function countBetween(times: readonly number[], from: number, to: number): number {
  return firstAt(times, to) - firstAt(times, from);
}

function firstAt(times: readonly number[], at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? Infinity) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
