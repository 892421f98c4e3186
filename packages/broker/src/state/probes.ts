// SPDX-License-Identifier: Apache-2.0
// probes - when some connection breaks, a HEARTBEAT to whoever works or waits finds out whether it was one of theirs

import type { LinkedList } from './linked-list.js';

/** ZeroMQ tells that a connection broke a little before its ROUTER knows: look again after so long. */
const SECOND_LOOK_MS = 50;

/** At most so many probes in a second: peers that come and go cannot make the broker do nothing else. */
const PROBES_PER_SECOND = 5000;

/** The shortest time between two rounds, in milliseconds. */
const MIN_ROUND_MS = 20;

/** Some that are probed, and how. */
export interface Probed<T> {
  readonly list: LinkedList<T>;
  readonly probe: (now: number, item: T) => void;
}

/**
 * Decides when busy workers, and MX clients that wait for replies, are probed. ZeroMQ does not say whose connection
 * broke; a send to a dead one does.
 */
export class Probes<A, B> {
  readonly #workers: Probed<A>;
  readonly #clients: Probed<B>;
  /** When the next round is due; `Infinity` when none is wanted. */
  dueAt = Infinity;
  #earliestAt = -Infinity;
  #roundsWanted = 0;

  constructor(workers: Probed<A>, clients: Probed<B>) {
    this.#workers = workers;
    this.#clients = clients;
  }

  /**
   * A connection broke. Also when nobody is busy: ROUTER still takes what is sent to a connection that it does not know to
   * be gone, and loses it, so whoever is given a request until the second look is looked at then.
   */
  request(now: number): void {
    this.#roundsWanted = 2;
    this.dueAt = Math.min(this.dueAt, Math.max(now, this.#earliestAt));
  }

  tick(now: number): void {
    if (now < this.dueAt) return;
    const count = this.#workers.list.size + this.#clients.list.size;
    for (const worker of this.#workers.list) this.#workers.probe(now, worker);
    for (const client of this.#clients.list) this.#clients.probe(now, client);
    const roundMs = Math.max(MIN_ROUND_MS, (count * 1000) / PROBES_PER_SECOND);
    this.#earliestAt = now + roundMs;
    this.#roundsWanted--;
    this.dueAt = this.#roundsWanted > 0 ? now + Math.max(SECOND_LOOK_MS, roundMs) : Infinity;
  }
}
