// SPDX-License-Identifier: Apache-2.0
// wake-up - the broker's one timer; it notices when the process stood still, and never judges before input is read

import type { BrokerClock } from './clock.js';

/** What a {@link WakeUp} serves. */
export interface WakeUpHost {
  /** A timer that is later than this, in milliseconds, means that the process stood still. */
  readonly stallMs: number;
  /** Whether input is known to wait. */
  hungry(): boolean;
  /** The time has come, and input is read. */
  wake(now: number): void;
  /** The process stood still for so long. */
  stalled(ms: number): void;
}

/** A timer for the next deadline of the state. */
export class WakeUp {
  readonly #clock: BrokerClock;
  readonly #host: WakeUpHost;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Infinity;
  #immediate: NodeJS.Immediate | undefined;
  #closed = false;

  constructor(clock: BrokerClock, host: WakeUpHost) {
    this.#clock = clock;
    this.#host = host;
  }

  /** Wake up at this time of the clock, if not sooner. */
  at(time: number): void {
    if (time >= this.#dueAt || this.#closed) return;
    clearTimeout(this.#timer);
    this.#dueAt = time;
    // A timer may fire up to a millisecond early; one too many wakes nobody up in vain.
    this.#timer = setTimeout(this.#fire, Math.min(2 ** 31 - 1, Math.max(0, Math.ceil(time - this.#clock.now()))));
  }

  /** Wake up as soon as the input that waits is read. */
  soon(): void {
    if (this.#closed) return;
    this.#immediate ??= setImmediate(this.#afterInput, this.#clock.now());
  }

  /**
   * A turn begins.
   *
   * @returns the time, without what the process has stood still
   */
  turn(): number {
    const now = this.#clock.now();
    const late = now - this.#dueAt;
    if (late <= this.#host.stallMs) return now;
    // The timer should have fired long ago, so nothing of this process ran: nobody could be heard meanwhile.
    this.#clock.leaveOut(late);
    this.#host.stalled(late);
    return now - late;
  }

  readonly #fire = (): void => {
    // Timers run before input is read in a turn of Node's event loop, immediates after it.
    this.turn();
    this.soon();
  };

  readonly #afterInput = (since: number): void => {
    this.#immediate = undefined;
    if (this.#closed) return;
    const now = this.turn();
    // Under a load that never lets the input run dry, deadlines must come all the same.
    if (this.#host.hungry() && now - since < this.#host.stallMs / 2) {
      this.#immediate = setImmediate(this.#afterInput, since);
      return;
    }
    clearTimeout(this.#timer);
    this.#dueAt = Infinity;
    this.#host.wake(now);
  };

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }
}
