// SPDX-License-Identifier: Apache-2.0
// jobs - what the harness tells a client process and a worker process

import type { ClientOptions } from '@mdp/client';
import type { PeerName } from './peers/index.js';
import type { Phase } from './open-load.js';
import type { Target, Wire } from './peers/peer.js';

/** What a worker process does. */
export interface WorkerJob {
  readonly peer: PeerName;
  readonly target: Target;
  readonly concurrency: number;
  /** How long its handler takes at most, in milliseconds: see `handler.ts`. */
  readonly handlerMs: number;
  /** Whether it always takes that long. Default false. */
  readonly steady?: boolean;
}

/** What a client process does. */
export interface ClientJob {
  readonly peer: PeerName;
  readonly target: Target;
  readonly inFlight: number;
  readonly bodyBytes: number;
  readonly warmSeconds: number;
  readonly measureSeconds: number;
}

/** What a client process does that sends at a pace of its own. */
export interface PacedJob extends ClientJob {
  /** Requests a second, whether replies come or not. */
  readonly perSecond: number;
}

/** Clients of one kind. */
export interface Group {
  readonly clients: number;
  /** How many requests each has under way, all the time. */
  readonly inFlight: number;
}

/** What a client process does that asks for more than can be done. */
export type OverloadJob = {
  readonly endpoint: string;
  readonly wire: Wire;
  readonly timeoutMs: number;
  readonly bodyBytes: number;
  /** What else its clients are told. Default: nothing. */
  readonly options?: Pick<ClientOptions, 'attemptTimeoutMs' | 'retry' | 'retryBudget'>;
} & (
  | { readonly type: 'closed'; readonly groups: readonly Group[]; readonly seconds: number }
  | { readonly type: 'open'; readonly clients: number; readonly phases: readonly Phase[] }
);
