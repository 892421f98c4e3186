// SPDX-License-Identifier: Apache-2.0
// scenario-parts - what scenarios are put together of: who runs, what is asked for, what is done to whom, and what may come of it

import type { Contract } from './contract.js';
import type { FaultKind } from './faults.js';
import {
  BLOCKED_CLIENT,
  BLOCKED_WORKER,
  BROKER_RESTART_LOOP,
  frozen,
  frozenBriefly,
  killed,
  slowed,
  whileIdle,
} from './faults.js';
import type { Role } from './ledger.js';
import type { ClusterSettings, Load, Wires } from './load.js';

/** One way to break things, and what is promised meanwhile. */
export interface Scenario {
  readonly name: string;
  /** What is promised, for tables. */
  readonly promise: string;
  readonly faults: readonly FaultKind[];
  /** On which wires it is run. */
  readonly wires: readonly Wires[];
  readonly settings: Omit<ClusterSettings, 'wires' | 'python'>;
  /** Default: whatever happens is only counted. */
  readonly contract?: Contract;
}

/** Short, so that runs are short; not shorter than what a process may wait for its turn on a machine with other things to do. */
export const HEARTBEATS = { heartbeatIntervalMs: 150, heartbeatLiveness: 4 };

/**
 * Where what a client suffers must not be noticed by others, and a stream cannot be repeated: a worker that only waits for its turn
 * must not be taken for lost.
 */
export const SLOWER_HEARTBEATS = { heartbeatIntervalMs: 400, heartbeatLiveness: 5 };

/** The same where nobody stands still, and nobody is to be taken for lost at all. */
export const CALM_HEARTBEATS = { heartbeatIntervalMs: 1_000, heartbeatLiveness: 5 };

/** One broker with several workers and clients. */
export const CROWDED: Pick<ClusterSettings, 'brokers' | 'workers' | 'clients'> = { brokers: 1, workers: 3, clients: 2 };

export const CALLS: Load = {
  kind: 'call',
  concurrency: 6,
  sizes: [10, 1_000, 20, 60_000],
  workMs: [2, 5, 15],
  pauseMs: 5,
};
/** Each with a connection of its own. */
export const ONE_SHOTS: Load = { kind: 'call', concurrency: 1, sizes: [10], workMs: [2], pauseMs: 20, oneShot: true };
export const STREAMS: Load = { kind: 'stream', concurrency: 2, sizes: [10, 5_000], workMs: [5], parts: 30, pauseMs: 5 };
/** One at a time, with a rest. */
export const SELDOM: Load = { kind: 'call', concurrency: 1, sizes: [10], workMs: [2], pauseMs: 60 };

/** Everything at once. */
export const MIXED = [CALLS, ONE_SHOTS, STREAMS];

/** The same, whose work must not be begun twice. */
export function once(loads: readonly Load[]): Load[] {
  return loads.map((load) => ({ ...load, once: true }));
}

/** Of the broker: it gives a request to as many workers as it takes, or to one. */
export const ANY_ATTEMPTS = { maxAttempts: 100 };
export const ONE_ATTEMPT = { maxAttempts: 1 };
/** Of a broker and a client: room for 10,000 requests of one client. */
export const ROOM_FOR_MANY = {
  broker: { ...ANY_ATTEMPTS, maxQueuedPerClient: 20_000, maxQueuedPerService: 30_000 },
  client: { maxInFlight: 20_000 },
};
/** Of the client: it asks as often as it takes. */
export const RETRIES = { retry: { attempts: 1_000, baseMs: 20, maxMs: 200 } };

/** A broker that stands still is noticed by this; a good deal longer than a call takes on a machine with other things to do. */
export const IMPATIENT = { ...RETRIES, attemptTimeoutMs: 500 };
/** Of the worker: it remembers its replies for longer than clients repeat. */
export const REMEMBERING = { deduplicate: { maxBytes: 2 ** 28 } };

export const WORKER_FAULTS = [
  killed('worker'),
  frozenBriefly('worker'),
  frozen('worker'),
  slowed('worker'),
  BLOCKED_WORKER,
];
export const BROKER_FAULTS = [
  killed('broker'),
  frozenBriefly('broker'),
  frozen('broker'),
  slowed('broker'),
  BROKER_RESTART_LOOP,
];
export const CLIENT_FAULTS = [
  killed('client'),
  frozenBriefly('client'),
  frozen('client'),
  slowed('client'),
  BLOCKED_CLIENT,
];

/** Everybody. */
export const ROLES: readonly Role[] = ['broker', 'worker', 'client'];

/** After them the same worker is given the same request again: it lives on, and its broker or its client asks once more. */
export const REPEATING_FAULTS = [...BROKER_FAULTS, frozen('worker'), BLOCKED_WORKER, BLOCKED_CLIENT];

/** While no request is under way. A client stands still for so long that its connections are given up: three expiries. */
export const IDLE_FAULTS = ROLES.flatMap((role) => [
  killed(role),
  frozenBriefly(role),
  role === 'client' ? frozen(role, [3.2, 3.4]) : frozen(role),
]).map(whileIdle);

/** One after the other, each once: there are three of those that it is done to, or it is done to the same one three times. */
export function inTurn(fault: FaultKind): readonly FaultKind[] {
  const next: FaultKind = { ...fault, target: (cluster) => Promise.resolve(cluster.oldest(fault.role)) };
  return [next, next, next];
}

export const BOTH: readonly Wires[] = ['strict', 'mx'];

/** What a request may end with when its worker is lost, and it may not be repeated. */
export const WORKER_LOST = ['MDP_REMOTE 502'];

/** What a request may end with when its broker is lost, and it may not be repeated. */
export const BROKER_LOST = ['MDP_DISCONNECTED', ...WORKER_LOST];
