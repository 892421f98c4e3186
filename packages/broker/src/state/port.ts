// SPDX-License-Identifier: Apache-2.0
// port - the one way from the state to the outside

import type { Frame } from '@mdp/protocol';
import type { BrokerEvents } from '../events.js';
import type { Connection } from './connection.js';

/** What the state asks of the loop around it. */
export interface BrokerPort {
  /**
   * Send one message. Messages to one connection leave in the order of the calls.
   *
   * @param frames - the whole message, routing id first; it must not be changed afterwards
   * @param urgent - take it even though the peer's outbox is full: the one message that says that a reply was broken
   * off. Bounded too, at twice the outbox.
   * @returns false when the peer reads too slowly and its outbox is full; the message was not taken
   */
  send(connection: Connection, frames: readonly Frame[], urgent?: boolean): boolean;

  /** Tell the listeners, if there are any. */
  emit<K extends keyof BrokerEvents>(event: K, build: () => BrokerEvents[K]): void;
}
