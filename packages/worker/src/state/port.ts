// SPDX-License-Identifier: Apache-2.0
// port - all that the state of a connection can do to the world, and all that a broker can say to it

import type { BrokerSignal, Frame, MxCancel, MxCredit, MxReady, MxReply } from '@mdp/protocol';
import type { DisconnectReason } from '../stats.js';
import type { Task } from './task.js';

/** Told whether a message was handed to the socket; false when its connection was closed before. */
export type Done = (sent: boolean) => void;

/**
 * What a broker says, on whichever wire. `stray`: a REQUEST for a service that the connection does not serve; `invalid`: a
 * message that is none. PARTIAL and FINAL are no commands of a broker.
 */
export type Inbound<T extends Task> =
  | T
  | BrokerSignal
  | MxCancel
  | MxCredit
  | MxReady
  | MxReply
  | { readonly type: 'stray' }
  | { readonly type: 'invalid' };

/** What the state of one connection tells its loop to do. The wire is the loop's affair: it encodes. */
export interface ConnectionPort<T extends Task> {
  /** Open a new socket and connect it. @returns false when there is none to be had */
  open(): boolean;
  /** Close the socket. @param flush - send first what was given to it, for a bounded time */
  close(flush: boolean): void;
  /** Ask the broker whether it speaks MX. */
  ask(): void;
  ready(): void;
  /** Take the services back, each by a READY with credit 0. */
  withdraw(): void;
  /** Send HEARTBEAT, unless other commands are waiting to leave. */
  heartbeat(): void;
  disconnect(): void;
  reply(type: 'partial' | 'final', task: T, body: readonly Frame[], done: Done | undefined): void;
  /** Hand over a request. @returns whether its execution has begun; otherwise `begin()` follows */
  start(task: T): boolean;
  /**
   * The reply to a request that was handed over is not wanted any more.
   *
   * @returns whether its handler still runs: `settled()` follows for one that is lost, and a FINAL for one that is cancelled
   */
  abort(task: T, reason: DisconnectReason | 'cancelled'): boolean;
  /** The connection stands and READY is on its way. */
  registered(): void;
  /** The broker does not speak MX, or has not answered: this connection is given up. */
  declined(answer: 'no' | 'silence'): void;
  /** The connection has ended. @param detail - why it was refused */
  lost(reason: DisconnectReason, detail?: string): void;
  /** A new connection will be tried. */
  reconnecting(attempt: number, delayMs: number): void;
}
