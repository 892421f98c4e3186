// SPDX-License-Identifier: Apache-2.0
// link-faults - what a bad network does to packets: drops, delays and reorders them, by chance that can be repeated

import type { Chance } from './random.js';

/** What goes wrong with packets on their way from one host to another. What is left out does not. */
export interface LinkFault {
  /** Nothing arrives, and nobody is told. */
  readonly cut?: boolean;
  /** How long a packet takes, in milliseconds. */
  readonly delayMs?: number;
  /** How much longer it may take, by chance, in milliseconds. Alone it reorders nothing. */
  readonly jitterMs?: number;
  /** The share of packets that are lost, 0 to 1. */
  readonly loss?: number;
  /** The share of packets that others overtake, 0 to 1. */
  readonly reorder?: number;
  /** How much longer those take, in milliseconds. Default 10. */
  readonly reorderMs?: number;
}

const OVERTAKEN_MS = 10;

interface Waiting<T> {
  readonly at: number;
  readonly item: T;
}

/** One direction between two hosts: what is sent comes out later, or never. Times are milliseconds of one clock. */
export class LinkDirection<T> {
  /** What goes wrong from now on; what is on its way already is not affected, unless the link is cut. */
  #fault: LinkFault = {};
  readonly #chance: Chance;
  readonly #line: Waiting<T>[] = [];
  #lastAt = -Infinity;
  /** How many packets came out, and how many never will. */
  readonly counts = { passed: 0, dropped: 0 };

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** Change what goes wrong. A cut takes what is on its way, too. */
  set fault(fault: LinkFault) {
    this.#fault = fault;
    if (fault.cut === true) this.counts.dropped += this.#line.splice(0).length;
  }

  /** Send a packet. */
  send(item: T, now: number): void {
    const { cut = false, delayMs = 0, jitterMs = 0, loss = 0, reorder = 0, reorderMs = OVERTAKEN_MS } = this.#fault;
    if (cut || (loss > 0 && this.#chance() < loss)) {
      this.counts.dropped += 1;
      return;
    }
    const at = now + delayMs + (jitterMs > 0 ? this.#chance() * jitterMs : 0);
    if (reorder > 0 && this.#chance() < reorder) {
      this.#insert({ at: at + reorderMs, item });
      return;
    }
    // A network that only delays keeps the order.
    this.#lastAt = Math.max(at, this.#lastAt);
    this.#insert({ at: this.#lastAt, item });
  }

  #insert(waiting: Waiting<T>): void {
    let i = this.#line.length;
    while (i > 0 && (this.#line[i - 1]?.at ?? 0) > waiting.at) i--;
    this.#line.splice(i, 0, waiting);
  }

  /** When the next packet comes out; `Infinity` when none is on its way. */
  get nextAt(): number {
    return this.#line[0]?.at ?? Infinity;
  }

  /** What has come out by now, in order. */
  take(now: number): T[] {
    let n = 0;
    while (n < this.#line.length && (this.#line[n]?.at ?? Infinity) <= now) n++;
    this.counts.passed += n;
    return this.#line.splice(0, n).map(({ item }) => item);
  }
}
