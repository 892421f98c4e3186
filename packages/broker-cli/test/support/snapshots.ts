// SPDX-License-Identifier: Apache-2.0
// snapshots - what a broker could tell of itself, made up

import type { BrokerStats, LatencyHistogram, ServiceStats, WorkerStats } from '@mdp/broker';
import { Broker, LATENCY_BOUNDS_MS } from '@mdp/broker';
import type { BrokerSnapshot } from '../../src/snapshot.js';

/** Durations: so many in each bucket, by its upper bound. */
export function durations(byBound: Readonly<Record<number, number>> = {}): LatencyHistogram {
  const counts = [...LATENCY_BOUNDS_MS, Infinity].map((bound) => byBound[bound] ?? 0);
  const count = counts.reduce((sum, n) => sum + n, 0);
  return { count, sumMs: 0, counts: count === 0 ? [] : counts };
}

/** A service with one worker that has done nothing. */
export function serviceOf(name: string, more: Partial<ServiceStats> = {}): ServiceStats {
  return {
    ...{ name, workers: 1, waiting: 1, busy: 0, queued: 0, oldestMs: 0 },
    ...{ requests: 0, dispatched: 0, partials: 0, finals: 0, failed: {}, cancelled: 0, abandoned: 0, recovered: 0 },
    ...{ bytesIn: 0, bytesOut: 0, waitMs: durations(), serviceMs: durations() },
    ...more,
  };
}

/** A worker that has just come. */
export function workerOf(service: string, peer: string, more: Partial<WorkerStats> = {}): WorkerStats {
  return { service, peer, dialect: 'mx', ageMs: 0, silentMs: 0, held: 0, credit: 1, ...more };
}

/** What is different from a broker that does nothing. */
export interface SnapshotParts {
  readonly services?: readonly ServiceStats[];
  readonly workers?: readonly WorkerStats[];
  readonly stats?: Partial<BrokerStats>;
  readonly counters?: Partial<BrokerStats['counters']>;
  readonly lagsMs?: readonly number[];
}

/** A broker. */
export function snapshotOf({
  services = [],
  workers = [],
  stats = {},
  counters = {},
  lagsMs = [0],
}: SnapshotParts = {}): BrokerSnapshot {
  const idle = new Broker().stats();
  return {
    stats: { ...idle, state: 'running', services, ...stats, counters: { ...idle.counters, ...counters } },
    lags: lagsMs.map((ms) => ({ p50Ms: 0, p99Ms: ms, maxMs: ms })),
    workers,
  };
}
