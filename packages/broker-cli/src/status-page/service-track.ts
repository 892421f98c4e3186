// SPDX-License-Identifier: Apache-2.0
// service-track - the last minutes of one service, in memory of a fixed size

import type { ServiceStats } from '@mdp/broker';
import { printable } from '../printable.js';
import type { Named, ServiceRow } from '../page/update.js';
import { HistogramWindow, percentileOf } from './window.js';

/** So many rates are remembered of each service. */
export const TREND_POINTS = 60;

/** The longest name there is has so many bytes. */
const LONGEST_NAME = 255;

/** A name, and how it can be shown if not as it is. */
export function named(name: string): Named {
  const shown = printable(name, LONGEST_NAME);
  return shown === name ? { name } : { name, shown };
}

/**
 * How fast a counter grows.
 *
 * @param seconds - between the two looks
 * @returns for each second; null when it began anew, or there was no look before
 */
export function growth(before: number | undefined, after: number, seconds: number): number | null {
  if (before === undefined || after < before || seconds <= 0) return null;
  return Math.round(((after - before) / seconds) * 100) / 100;
}

/** All errors together. */
export function sum(counts: Readonly<Partial<Record<string, number>>>): number {
  return Object.values(counts).reduce((total: number, count = 0) => total + count, 0);
}

/** Follows one service from look to look. */
export class ServiceTrack {
  readonly #name: Named;
  #before: ServiceStats | undefined;
  #now: ServiceStats;
  #seconds = 0;
  #atMs: number;
  readonly #wait = new HistogramWindow();
  readonly #work = new HistogramWindow();
  readonly #trend: (number | null)[] = [];

  /** @param atMs - on a monotonic clock, in milliseconds */
  constructor(atMs: number, service: ServiceStats) {
    this.#name = named(service.name);
    this.#now = service;
    this.#atMs = atMs;
    this.#remember();
  }

  /** The service as it is now. */
  add(atMs: number, service: ServiceStats): void {
    this.#before = this.#now;
    this.#now = service;
    this.#seconds = (atMs - this.#atMs) / 1_000;
    this.#atMs = atMs;
    this.#remember();
  }

  #remember(): void {
    this.#wait.add(this.#atMs, this.#now.waitMs);
    this.#work.add(this.#atMs, this.#now.serviceMs);
    this.#trend.push(this.#rate(({ requests }) => requests));
    if (this.#trend.length > TREND_POINTS) this.#trend.shift();
  }

  #rate(read: (service: ServiceStats) => number): number | null {
    return growth(this.#before === undefined ? undefined : read(this.#before), read(this.#now), this.#seconds);
  }

  /** Requests a second, the newest at the end. */
  get trend(): readonly (number | null)[] {
    return this.#trend;
  }

  /** What the page is told of it. */
  row(): ServiceRow {
    const { workers, busy, queued, oldestMs, requests, finals, cancelled, abandoned, recovered, failed } = this.#now;
    const work = this.#work.recent;
    return {
      ...this.#name,
      ...{ workers, busy, queued, oldestMs },
      requests: this.#rate((service) => service.requests),
      failed: this.#rate((service) => sum(service.failed)),
      bytesIn: this.#rate((service) => service.bytesIn),
      bytesOut: this.#rate((service) => service.bytesOut),
      p50: percentileOf(work, 0.5),
      p90: percentileOf(work, 0.9),
      p99: percentileOf(work, 0.99),
      waitP99: percentileOf(this.#wait.recent, 0.99),
      total: { requests, finals, cancelled, abandoned, recovered, failed },
    };
  }
}
