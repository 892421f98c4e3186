// SPDX-License-Identifier: Apache-2.0
// stats - what a client counts and how it looks from outside

import type { Dialect } from '@mdp/protocol';
import type { PoolCounters } from './state/links.js';
import type { RequestCounters } from './state/counters.js';
import type { Endpoint, EndpointState } from './state/endpoint.js';
import { whyResting } from './state/rests.js';

/** One endpoint and its sockets as they stand now. */
export interface EndpointStats {
  readonly endpoint: string;
  /** The endpoint with the name that it was found by, as it was given; left out when it was given itself. */
  readonly name?: string;
  /**
   * `unknown` before the first try, `up` after a handshake, `down` after a connection could not be made, `resting` while it
   * stands but does not serve, so that requests go elsewhere.
   */
  readonly state: EndpointState | 'resting';
  /** While it is `down` or `resting`: what stands in the way, in plain words. Empty otherwise. */
  readonly reason: string;
  /** By what new requests go to it: the client's dialect, strict, or `mx`. */
  readonly wire: Dialect | 'mx';
  /** Requests under way: one on each busy strict socket, any number on the MX connection. */
  readonly inFlight: number;
  /** All sockets: connecting, idle and busy ones, the MX connection among them. */
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

/** How an endpoint stands now. */
export function endpointStats(endpoint: Endpoint, dialect: Dialect): EndpointStats {
  const { address, rest, wire, inFlight, links, connecting, idle, busy, mx } = endpoint;
  const mxConnecting = mx?.phase === 'connecting' ? 1 : 0;
  // It asks, or it carries requests.
  const mxBusy = mx?.phase === 'asking' || (mx !== undefined && mx.inFlight > 0) ? 1 : 0;
  const mxOpen = mx === undefined ? 0 : 1;
  const resting = rest !== undefined && endpoint.state !== 'down';
  return {
    endpoint: address,
    ...(endpoint.name === undefined ? {} : { name: endpoint.name }),
    state: resting ? 'resting' : endpoint.state,
    reason: resting ? whyResting(rest) : endpoint.reason,
    wire: wire === 'mx' ? 'mx' : dialect,
    inFlight,
    open: links.size + mxOpen,
    connecting: connecting + mxConnecting,
    idle: idle.length + mxOpen - mxConnecting - mxBusy,
    busy: busy + mxBusy,
  };
}
