// SPDX-License-Identifier: Apache-2.0
// figures - statistics for tests, made up

import type { LatencyHistogram, ServiceStats } from '@mdp/broker';
import { Broker, LATENCY_BOUNDS_MS } from '@mdp/broker';
import type { Figures } from '../../src/metrics.js';

const NOTHING: LatencyHistogram = { count: 0, sumMs: 0, counts: [] };

/** A service, at zero but for what is given. */
export function serviceStats(name: string, given: Partial<ServiceStats> = {}): ServiceStats {
  return {
    ...{ name, workers: 0, waiting: 0, busy: 0, queued: 0, oldestMs: 0, requests: 0, dispatched: 0, partials: 0 },
    ...{ finals: 0, failed: {}, cancelled: 0, abandoned: 0, recovered: 0, bytesIn: 0, bytesOut: 0 },
    ...{ waitMs: NOTHING, serviceMs: NOTHING },
    ...given,
  };
}

/** Durations, one in each of the buckets given. */
export function durations(sumMs: number, ...buckets: number[]): LatencyHistogram {
  const counts = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, (_, i) => buckets.filter((b) => b === i).length);
  return { count: buckets.length, sumMs, counts };
}

/** What a broker with these services tells. */
export function figures(services: readonly ServiceStats[] = []): Figures {
  const refusals = { noToken: 1, token: 2, host: 0, site: 0, ahead: 0, connections: 0 };
  const lags = [{ p50Ms: 0.5, p99Ms: 2, maxMs: 30 }];
  return { stats: { ...new Broker().stats(), services }, lags, ready: true, refusals };
}
