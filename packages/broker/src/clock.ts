// SPDX-License-Identifier: Apache-2.0
// clock - monotonic time that stands still while the process does

/**
 * The broker's clock. When the process stood still (it was stopped, or something blocked its event loop) nobody could
 * be heard in that time; the clock leaves it out, and so every deadline shifts by it.
 */
export class BrokerClock {
  readonly #read: () => number;
  #leftOut = 0;

  /** @param read - a monotonic clock in milliseconds */
  constructor(read: () => number = () => performance.now()) {
    this.#read = read;
  }

  now(): number {
    return this.#read() - this.#leftOut;
  }

  /** Leave out the last `ms` milliseconds. */
  leaveOut(ms: number): void {
    this.#leftOut += ms;
  }
}
