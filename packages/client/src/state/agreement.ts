// SPDX-License-Identifier: Apache-2.0
// agreement - when a broker is asked whether it speaks MX: after it has answered, seldom once it did not say yes, first once it did

/** How long an answer is waited for, from the opening of the connection on, in milliseconds. */
export const ASK_TIMEOUT_MS = 2_000;

/** How long requests wait for the answer of a broker that spoke MX before, from the new handshake on, in milliseconds. */
export const ASK_AGAIN_TIMEOUT_MS = 1_000;

/** The first pause after anything but a yes, in milliseconds; it doubles. */
const FIRST_PAUSE_MS = 60_000;

/** The longest pause, in milliseconds. */
const LONGEST_PAUSE_MS = 3_600_000;

/** What is known of the broker at one endpoint. A broker that may be another one is asked as if for the first time. */
export class Agreement {
  #askAt = -Infinity;
  #pauseMs = FIRST_PAUSE_MS;

  /** Whether it may be asked now. */
  mayAsk(now: number): boolean {
    return now >= this.#askAt;
  }

  /** It did not say yes. */
  refused(now: number): void {
    this.#askAt = now + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }

  /** It said yes, or another broker may be there by now: what it said before no longer counts. */
  forget(): void {
    this.#askAt = -Infinity;
    this.#pauseMs = FIRST_PAUSE_MS;
  }
}
