// SPDX-License-Identifier: Apache-2.0
// allowances - how many requests for a service are sent at once where a broker knows no deadlines, when not all come back in time

import { STATUS } from '@mdp/protocol';
import type { Carrier } from './carrier.js';
import type { Endpoint } from './endpoint.js';
import type { Exchange } from './exchange.js';
import { WaitingList } from './waiting-list.js';

/** What a request adds to its service's allowance that was answered soon: half as many more with each round of replies. */
const SOON = 1 / 2;
/** Soon is within so much of the time that it had beyond what a reply takes at least. */
const SOON_SHARE = 1 / 4;
/** What one adds that was answered later, but in time: what makes good that one of a hundred is not. */
const IN_TIME = 1 / 100;
/** What one takes that was not answered in time: nearly all that is sent at once, when nothing is answered. */
const UNANSWERED = 1;
/** When so many are not answered with no reply in between, no more than are under way then may be: more were never tried. */
const IN_A_ROW = 8;
/** What is always allowed. */
const LEAST = 4;

/** What is known of a service is not held against it any more when nothing is under way, and so long ago, in milliseconds. */
const FORGET_MS = 10_000;
/** Of so many services without a request under way it is remembered. */
const MOST_IDLE = 100;

/** Requests that wait because so many for their service are under way as may be. */
export class HeldBack extends WaitingList<Exchange> {}

/** What is known of one service. */
class Allowance {
  readonly held = new HeldBack();
  underWay = 0;
  /** How many were not answered in time since a reply came last. */
  missed = 0;
  /** When a request was not answered in time last. */
  cutAt = -Infinity;
  /** The least time that a reply took, in milliseconds. */
  leastMs = Infinity;

  /** @param most - how many may be under way; not always whole */
  constructor(
    readonly service: string,
    public most: number,
  ) {}
}

/** What is remembered of the request that a strict connection carries. */
export class Trip {
  /** What it is counted in. */
  allowance: Allowance | undefined = undefined;
  /** When it was sent, in milliseconds of the client's clock. */
  sentAt = 0;
}

/**
 * Keeps a client from filling brokers with requests that will be given up before a worker has them.
 *
 * A strict REQUEST has no deadline, and there is no command to take it back: what a client gives up stays in the broker's
 * queue, and is done for nobody. With too many of them there, each that is done was given up just before, and nothing is of use
 * to anybody. So who is not answered in time sends fewer at once, and what is left waits here, where the newest goes first and
 * what is late costs nothing:
 *
 * ```text
 * any number --not answered in time--> 1 less for each --answered soon--> 1/2 more for each --> any number
 * ```
 *
 * So it settles where replies take about a quarter of the time that there is. Only what was sent and got no part of a reply in
 * time takes anything away: a service whose jobs are long, but come back, is never held back.
 */
export class Allowances {
  readonly #byService = new Map<string, Allowance>();
  /** Those of them with requests that are held back, or were just now. They are few. */
  readonly #holding = new Set<Allowance>();
  /** Those without a request, the one that became so first comes first. */
  readonly #idle = new Set<Allowance>();
  readonly #endpoints: readonly Endpoint[];
  readonly #limit: number;

  /**
   * @param endpoints - where requests go: nothing is held back while one of them takes MX, and so knows deadlines
   * @param limit - how many may be under way in any case
   */
  constructor(endpoints: readonly Endpoint[], limit: number) {
    this.#endpoints = endpoints;
    this.#limit = limit;
  }

