// SPDX-License-Identifier: Apache-2.0
// load - what clients ask for, and what clients, workers and brokers are told

import type { BrokerOptions } from '@mdp/broker';
import type { ClientOptions, RequestOptions } from '@mdp/client';
import type { WorkerOptions } from '@mdp/worker';
import type { RequestKind } from './ledger.js';

/** Requests of one kind, several at once, each as soon as the one before it has ended. */
export interface Load {
  readonly kind: RequestKind;
  /** How many at once. */
  readonly concurrency: number;
  /** How many each of them makes in all. Default: until the end. */
  readonly count?: number;
  /** How many bytes go there and come back with each message; each request takes the next. */
  readonly sizes: readonly number[];
  /** How long the work, or each part of a stream, takes in milliseconds; each request takes the next. */
  readonly workMs: readonly number[];
  /** How many PARTIALs a stream has. */
  readonly parts?: number;
  /** How long to rest between two requests, in milliseconds. */
  readonly pauseMs: number;
  /** Whether the work must not be begun twice. Default: it may. */
  readonly once?: boolean;
  /** Whether each request has a client, and so a connection, of its own. Default: all share one. */
  readonly oneShot?: boolean;
  readonly options?: RequestOptions;
}

/** What is spoken: by clients and workers of this project, each with the broker. */
export type Wires = 'strict' | 'mx' | 'auto' | 'majortomo';

/** What a cluster consists of. */
export interface ClusterSettings {
  readonly wires: Wires;
  /** How many of each. */
  readonly brokers: number;
  readonly workers: number;
  readonly clients: number;
  /** What each client asks for. */
  readonly loads: readonly Load[];
  readonly heartbeatIntervalMs: number;
  readonly heartbeatLiveness: number;
  readonly broker?: BrokerOptions;
  readonly client?: ClientOptions;
  readonly worker?: WorkerOptions;
  /**
   * Each process has a host of its own, with a network between them; clients and workers know the brokers by a list of addresses,
   * or by one name. Default: all run on this machine.
   */
  readonly hosts?: 'listed' | 'named';
  /** A Python that has Majortomo: its broker takes the place of this project's. */
  readonly python?: string;
}

/** After so long a silence the other side is taken for lost, in milliseconds. */
export function expiryMs({
  heartbeatIntervalMs,
  heartbeatLiveness,
}: Pick<ClusterSettings, 'heartbeatIntervalMs' | 'heartbeatLiveness'>): number {
  return heartbeatIntervalMs * heartbeatLiveness;
}

/** The options by which clients and workers speak what they are to speak. */
export function spoken(wires: Wires): {
  readonly dialect: 'rfc18' | 'majortomo';
  readonly wire: 'rfc18' | 'mx' | 'auto';
} {
  if (wires === 'mx' || wires === 'auto') return { dialect: 'rfc18', wire: wires };
  return { dialect: wires === 'majortomo' ? 'majortomo' : 'rfc18', wire: 'rfc18' };
}
