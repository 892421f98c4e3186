// SPDX-License-Identifier: Apache-2.0
// handler - what the measured workers do with a request: nothing, or something that takes a while

import type { Echo } from './peers/peer.js';

/** The same in every run, so that every worker's requests take the same times in the same order. */
const SEED = 0x2545f491;

/** Numbers that look random and are the same each time (xorshift32): from 1 to 2^32 - 1. */
export function* randomNumbers(seed = SEED): Generator<number, never> {
  let x = seed;
  for (;;) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield x >>> 0;
  }
}

/**
 * Make a handler.
 *
 * @param mostMs - it takes 0, 1, ... or so many milliseconds, each as often as the others; 0 answers at once
 */
export function echoAfter(mostMs: number): Echo {
  if (mostMs === 0) return (body) => body;
  const numbers = randomNumbers();
  return (body) => {
    const ms = numbers.next().value % (mostMs + 1);
    return ms === 0 ? body : new Promise((resolve) => setTimeout(resolve, ms, body));
  };
}

/** Make a handler that always takes so many milliseconds. */
export function echoAfterAlways(ms: number): Echo {
  return (body) => new Promise((resolve) => setTimeout(resolve, ms, body));
}
