// SPDX-License-Identifier: Apache-2.0
// port - all that the state of a connection can do to the world

import type { Frame, WorkerRequest } from '@mdp/protocol';
import type { DisconnectReason } from '../stats.js';

/** Told whether a message was handed to the socket; false when its connection was closed before. */
export type Done = (sent: boolean) => void;

/** What the state of one connection tells its loop to do. The wire is the loop's affair: it encodes. */
export interface ConnectionPort {
  /** Open a new socket and connect it. @returns false when there is none to be had */
  open(): boolean;
  /** Close the socket. @param flush - send first what was given to it, for a bounded time */
  close(flush: boolean): void;
  ready(): void;
  /** Send HEARTBEAT, unless other commands are waiting to leave. */
  heartbeat(): void;
  disconnect(): void;
  reply(type: 'partial' | 'final', token: Frame, body: readonly Frame[], done: Done | undefined): void;
  /** Hand over a request. @returns whether its execution has begun; otherwise `begin()` follows */
  start(request: WorkerRequest): boolean;
  /** The request that was handed over is lost. @returns whether its handler still runs: `settled()` follows */
  abort(reason: DisconnectReason): boolean;
  /** The connection stands and READY is on its way. */
  registered(): void;
  /** The connection has ended. */
  lost(reason: DisconnectReason): void;
  /** A new connection will be tried. */
  reconnecting(attempt: number, delayMs: number): void;
}
