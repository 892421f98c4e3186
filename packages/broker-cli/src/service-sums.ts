// SPDX-License-Identifier: Apache-2.0
// service-sums - what is counted by service, added up and taken apart

import type { LatencyHistogram, ServiceStats } from '@mdp/broker';

type Count = (a: number, b: number) => number;

const NOTHING: LatencyHistogram = { count: 0, sumMs: 0, counts: [] };

const plus: Count = (a, b) => a + b;
/** Never less than nothing: what was forgotten meanwhile begins anew. */
const minus: Count = (a, b) => Math.max(0, a - b);

/** Field by field, and not by walking through whatever is there: there may be tens of thousands of services. */
function combined(a: ServiceStats, b: ServiceStats, how: Count): ServiceStats {
  return {
    name: a.name,
    workers: how(a.workers, b.workers),
    waiting: how(a.waiting, b.waiting),
    busy: how(a.busy, b.busy),
    queued: how(a.queued, b.queued),
    oldestMs: Math.max(a.oldestMs, b.oldestMs),
    requests: how(a.requests, b.requests),
    dispatched: how(a.dispatched, b.dispatched),
    partials: how(a.partials, b.partials),
    finals: how(a.finals, b.finals),
    failed: byStatus(a.failed, b.failed, how),
    cancelled: how(a.cancelled, b.cancelled),
    abandoned: how(a.abandoned, b.abandoned),
    recovered: how(a.recovered, b.recovered),
    bytesIn: how(a.bytesIn, b.bytesIn),
    bytesOut: how(a.bytesOut, b.bytesOut),
    waitMs: histogram(a.waitMs, b.waitMs, how),
    serviceMs: histogram(a.serviceMs, b.serviceMs, how),
  };
}

type Failed = ServiceStats['failed'];

function byStatus(a: Failed, b: Failed, how: Count): Failed {
  const more = Object.keys(b);
  if (more.length === 0) return a;
  const made: Record<string, number> = { ...a };
  for (const status of more) made[status] = how(made[status] ?? 0, b[Number(status)] ?? 0);
  return made;
}

/** Most have counted nothing, or nothing since the last look: those have nothing to be gone through. */
function histogram(a: LatencyHistogram, b: LatencyHistogram, how: Count): LatencyHistogram {
  if (b.count === 0) return a;
  const count = how(a.count, b.count);
  if (count === 0) return NOTHING;
  const longer = a.counts.length >= b.counts.length ? a.counts : b.counts;
  const counts = longer.map((_, i) => how(a.counts[i] ?? 0, b.counts[i] ?? 0));
  return { count, sumMs: how(a.sumMs, b.sumMs), counts };
}

/** Two services, or one at two brokers, as one with the name of the first. The oldest request is that of both. */
export function sumServices(a: ServiceStats, b: ServiceStats): ServiceStats {
  return combined(a, b, plus);
}

/** What was counted between two looks at a service; all of it when it was forgotten meanwhile, and counts anew. */
export function grownBy(now: ServiceStats, before: ServiceStats | undefined): ServiceStats {
  if (before === undefined || now.requests < before.requests || now.dispatched < before.dispatched) return now;
  return combined(now, before, minus);
}

/** The services of several brokers, by name; those of one name as one. */
export function mergeServices(all: readonly (readonly ServiceStats[])[]): ServiceStats[] {
  const [first = []] = all;
  if (all.length <= 1) return [...first];
  const byName = new Map<string, ServiceStats>();
  for (const service of all.flat()) {
    const before = byName.get(service.name);
    byName.set(service.name, before === undefined ? service : sumServices(before, service));
  }
  return [...byName.values()];
}
