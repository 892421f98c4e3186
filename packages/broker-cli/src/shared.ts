// SPDX-License-Identifier: Apache-2.0
// shared - an answer that all who ask within half a second have together

/** So long an answer is good, in milliseconds: however many ask, the broker is kept from its work once. */
const FRESH_MS = 500;

/** Asks anew only when the last answer is old. */
export class Shared<T> {
  readonly #ask: () => Promise<T>;
  #last: Promise<T> | undefined;
  #askedAt = -Infinity;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
  }

  take(): Promise<T> {
    const now = performance.now();
    if (this.#last === undefined || now - this.#askedAt > FRESH_MS) {
      this.#askedAt = now;
      const asked = this.#ask();
      this.#last = asked;
      // One that failed is not kept; whoever has asked for it hears why.
      asked.catch(() => {
        if (this.#last === asked) this.#last = undefined;
      });
    }
    return this.#last;
  }
}
