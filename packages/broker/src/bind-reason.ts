// SPDX-License-Identifier: Apache-2.0
// bind-reason - why ZeroMQ could not bind an endpoint, when bind() itself no longer knows it

import { errorCode } from './system-error.js';

/** How long to wait at most until ZeroMQ tells, in milliseconds. It has told already, unless something is wrong. */
const TOLD_WITHIN_MS = 1000;

/**
 * Puts together what `bind()` and the events of its socket say of a failure. While ZeroMQ tells of it by an event, it may look for
 * orders to the socket of that event, find none, and leave the EAGAIN of that as the reason. It does so when it has not
 * looked for a millisecond, as on a machine that is slow or busy. The event has the true reason.
 */
export class BindReason {
  #told: Error | undefined;
  #onTold: (() => void) | undefined;

  /** The event `bind:error` has come, with this. */
  tell(error: Error): void {
    this.#told = error;
    this.#onTold?.();
  }

  /**
   * @param error - what `bind()` was rejected with
   * @returns the reason of the operating system; `error` itself where it has one, or none is told within a second
   */
  async of(error: unknown): Promise<unknown> {
    if (errorCode(error) !== 'EAGAIN') return error;
    if (this.#told === undefined) await this.#untilTold();
    return this.#told ?? error;
  }

  #untilTold(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, TOLD_WITHIN_MS);
      this.#onTold = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
