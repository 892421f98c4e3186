// SPDX-License-Identifier: Apache-2.0
// jobs - what the harness tells a client process and a worker process

import type { PeerName } from './peers/index.js';
import type { Target } from './peers/peer.js';

/** What a worker process does. */
export interface WorkerJob {
  readonly peer: PeerName;
  readonly target: Target;
  readonly concurrency: number;
  /** How long its handler takes at most, in milliseconds: see `handler.ts`. */
  readonly handlerMs: number;
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
