// SPDX-License-Identifier: Apache-2.0
// wire-choice - what is remembered of a broker that was asked whether it speaks MX, and what follows from it

/** What to do when a broker is registered with anew. */
export type NextStep =
  /** Ask first; READY waits for the answer. */
  | 'ask'
  /** READY at once, on the strict wire; ask on another connection. */
  | 'ask beside'
  /** READY at once. */
  | 'ready';

/**
 * A broker may be replaced by another one whenever its connections are lost, so it is asked anew each time. Only where the
 * question met with silence does READY not wait for the answer again: until a yes has come, for the next time.
 */
export class WireChoice {
  readonly #asks: boolean;
  #silent = false;

  /** @param wire - the option */
  constructor(wire: 'auto' | 'mx' | 'rfc18') {
    this.#asks = wire === 'auto';
  }

  /** What the question has met with. */
  answered(answer: 'yes' | 'no' | 'silence'): void {
    if (answer === 'silence') this.#silent = true;
    else if (answer === 'yes') this.#silent = false;
  }

  next(): NextStep {
    if (!this.#asks) return 'ready';
    return this.#silent ? 'ask beside' : 'ask';
  }
}
