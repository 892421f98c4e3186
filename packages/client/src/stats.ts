// SPDX-License-Identifier: Apache-2.0
// stats - what a client counts and how it looks from outside

import type { PoolCounters } from './state/connections.js';
import type { RequestCounters } from './state/counters.js';
import type { EndpointState } from './state/endpoint.js';

/** One endpoint and its sockets as they stand now. */
export interface EndpointStats {
  readonly endpoint: string;
  /** `unknown` before the first try, `up` after a handshake, `down` after a connection could not be made. */
  readonly state: EndpointState;
  /** All sockets: connecting, idle and busy ones. */
  readonly open: number;
  readonly connecting: number;
  readonly idle: number;
  readonly busy: number;
}

/** Everything that is counted from the start of the client on. */
export type ClientCounters = Readonly<RequestCounters & PoolCounters>;

/** What `client.stats()` returns: a snapshot. */
export interface ClientStats {
  readonly endpoints: readonly EndpointStats[];
  /** Requests that have not ended: queued ones, those on a socket, and those that wait to be repeated. */
  readonly pending: number;
  /** Requests that wait for a socket. */
  readonly queued: number;
  readonly counters: ClientCounters;
}
