// SPDX-License-Identifier: Apache-2.0
// stats - what a worker has done, and everything that it dropped, by cause

import type { WireName } from './wire.js';

/** Why a connection to a broker ended. */
export type DisconnectReason =
  /** The broker sent DISCONNECT. */
  | 'disconnect'
  /** Nothing came from the broker for `heartbeatLiveness` intervals. */
  | 'silent'
  /** The transport broke. */
  | 'unreachable'
  /** The other side refused the ZeroMQ handshake, or is no ZeroMQ peer. */
  | 'refused'
  /** This process stood still for longer than the broker waits. */
  | 'stalled'
  /** The broker sent more REQUESTs than it may, or messages that are none. */
  | 'unexpected'
  /** A request failed whose client must not get an error reply (`errorReplies: 'never'`). */
  | 'failed'
  /** ZeroMQ gave no socket, or the socket failed. */
  | 'socket'
  /** `stop()` was called. */
  | 'stopped';

/** Every {@link DisconnectReason}. */
export const DISCONNECT_REASONS: readonly DisconnectReason[] = [
  'disconnect',
  'silent',
  'unreachable',
  'refused',
  'stalled',
  'unexpected',
  'failed',
  'socket',
  'stopped',
];

/** What was dropped, by cause. */
export interface DroppedCounters {
  /** Messages from a broker that are no command of the dialect. */
  invalid: number;
  /**
   * REQUESTs that came during a job, where RFC 18 allows one at a time; on MX, those beyond the credit, with an id that is
   * under way, or for a service that is not registered. The broker gives them to another worker.
   */
  second: number;
  /** Requests that were not begun because the connection was lost, or the process stood still too long. */
  stale: number;
  /** Requests that were not begun because the worker stops. */
  refused: number;
  /** PARTIALs and FINALs of requests whose connection was lost, and PARTIALs of cancelled ones. */
  replies: number;
  /** Error replies that were not sent: `errorReplies: 'never'`. */
  withheld: number;
  /** Messages that a connection had not taken when it was closed. */
  unsent: number;
}

/** What became of requests with a name that was known: the option `deduplicate`. */
export interface DuplicateCounters {
  /** Requests that waited for the execution of an earlier one. */
  joined: number;
  /** Requests that were answered from memory. */
  remembered: number;
  /** Replies that were forgotten before their time, or not remembered at all, for they were too many or too large. */
  forgotten: number;
}

/** The replies that a worker remembers. */
export interface RememberedStats {
  readonly replies: number;
  /** What they take, more or less. */
  readonly bytes: number;
}

/** What a worker counts. */
export interface WorkerCounters {
  /** READYs sent. */
  readys: number;
  /** Requests begun. */
  requests: number;
  partials: number;
  /** FINALs, error replies among them. */
  finals: number;
  errorReplies: number;
  /** Requests that the broker cancelled (MX). Each ends with a FINAL all the same. */
  cancelled: number;
  heartbeatsSent: number;
  heartbeatsReceived: number;
  readonly disconnects: Record<DisconnectReason, number>;
  readonly duplicates: DuplicateCounters;
  readonly dropped: DroppedCounters;
}

/** What a worker is doing: `new` until `start()`, `running` until `stop()`, `stopping` while it drains, `stopped`. */
export type WorkerPhase = 'new' | 'running' | 'stopping' | 'stopped';

/** A snapshot of what a worker has to do with one broker. */
export interface EndpointStats {
  readonly endpoint: string;
  /** The endpoint with the name that it was found by, as it was given; left out when it was given itself. */
  readonly name?: string;
  /** Of a name that stands for no address: why. */
  readonly reason?: string;
  /** What is spoken there, or will be once a connection stands; `asking` while the broker has not said what it can. */
  readonly wire: WireName | 'asking';
  /** Connections: on MX one, otherwise one for each service and unit of `concurrency`. */
  readonly connections: number;
  /** Connections that stand and have sent READY. */
  readonly registered: number;
  /** Connections that hold a request. */
  readonly busy: number;
  /** Requests that it holds: in execution, or waiting for a loop. */
  readonly inFlight: number;
  /** Handlers that still run although their request is lost. */
  readonly orphans: number;
}

/** A snapshot of a worker. The numbers are those of all endpoints together. */
export interface WorkerStats {
  readonly phase: WorkerPhase;
  /** Connections: for each endpoint, one on MX, otherwise one for each service and unit of `concurrency`. */
  readonly connections: number;
  /** Connections that stand and have sent READY. */
  readonly registered: number;
  /** Connections that hold a request. */
  readonly busy: number;
  /** Requests that it holds: in execution, or waiting for a loop. */
  readonly inFlight: number;
  /** Handlers that still run although their request is lost. */
  readonly orphans: number;
  /**
   * The same for each endpoint, in the order of `worker.endpoints`: for a name each of its addresses, or itself while it has
   * none. Last come those that a name no longer stands for, until what runs there has ended.
   */
  readonly endpoints: readonly EndpointStats[];
  /** The replies that it remembers (option `deduplicate`). */
  readonly remembered: RememberedStats;
  readonly counters: WorkerCounters;
}

/** Counters that all stand at zero. */
export function zeroCounters(): WorkerCounters {
  return {
    readys: 0,
    requests: 0,
    partials: 0,
    finals: 0,
    errorReplies: 0,
    cancelled: 0,
    heartbeatsSent: 0,
    heartbeatsReceived: 0,
    disconnects: Object.fromEntries(DISCONNECT_REASONS.map((reason) => [reason, 0])) as Record<
      DisconnectReason,
      number
    >,
    duplicates: { joined: 0, remembered: 0, forgotten: 0 },
    dropped: { invalid: 0, second: 0, stale: 0, refused: 0, replies: 0, withheld: 0, unsent: 0 },
  };
}
