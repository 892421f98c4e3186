// SPDX-License-Identifier: Apache-2.0
// stream-pace - streams take turns, with one another and with everything else in the process

import type { Done } from './state/port.js';

/**
 * After so many PARTIALs the event loop gets a turn. As long as there is room, the socket takes each at once, and a stream
 * without end would let nothing else happen in the process.
 */
const PARTIALS_PER_TURN = 64;

/** The pace of all streams of a worker: whoever has sent more than is for one turn goes on in the next, in order. */
export class StreamPace {
  #count = 0;
  #waiting: (() => void)[] = [];

  /** A PARTIAL is sent. @returns what to call when it was taken, in place of `done` */
  next(done: Done): Done {
    if (++this.#count < PARTIALS_PER_TURN) return done;
    return (sent) => {
      if (this.#waiting.length === 0) setImmediate(this.#turn);
      this.#waiting.push(() => {
        done(sent);
      });
    };
  }

  readonly #turn = (): void => {
    const waiting = this.#waiting;
    this.#count = 0;
    this.#waiting = [];
    for (const goOn of waiting) goOn();
  };
}
