// SPDX-License-Identifier: Apache-2.0
// carrier - what carries requests to a broker and their replies back, whatever the wire

import type { Frame } from '@mdp/protocol';
import type { Trip } from './allowances.js';
import type { Endpoint } from './endpoint.js';
import type { Exchange } from './exchange.js';

/** A connection as a request sees it. How many it carries at once, and how they are told apart, is its own affair. */
export interface Carrier {
  readonly endpoint: Endpoint;
  /** What is remembered of the request on it, when it carries one only, whose deadline the broker does not know. */
  readonly trip: Trip | undefined;
  /** Send a request, which is under way here from now on. */
  send(now: number, exchange: Exchange): void;
  /**
   * A PARTIAL came and was handed to the reader: ask for more, or set {@link Exchange.paused} when enough is unread.
   *
   * @param taken - whether the reader had waited for it
   */
  partCame(exchange: Exchange, body: readonly Frame[], taken: boolean): void;
  /** The reader took parts that were kept: so many bytes of them, as {@link bufferedBytes} counts. */
  partsTaken(exchange: Exchange, bytes: number): void;
  /** The reader wants the whole reply, however large. */
  collect(exchange: Exchange): void;
  /** The reply is complete. */
  release(now: number, exchange: Exchange): void;
  /** The time for a reply, or for its next part, is over: perhaps it is the broker that is not there any more. */
  unanswered(now: number): void;
  /** Nobody waits for the reply any more: what still comes of it must reach nobody. */
  abandon(exchange: Exchange): void;
}