  /** Those that are held back. */
  get held(): number {
    let sum = 0;
    for (const { held } of this.#holding) sum += held.size;
    return sum;
  }

  /** How many services have requests that are held back and may go now. */
  get ready(): number {
    let count = 0;
    for (const allowance of this.#holding) if (allowance.held.size > 0 && this.#hasRoom(allowance)) count += 1;
    return count;
  }

  /** Whether a request may be sent as far as this goes. */
  allows({ service }: Exchange): boolean {
    const allowance = this.#byService.get(service);
    return allowance === undefined || this.#hasRoom(allowance);
  }

  /** Whether one that waits may be sent as far as this goes: those of its service that are held back come first. */
  admits({ service }: Exchange): boolean {
    const allowance = this.#byService.get(service);
    return allowance === undefined || (allowance.held.size === 0 && this.#hasRoom(allowance));
  }

  /** Hold back a request that is not allowed, or comes after others that are held back. */
  hold(exchange: Exchange): void {
    const allowance = this.#require(exchange.service);
    exchange.list?.remove(exchange);
    allowance.held.push(exchange);
    this.#holding.add(allowance);
  }

  /** The requests of the service whose turn it is of those that were held back and may go now. */
  next(): HeldBack | undefined {
    for (const allowance of this.#holding) {
      if (allowance.held.size === 0) {
        this.#holding.delete(allowance);
        this.#forget(allowance);
      } else if (this.#hasRoom(allowance)) return allowance.held;
    }
    return undefined;
  }

  /** One that was held back is sent: its service has had its turn. */
  hadTurn({ service }: Exchange): void {
    const allowance = this.#byService.get(service);
    if (allowance !== undefined && this.#holding.delete(allowance)) this.#holding.add(allowance);
  }

  /** A request is sent. */
  sent(now: number, { trip }: Carrier, { service }: Exchange): void {
    if (trip === undefined) return;
    const allowance = this.#require(service);
    if (allowance.underWay === 0) {
      this.#idle.delete(allowance);
      if (now - allowance.cutAt > FORGET_MS) allowance.most = this.#limit;
    }
    allowance.underWay += 1;
    trip.sentAt = now;
    trip.allowance = allowance;
  }

  /** The reply to a request is complete; `status` of an error reply. */
  answered(now: number, exchange: Exchange, status: number | undefined): void {
    const trip = exchange.link?.trip;
    const allowance = trip?.allowance;
    if (trip === undefined || allowance === undefined || status === STATUS.OVERLOADED) return;
    if (status === STATUS.DEADLINE) this.unanswered(now, exchange);
    else {
      allowance.missed = 0;
      const tookMs = now - trip.sentAt;
      const hadMs = Math.min(exchange.deadlineAt, exchange.times.attemptAt) - trip.sentAt;
      allowance.leastMs = Math.min(allowance.leastMs, tookMs);
      const soon = tookMs - allowance.leastMs <= (hadMs - allowance.leastMs) * SOON_SHARE;
      allowance.most = Math.min(this.#limit, allowance.most + (soon ? SOON : IN_TIME));
    }
  }

  /** A request that is under way got no part of a reply in its time. */
  unanswered(now: number, exchange: Exchange): void {
    const allowance = exchange.link?.trip?.allowance;
    if (allowance === undefined || this.#endpoints.some(({ wire }) => wire === 'mx')) return;
    const least = Math.min(LEAST, this.#limit);
    allowance.missed += 1;
    if (allowance.missed >= IN_A_ROW) allowance.most = Math.min(allowance.most, allowance.underWay);
    allowance.most = Math.max(least, allowance.most - UNANSWERED);
    allowance.cutAt = now;
    // With so few there is hardly a queue: what a reply takes then is what it takes at least by now.
    if (allowance.most === least) allowance.leastMs = Infinity;
  }

  /** A request is not under way any more, whatever came of it. */
  settle({ link }: Exchange): void {
    const trip = link?.trip;
    const allowance = trip?.allowance;
    if (trip === undefined || allowance === undefined) return;
    trip.allowance = undefined;
    allowance.underWay -= 1;
    this.#forget(allowance);
  }

  /** A broker knows deadlines from now on: nothing is held back. */
  lift(): void {
    for (const allowance of this.#byService.values()) allowance.most = this.#limit;
  }

  /** All that are held back, by service. */
  lists(): HeldBack[] {
    return Array.from(this.#holding, ({ held }) => held);
  }

  #hasRoom({ most, underWay }: Allowance): boolean {
    return most >= this.#limit || underWay < Math.floor(most);
  }

  #require(service: string): Allowance {
    let allowance = this.#byService.get(service);
    if (allowance === undefined) this.#byService.set(service, (allowance = new Allowance(service, this.#limit)));
    return allowance;
  }

  /** Keep nothing of a service that nobody asks for, but that it was too slow just now. */
  #forget(allowance: Allowance): void {
    if (allowance.underWay > 0 || allowance.held.size > 0) return;
    // What is no longer known must not come back from there, when another one may stand under its name.
    this.#holding.delete(allowance);
    if (allowance.most < this.#limit) this.#idle.add(allowance);
    else this.#byService.delete(allowance.service);
    for (const oldest of this.#idle) {
      if (this.#idle.size <= MOST_IDLE) break;
      this.#idle.delete(oldest);
      this.#byService.delete(oldest.service);
    }
  }
}
