// SPDX-License-Identifier: Apache-2.0
// wake-up - the client's one timer; it never judges before input is read, nor keeps an idle process alive

/** A timer for the next deadline of the state. */
export class WakeUp {
  readonly #wake: () => void;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Infinity;
  #immediate: NodeJS.Immediate | undefined;
  #held = false;

  /** @param wake - called when the time has come, after everything that had arrived was read */
  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /**
   * Wake up at this time, if not sooner.
   *
   * @param now - the time
   * @param at - when, on the same clock; `Infinity` for never
   * @param hold - whether the timer keeps the process alive meanwhile
   */
  arm(now: number, at: number, hold: boolean): void {
    if (at < this.#dueAt) {
      clearTimeout(this.#timer);
      this.#dueAt = at;
      this.#timer = setTimeout(this.#fire, Math.min(2 ** 31 - 1, Math.max(0, Math.ceil(at - now))));
      if (!hold) this.#timer.unref();
    } else if (hold !== this.#held) {
      if (hold) this.#timer?.ref();
      else this.#timer?.unref();
    }
    this.#held = hold;
  }

  /** Never wake up again. */
  close(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
    this.#dueAt = -Infinity;
  }

  // A timer comes before the sockets in a turn of the event loop: after a stall of the process, the reply that is long
  // there would be read too late. An immediate comes after them.
  readonly #fire = (): void => {
    this.#timer = undefined;
    this.#dueAt = -Infinity;
    this.#immediate = setImmediate(this.#judge);
  };

  readonly #judge = (): void => {
    this.#immediate = undefined;
    this.#dueAt = Infinity;
    this.#wake();
  };
}
