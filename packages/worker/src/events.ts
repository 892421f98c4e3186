// SPDX-License-Identifier: Apache-2.0
// events - what a worker tells those who listen

import type { WorkerRequest } from './request.js';
import type { DisconnectReason } from './stats.js';
import type { WireName } from './wire.js';

/** A connection that stands. */
export interface Registration {
  readonly endpoint: string;
  /** What is spoken there. */
  readonly wire: WireName;
  /** What is served on it: one service on `rfc18`, all of them on `mx`. */
  readonly services: readonly string[];
}

/** A connection that ended. */
export interface Disconnection {
  readonly endpoint: string;
  readonly reason: DisconnectReason;
  /** With `refused`: why, in plain words. */
  readonly detail?: string;
}

/** A connection that will be tried. */
export interface Reconnection {
  readonly endpoint: string;
  /** How many times in a row it was tried since it last stood for a heartbeat interval, this one among them. */
  readonly attempt: number;
  /** How long it waits before it tries, in milliseconds. */
  readonly delayMs: number;
}

/** The events of a worker and what their listeners get. There is one of each for every connection. */
export interface WorkerEvents {
  /** A connection stands and READY is on its way: RFC 18 has no answer to it. */
  registered: [registration: Registration];
  /** A connection has ended; what it held is lost to this worker. */
  disconnected: [disconnection: Disconnection];
  /** A new connection will be opened, on a new socket. */
  reconnecting: [reconnection: Reconnection];
  /** A request has arrived: it goes to the handler, or waits for whoever iterates over the worker. */
  request: [request: WorkerRequest];
  /** The FINAL of a request was sent, or the error reply in its place. */
  reply: [request: WorkerRequest];
  /** A handler threw, or a request of values that is taken by hand could not be read; it ended with an error reply. */
  handlerError: [error: unknown, request: WorkerRequest];
  /** `stop()` has finished: all sockets are closed. */
  stopped: [];
}
