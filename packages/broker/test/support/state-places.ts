// SPDX-License-Identifier: Apache-2.0
// state-places - where the peers around a broker's state are, what they may do there, and the limits of that broker

import type { BrokerOptions } from '../../src/options.js';
import type { PeerDialect } from '../../src/events.js';
import type { NaiveAccess } from './naive-parts.js';

export const DIALECTS: readonly PeerDialect[] = ['rfc18', 'mx', 'majortomo', 'mdp01', 'mx'];
export const SERVICES = ['b', 'b', 'a', 'b', 'b.x', 'b', 'c'];

export const MMI = ['mmi.service', 'mmi.services', 'mmi.broker', 'mmi.mx', 'mmi.what'];

/** Where peers connect: with what rights, and whether a proxy is in between. Connection n comes to place n. */
export const PLACES: readonly (NaiveAccess & { readonly proxy: boolean })[] = [
  { socket: 0, role: 'any', proxy: true },
  { socket: 1, role: 'client', proxy: true },
  { socket: 2, role: 'any', patterns: ['b', 'b.*'], proxy: true },
  { socket: 3, role: 'worker', patterns: ['b*', 'c', 'mmi.x'], proxy: false },
  { socket: 4, role: 'any', patterns: ['b', 'c', 'b.*'], proxy: false },
  { socket: 5, role: 'any', patterns: ['c', '*'], proxy: false },
];
export const SOCKETS = PLACES.map(({ socket }) => socket);

/** No two of these, nor sums of them, are the same: nothing becomes due at the moment that something else does. */
const TIMES = {
  noWorkerTimeoutMs: 3_001,
  queueTimeoutMs: 20_011,
  busyWorkerTimeoutMs: 15_013,
  stalledStreamTimeoutMs: 12_007,
};

/** Small limits: all of them are reached. */
export const LIMITS: BrokerOptions = {
  ...TIMES,
  maxAttempts: 2,
  maxQueuedPerClient: 6,
  maxQueuedPerService: 8,
  maxQueued: 12,
  maxBodyBytes: 40_000,
  maxBodyFrames: 8,
  maxPendingBytes: 120_000,
  maxPendingBytesPerClient: 60_000,
  maxOutboxMessages: 3,
  maxOutboxBytes: 100_000,
  maxStrikes: 5,
  maxWorkers: 8,
  maxWorkersPerConnection: 3,
  maxServices: 3,
  services: { b: { maxAttempts: 3, noWorkerTimeoutMs: 9_007, queueTimeoutMs: 2_003 }, c: { maxAttempts: 1 } },
};
export const ATTEMPTS: Readonly<Record<string, number>> = { a: 2, b: 3, c: 1, 'b.x': 2 };

/** A part of a reply that costs nearly half of what may be sent without a grant, and one that nobody may send. */
export const LARGE = new Uint8Array(30_000);
export const TOO_LARGE = new Uint8Array(50_000);
