// SPDX-License-Identifier: Apache-2.0
// scale - where a number stands on an axis, and which numbers are written beside it

/** An axis from one end to the other. */
export interface Scale {
  /** From the numbers' first to their last, where the axis begins and ends in the picture. */
  readonly at: (value: number) => number;
  /** The numbers that are written beside it, in order. */
  readonly ticks: readonly number[];
}

/** An axis begins and ends there in the picture. */
export type Range = readonly [number, number];

/**
 * A linear axis from 0 to a round number that no value is above.
 *
 * @param values - at least one; what is no number does not count
 */
export function linearScale(values: readonly number[], [from, to]: Range): Scale {
  const most = Math.max(0, ...values.filter(Number.isFinite));
  const step = roundUp(most / 4);
  const count = most > 0 ? Math.ceil(most / step - 1e-9) : 1;
  const end = count * step;
  return {
    at: (value) => from + ((to - from) * value) / end,
    ticks: Array.from({ length: count + 1 }, (_, i) => i * step),
  };
}

/**
 * A logarithmic axis that holds all values, from a round number to a round number.
 *
 * @param values - those that are above 0 count
 * @param given - the ticks, when they are known; else powers of ten, and 2 and 5 times these on a short axis
 */
export function logScale(values: readonly number[], [from, to]: Range, given?: readonly number[]): Scale {
  const known = values.filter((value) => Number.isFinite(value) && value > 0);
  const [least, most] = known.length > 0 ? [Math.min(...known), Math.max(...known)] : [1, 10];
  const ticks = given ?? logTicks(least, most);
  const low = Math.log(Math.min(least, ticks[0] ?? least));
  const high = Math.log(Math.max(most, ticks.at(-1) ?? most));
  const length = high - low || 1;
  return { at: (value) => from + ((to - from) * (Math.log(value) - low)) / length, ticks };
}

/** From the last round number up to the least value to the first from the greatest. */
function logTicks(least: number, most: number): number[] {
  const first = Math.floor(Math.log10(least) + 1e-9);
  const last = Math.ceil(Math.log10(most) - 1e-9);
  const factors = last - first <= 3 ? [1, 2, 5] : [1];
  const all: number[] = [];
  for (let power = first; power <= last; power++) {
    for (const factor of factors) all.push(factor * 10 ** power);
  }
  const begin = all.findLastIndex((tick) => tick <= least * (1 + 1e-9));
  const end = all.findIndex((tick) => tick >= most * (1 - 1e-9));
  return all.slice(Math.max(0, begin), end < 0 ? undefined : Math.max(end, begin + 1) + 1);
}

/** The next of 1, 2, 2.5, 5 or 10 times a power of ten; 1 for nothing. */
function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 2.5, 5].find((factor) => factor * power >= value * (1 - 1e-9)) ?? 10);
}

/** A number beside an axis, short: `250`, `20k`, `1.5M`. */
export function shownTick(value: number): string {
  for (const [unit, letter] of [
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (value >= unit) return `${String(Number((value / unit).toPrecision(3)))}${letter}`;
  }
  return String(Number(value.toPrecision(3)));
}
