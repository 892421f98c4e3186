// SPDX-License-Identifier: Apache-2.0
// pulse - the one timer of a worker, and its sense of time lost

/** What a pulse drives. */
export interface PulseOwner {
  /** When something is due, a reading of `performance.now()`; `Infinity` when nothing is. */
  nextDeadline(): number;
  /** Do what is due. Everything that had arrived before has been read. */
  tick(now: number): void;
  /** The event loop stood still from `since` to `now`, for as long as it takes a broker to give a worker up. */
  stalled(now: number, since: number): void;
}

/**
 * Wakes its owner when something is due, and at least every `beatMs`: a gap between two beats that is as long as
 * `expiryMs` is a stall (a stopped process, a blocked event loop).
 */
export class Pulse {
  readonly #owner: PulseOwner;
  readonly #beatMs: number;
  readonly #expiryMs: number;
  #running = false;
  #aliveAt = 0;
  #dueAt = Infinity;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  constructor(owner: PulseOwner, beatMs: number, expiryMs: number) {
    this.#owner = owner;
    this.#beatMs = beatMs;
    this.#expiryMs = expiryMs;
  }

  start(now: number): void {
    this.#running = true;
    this.#aliveAt = now;
    this.#arm(now);
  }

  stop(): void {
    this.#running = false;
    this.#dueAt = Infinity;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = this.#immediate = undefined;
  }

  /** The event loop runs: to be called before anything that has arrived is judged. */
  alive(now: number): void {
    const since = this.#aliveAt;
    this.#aliveAt = now;
    if (now - since >= this.#expiryMs && this.#running) this.#owner.stalled(now, since);
  }

  /** Something is due at `at`, perhaps earlier than was known. */
  wakeBy(at: number): void {
    if (this.#running && at < this.#dueAt && this.#immediate === undefined) this.#set(at, performance.now());
  }

  #arm(now: number): void {
    this.#set(Math.min(this.#owner.nextDeadline(), now + this.#beatMs), now);
  }

  #set(at: number, now: number): void {
    clearTimeout(this.#timer);
    this.#dueAt = at;
    this.#timer = setTimeout(this.#due, Math.max(0, Math.ceil(at - now)));
  }

  // A timer may run before input that arrived earlier: one more round of the event loop reads that first, for nobody is
  // to be judged silent who has spoken.
  readonly #due = (): void => {
    this.#timer = undefined;
    this.#immediate = setImmediate(this.#tick);
  };

  readonly #tick = (): void => {
    this.#immediate = undefined;
    this.#dueAt = Infinity;
    const now = performance.now();
    this.alive(now);
    this.#owner.tick(now);
    if (this.#running) this.#arm(performance.now());
  };
}
