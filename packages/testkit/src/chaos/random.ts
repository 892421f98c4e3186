// SPDX-License-Identifier: Apache-2.0
// random - numbers that follow from a seed, so that a schedule can be played again

/** A source of numbers that follow from a seed. */
export class SeededRandom {
  #state: number;

  /** @param seed - a whole number; its lower 32 bits count */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** The next number: from 0, below 1. */
  next(): number {
    // Mulberry32: small, and good enough to choose victims.
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
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
