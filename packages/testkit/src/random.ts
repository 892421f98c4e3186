// SPDX-License-Identifier: Apache-2.0
// random - chance that follows from a seed, so that what it led to can be played again

/** Chance: a number from 0 up to, but not including, 1. */
export type Chance = () => number;

/** Chance that comes out the same for the same seed; its lower 32 bits count. */
export function seeded(seed: number): Chance {
  let state = seed | 0;
  return () => {
    // Mulberry32: small, and good enough to choose victims.
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
