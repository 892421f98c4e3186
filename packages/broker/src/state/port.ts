// SPDX-License-Identifier: Apache-2.0
// port - the one way from the state to the outside

import type { Frame, MxRecord } from '@mdp/protocol';
import type { BrokerEvents } from '../events.js';
import type { Connection } from './connection.js';
import type { MxPeer } from './mx-peer.js';
import type { Request } from './request.js';
import type { Worker } from './worker.js';

/** How a request ended: with a result, with an error reply, taken back by its client, or because its client was gone. */
export type RequestEnd = 'answered' | 'failed' | 'cancelled' | 'abandoned';

/** Is told of one request, from when it was accepted to its one end. */
export interface RequestWatch {
  /** A worker was given it. */
  dispatched(worker: Worker): void;
  /** It has ended. @param status - that of the error reply */
  ended(outcome: RequestEnd, status?: number): void;
}

/** What the state asks of the loop around it. */
export interface BrokerPort {
  /**
   * Send one message. Messages to one connection leave in the order of the calls.
   *
   * @param frames - the whole message, routing id first; it is the port's from here on
   * @param urgent - take it even though the peer's outbox is full: the error that ends a request, and what is small and
   * matters. Bounded too, at twice the outbox.
   * @returns false when the peer reads too slowly and its outbox is full; the message was not taken
   */
  send(connection: Connection, frames: Frame[], urgent?: boolean): boolean;

  /**
   * Say one record to a peer that speaks MX. It leaves with all others of this turn, in the order of the calls.
   *
   * @param urgent - as for {@link send}
   * @returns the message that carries it, empty until it leaves, which tells it apart if it cannot be delivered; or
   * `undefined` when the peer reads too slowly and its outbox is full; the record was not taken
   */
  append(peer: MxPeer, record: MxRecord<Frame>, urgent?: boolean): readonly Frame[] | undefined;

  /** Whether something waits for a connection because it reads too slowly; `BrokerState.relieved` tells its end. */
  isSlow(connection: Connection): boolean;

  /** A request was accepted. @returns who wants to be told of it from here on; most often nobody does */
  watch(request: Request): RequestWatch | undefined;

  /** Tell the listeners, if there are any. */
  emit<K extends keyof BrokerEvents>(event: K, build: () => BrokerEvents[K]): void;
}
