// SPDX-License-Identifier: Apache-2.0
// drain - how long requests that workers hold may still take while the broker stops

/** Waits until no worker holds a request, or the time for that is over. */
export class Drain {
  /** Until when, by `performance.now()`. */
  #until = Infinity;
  #timer: NodeJS.Timeout | undefined;
  #over: (() => void) | undefined;

  /** It may take so long from now on, in milliseconds; what was allowed before holds when that is less. */
  allow(ms: number): void {
    this.#until = Math.min(this.#until, performance.now() + ms);
    if (this.#over !== undefined) this.#wait();
  }

  /** Resolves when it is {@link end}ed, or the time is over. */
  async wait(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#over = resolve;
      this.#wait();
    });
    clearTimeout(this.#timer);
    this.#over = undefined;
  }

  /** No worker holds a request any more; nothing happens when nobody waits for that. */
  end(): void {
    this.#over?.();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#over?.(), Math.max(0, this.#until - performance.now()));
  }
}
