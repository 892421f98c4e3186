// SPDX-License-Identifier: Apache-2.0
// fair-queue - the requests that wait for a worker of one service: the clients take turns (MDP-B-03)

import { Link, LinkedList } from './linked-list.js';
import type { Request } from './request.js';

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

  /** The request whose turn it is: what {@link shift} takes out. */
  get next(): Request | undefined {
    return this.#retries.first ?? this.#turns.first?.requests.first;
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

  /** Take out the next request; its client goes to the end of the line. */
  shift(): Request | undefined {
    const retry = this.#retries.shift();
    if (retry !== undefined) {
      this.#arrivals.remove(retry.arrivalLink);
      return retry;
    }
    const turn = this.#turns.first;
    const request = turn?.requests.shift();
    if (turn === undefined || request === undefined) return undefined;
    this.#arrivals.remove(request.arrivalLink);
    this.#turns.remove(turn.link);
    if (turn.requests.size > 0) this.#turns.append(turn.link);
    else this.#byClient.delete(turn.key);
    return request;
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
