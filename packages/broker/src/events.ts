// SPDX-License-Identifier: Apache-2.0
// events - what a broker tells those who listen

import type { Dialect, InvalidReason, MxInvalidReason } from '@mdp/protocol';
import type { ConnectionRefusal } from './security/gatekeeper.js';

/** What a peer speaks: a dialect of MDP, or the extension MX. */
export type PeerDialect = Dialect | 'mx';

/** Why a worker is no longer registered. */
export type WorkerLossReason =
  /** It said DISCONNECT. */
  | 'disconnect'
  /** Nothing came from it for `heartbeatLiveness` intervals, or for `busyWorkerTimeoutMs` during a job. */
  | 'expired'
  /** Its connection is gone. */
  | 'unreachable'
  /** It said something valid at the wrong time. */
  | 'unexpected'
  /** It sent something that is no message. */
  | 'invalid'
  /** It reads too slowly to take its requests. */
  | 'slow'
  /** The broker stops. */
  | 'stopped';

/** Why a worker could not register. */
export type WorkerRefusalReason =
  /** The service is not among those of its endpoint. */
  | 'forbidden'
  /** Its endpoint is for clients only. */
  | 'role'
  /** There are too many workers or services already. */
  | 'tooManyWorkers'
  /** It is a service of the broker itself. */
  | 'unexpected'
  /** The broker stops. */
  | 'draining';

/** A worker, for people: `peer` is the routing id and the address in hexadecimal. */
export interface WorkerInfo {
  readonly peer: string;
  readonly service: string;
  readonly dialect: PeerDialect;
}

/** A request that ended without a result of a worker. */
export interface RequestFailure {
  readonly service: string;
  /** The status of the error reply. */
  readonly status: number;
  readonly message: string;
  readonly dialect: PeerDialect;
  /**
   * Whether the client was told: Majortomo and MDP/0.1 clients are not, unless `forwardErrors` is set, and neither is
   * one that reads so slowly that nothing more can wait for it.
   */
  readonly answered: boolean;
}

/** The events of a broker and what their listeners get. */
export interface BrokerEvents {
  /** Every endpoint is bound; with the ports that were chosen. */
  listening: [endpoints: readonly string[]];
  /** A worker has registered. */
  workerReady: [worker: WorkerInfo];
  /** A worker is no longer registered. */
  workerLost: [worker: WorkerInfo & { readonly reason: WorkerLossReason }];
  /** A worker could not register, and was told DISCONNECT; of `role` it was told nothing. */
  workerRefused: [worker: WorkerInfo & { readonly reason: WorkerRefusalReason }];
  /** A peer was not let in: its key is not allowed. */
  connectionRefused: [refusal: ConnectionRefusal];
  /** An allow-list was read again; so many keys are on it. */
  keysReloaded: [keys: number];
  /** Keys by which peers have connected are not allowed any more: all connections of these endpoints are made anew. */
  keysRevoked: [revocation: { readonly keys: readonly string[]; readonly endpoints: readonly string[] }];
  /** A request was taken from a lost worker and waits for another one. */
  requestRecovered: [request: { readonly service: string; readonly attempts: number }];
  /** A request ended without a result. */
  requestFailed: [failure: RequestFailure];
  /** Something arrived that is no message; dropped. */
  invalidMessage: [
    message: { readonly peer: string; readonly reason: InvalidReason | MxInvalidReason; readonly strikes: number },
  ];
  /** The process stood still for so long; no worker was judged by that time. */
  stalled: [ms: number];
  /** `stop()` was called: new requests are refused, running ones may end. */
  draining: [];
  /** All sockets are closed. */
  stopped: [];
  /** A socket failed in a way that the broker did not expect, or a listener threw; it goes on where it can. */
  error: [error: Error];
}
