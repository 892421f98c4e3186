// SPDX-License-Identifier: Apache-2.0
// history - the last minutes of a broker, from one snapshot to the next, in memory that is bounded whatever clients do

import type { LatencyHistogram, ServiceStats } from '@mdp/broker';
import type { BrokerSnapshot } from '../snapshot.js';
import { ServiceTrack, growth, named, sum } from './service-track.js';
import type { Counts, RecentLine, StatusBegin, StatusPoint, StatusUpdate } from '../page/update.js';
import { addCounts, countsBetween, percentileOf } from './window.js';

/** How far back the charts go, in milliseconds. */
export const SPAN_MS = 5 * 60_000;

/** So many moments are remembered at the most. */
const MOST_POINTS = 300;

/** So many services are told of. Clients can invent names. */
export const MOST_SERVICES = 1_000;

/** One look at the broker. */
export interface Look {
  /** On a monotonic clock, in milliseconds. */
  readonly atMs: number;
  /** Milliseconds since 1970. */
  readonly date: number;
  readonly snapshot: BrokerSnapshot;
  /** Of the process, in bytes. */
  readonly memory: number;
}

/** Remembers what it takes to tell rates, percentiles and the past. */
export class StatusHistory {
  #points: StatusPoint[] = [];
  #tracks = new Map<string, ServiceTrack>();
  #services: ReadonlyMap<string, ServiceStats> = new Map();
  #look: Look | undefined;

  /** Look again. */
  add(look: Look): void {
    const services = new Map(look.snapshot.stats.services.map((service) => [service.name, service]));
    const point = this.#pointOf(look, services);
    this.#points = [...this.#points.filter(({ at }) => look.date - at < SPAN_MS), point].slice(-MOST_POINTS);
    const tracks = new Map<string, ServiceTrack>();
    for (const service of this.#foremost(services)) {
      const known = this.#tracks.get(service.name);
      known?.add(look.atMs, service);
      tracks.set(service.name, known ?? new ServiceTrack(look.atMs, service));
    }
    this.#tracks = tracks;
    this.#services = services;
    this.#look = look;
  }

  #pointOf(look: Look, services: ReadonlyMap<string, ServiceStats>): StatusPoint {
    const { counters, requests, workers } = look.snapshot.stats;
    const before = this.#look?.snapshot.stats.counters;
    const seconds = (look.atMs - (this.#look?.atMs ?? look.atMs)) / 1_000;
    const [wait, work] = this.#latencies(services);
    return {
      at: look.date,
      requests: growth(before && before.requests - before.mmi, counters.requests - counters.mmi, seconds),
      failed: growth(before && sum(before.failed), sum(counters.failed), seconds),
      queued: requests.queued,
      running: requests.running,
      workers: workers.registered,
      busy: workers.busy,
      p50: percentileOf(work, 0.5),
      p99: percentileOf(work, 0.99),
      waitP99: percentileOf(wait, 0.99),
      lagMs: Math.max(0, ...look.snapshot.lags.map(({ p99Ms }) => p99Ms)),
      memory: look.memory,
    };
  }

  /** What was counted since the last look, of all services together. Of one that was not there then it is not known. */
  #latencies(services: ReadonlyMap<string, ServiceStats>): readonly [wait: number[], work: number[]] {
    const [wait, work]: [number[], number[]] = [[], []];
    for (const [name, service] of services) {
      const before = this.#services.get(name);
      if (before === undefined) continue;
      addGrowth(wait, before.waitMs, service.waitMs);
      addGrowth(work, before.serviceMs, service.serviceMs);
    }
    return [wait, work];
  }

  /** Those that are told of: nobody can push out a service with workers by asking for names that nobody serves. */
  #foremost(services: ReadonlyMap<string, ServiceStats>): ServiceStats[] {
    const all = Array.from(services.values());
    if (all.length <= MOST_SERVICES) return all;
    return all
      .map((service) => {
        const { name, workers, queued, requests } = service;
        return { service, workers, queued, grown: requests - (this.#services.get(name)?.requests ?? requests) };
      })
      .sort(
        (a, b) =>
          Number(b.workers > 0) - Number(a.workers > 0) ||
          b.grown - a.grown ||
          b.workers - a.workers ||
          b.queued - a.queued,
      )
      .slice(0, MOST_SERVICES)
      .map(({ service }) => service);
  }

  /** The past. */
  begin(everyMs: number): Omit<StatusBegin, 'page'> {
    const trends = Array.from(this.#tracks, ([name, { trend }]) => [name, trend] as const);
    return { everyMs, spanMs: SPAN_MS, points: this.#points, trends };
  }

  /**
   * What there is to tell now.
   *
   * @param nowMs - on the clock of {@link Look.atMs}
   * @returns `undefined` before the first look
   */
  update(phase: StatusUpdate['phase'], recent: readonly RecentLine[], nowMs: number): StatusUpdate | undefined {
    const point = this.#points.at(-1);
    if (this.#look === undefined || point === undefined) return undefined;
    const { stats, lags, workers } = this.#look.snapshot;
    const { counters } = stats;
    return {
      ageMs: Math.max(0, Math.round(nowMs - this.#look.atMs)),
      phase,
      version: stats.version,
      uptimeMs: stats.uptimeMs,
      threads: lags.length,
      listening: stats.listening,
      point,
      services: Array.from(this.#tracks.values(), (track) => track.row()),
      servicesInAll: stats.services.length,
      workers: workers.map(({ service, ...worker }) => ({ ...named(service), ...worker })),
      connections: stats.connections,
      outbox: stats.outbox,
      keysAccepted: counters.keysAccepted,
      keysRefused: occurred(counters.keysRefused),
      handshakesFailed: occurred(counters.handshakesFailed),
      failed: occurred(counters.failed),
      dropped: occurred(counters.dropped),
      workersLost: occurred(counters.workersLost),
      recent,
    };
  }
}

/** Add what was counted between two looks. Most of very many services have counted nothing. */
function addGrowth(sum: number[], before: LatencyHistogram, after: LatencyHistogram): void {
  if (before.count !== after.count) addCounts(sum, countsBetween(before.counts, after.counts) ?? []);
}

/** Those that are not 0. */
function occurred(counts: Readonly<Record<string, number>>): Counts {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}
