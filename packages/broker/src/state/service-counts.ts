// SPDX-License-Identifier: Apache-2.0
// service-counts - what is counted for one service, and kept a while for one that may come back

import type { LatencyHistogram } from '@mdp/protocol';
import { LATENCY_BOUNDS_MS } from '@mdp/protocol';
import { latencyBucket } from '@mdp/protocol/internal';

/** Of so many services that are gone the counts are kept. */
const REMEMBERED = 1_000;

const NOTHING: LatencyHistogram = Object.freeze({ count: 0, sumMs: 0, counts: Object.freeze([]) });

/** Durations, counted. */
class Durations {
  count = 0;
  sumMs = 0;
  /** Made when there is something to count: many services exist because of a request that no worker ever takes. */
  #counts: number[] | undefined;
  /** What was told last, as long as it holds. */
  #told: LatencyHistogram | undefined = NOTHING;

  add(ms: number): void {
    this.#told = undefined;
    this.count++;
    this.sumMs += ms;
    const counts = (this.#counts ??= new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0));
    const bucket = latencyBucket(ms);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }

  /** A copy, for those outside: the same one until something is added. */
  snapshot(): LatencyHistogram {
    return (this.#told ??= Object.freeze({
      count: this.count,
      sumMs: Math.round(this.sumMs * 1_000) / 1_000,
      counts: Object.freeze([...(this.#counts ?? [])]),
    }));
  }
}

/** What is counted for a service: see `ServiceStats`. */
export class ServiceCounts {
  requests = 0;
  dispatched = 0;
  partials = 0;
  finals = 0;
  cancelled = 0;
  abandoned = 0;
  recovered = 0;
  bytesIn = 0;
  bytesOut = 0;
  readonly wait = new Durations();
  readonly work = new Durations();
  /** Most services never fail. */
  #failed: Map<number, number> | undefined;

  /** A request has ended with an error. */
  fail(status: number): void {
    this.#failed ??= new Map();
    this.#failed.set(status, (this.#failed.get(status) ?? 0) + 1);
  }

  /** Errors by status, as far as they occurred. */
  get failed(): Record<number, number> {
    return this.#failed === undefined ? {} : Object.fromEntries(this.#failed);
  }
}

/** The counts of services that are gone: one whose only worker is started anew goes on counting where it was. */
export class RememberedCounts {
  readonly #byName = new Map<string, ServiceCounts>();

  /** All that are kept, the one that is gone for longest first. */
  [Symbol.iterator](): Iterator<ServiceCounts> {
    return this.#byName.values();
  }

  /** The counts of a service that begins to exist. */
  take(name: string): ServiceCounts {
    const counts = this.#byName.get(name);
    if (counts === undefined) return new ServiceCounts();
    this.#byName.delete(name);
    return counts;
  }

  /** A service is gone. Names that no worker was ever given a request for may be invented: they are not kept. */
  keep(name: string, counts: ServiceCounts): void {
    if (counts.dispatched === 0) return;
    this.#byName.set(name, counts);
    const [oldest] = this.#byName.keys();
    if (this.#byName.size > REMEMBERED && oldest !== undefined) this.#byName.delete(oldest);
  }
}
