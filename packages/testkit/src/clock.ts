// SPDX-License-Identifier: Apache-2.0
// clock - a clock that tests advance by hand

/** A monotonic clock in milliseconds that stands still until it is advanced. */
export class FakeClock {
  #now: number;

  /** @param start - the first reading, in milliseconds */
  constructor(start = 1_000_000) {
    this.#now = start;
  }

  /** The reading, in milliseconds. An arrow, so that it can be handed on as a function. */
  readonly now = (): number => this.#now;

  /** Let `ms` milliseconds pass. */
  advance(ms: number): number {
    this.#now += ms;
    return this.#now;
  }
}
