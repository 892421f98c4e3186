// SPDX-License-Identifier: Apache-2.0
// random - choices that follow from a seed, so that a schedule can be played again

import type { Chance } from '../random.js';
import { seeded } from '../random.js';

/** A source of choices that follow from a seed. */
export class SeededRandom {
  /** The next number: from 0, below 1. */
  readonly next: Chance;

  /** @param seed - a whole number; its lower 32 bits count */
  constructor(seed: number) {
    this.next = seeded(seed);
  }

  /** A number from one to another. */
  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /**
   * One of some values.
   *
   * @throws Error when there is none
   */
  pick<T>(values: readonly T[]): T {
    const picked = values[Math.floor(this.next() * values.length)];
    if (picked === undefined) throw new Error('there is nothing to choose from');
    return picked;
  }
}
