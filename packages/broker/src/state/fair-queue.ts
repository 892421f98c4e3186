// SPDX-License-Identifier: Apache-2.0
// fair-queue - the requests that wait for a worker of one service: the clients take turns (MDP-B-03)

import { Link, LinkedList } from './linked-list.js';
import type { Request } from './request.js';

/** Whether a request has waited for longer than it can still wait. */
function isLate(now: number, { since, deadlineAt }: Request): boolean {
  return now - since > deadlineAt - now;
}

/** One client that has something waiting. */
class Turn {
  readonly requests = new LinkedList<Request>();
  readonly link = new Link<Turn>(this);

  constructor(readonly key: unknown) {}
}

/**
 * The queue of a service.
 *
 * ```text
 *   retries:  r9                         recovered requests, before all others
 *   turns:    A: a1 a2 a3 | B: b1        next is a1, then b1, then a2, a3
 * ```
 *
 * A client that floods waits behind itself: another one's first request is served after at most one of each client.
 *
 * A client's requests are served in order while that is of use. Once the oldest has used up half of the time that it had,
 * more comes than can be done: whoever is served in order then is served when it is too late, and nobody has anything
 * of it. So the newest goes first, which still has its time, and those that are late end at their deadlines.
 */
export class FairQueue {
  readonly #retries = new LinkedList<Request>();
  readonly #turns = new LinkedList<Turn>();
  readonly #byClient = new Map<unknown, Turn>();
  readonly #arrivals = new LinkedList<Request>();

  get size(): number {
    return this.#arrivals.size;
  }

  /** The request that waits for longest since it was last queued. */
  get oldest(): Request | undefined {
    return this.#arrivals.first;
  }

  /** The request whose turn it is. */
  next(now: number): Request | undefined {
    const retry = this.#retries.first;
    const requests = this.#turns.first?.requests;
    const oldest = requests?.first;
    if (retry !== undefined || oldest === undefined || !isLate(now, oldest)) return retry ?? oldest;
    const newest = requests?.last;
    const hasMore = newest !== undefined && newest.deadlineAt < Infinity && newest.deadlineAt > oldest.deadlineAt;
    return hasMore ? newest : oldest;
  }

  /** Queue a request behind those of its client. */
  push(request: Request): void {
    this.#arrivals.append(request.arrivalLink);
    const key = request.clientKey;
    let turn = this.#byClient.get(key);
    if (turn === undefined) {
      turn = new Turn(key);
      this.#byClient.set(key, turn);
      this.#turns.append(turn.link);
    }
    turn.requests.append(request.placeLink);
  }

  /** Queue a request before all others: its worker was lost. */
  pushFirst(request: Request): void {
    this.#arrivals.append(request.arrivalLink);
    this.#retries.prepend(request.placeLink);
  }

  /** Take out the {@link next} request; its client goes to the end of the line. */
  take(request: Request): void {
    this.#arrivals.remove(request.arrivalLink);
    const turn = this.#turns.first;
    if (turn === undefined || request.placeLink.list !== turn.requests) {
      this.#retries.remove(request.placeLink);
      return;
    }
    turn.requests.remove(request.placeLink);
    this.#turns.remove(turn.link);
    if (turn.requests.size > 0) this.#turns.append(turn.link);
    else this.#byClient.delete(turn.key);
  }

  /** Whether a request waits here. */
  has(request: Request): boolean {
    return request.arrivalLink.list === this.#arrivals;
  }

  /** Take out one request, wherever it is. */
  remove(request: Request): void {
    this.#arrivals.remove(request.arrivalLink);
    if (request.placeLink.list === this.#retries) {
      this.#retries.remove(request.placeLink);
      return;
    }
    const turn = this.#byClient.get(request.clientKey);
    if (turn === undefined) return;
    turn.requests.remove(request.placeLink);
    if (turn.requests.size === 0) {
      this.#turns.remove(turn.link);
      this.#byClient.delete(turn.key);
    }
  }
}
