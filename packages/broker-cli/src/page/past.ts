// SPDX-License-Identifier: Apache-2.0
// past - what the page remembers of the last minutes, though connections end, and brokers

import type { StatusBegin, StatusPoint, StatusUpdate } from './update.js';

/** So many rates are kept of each service. */
export const TREND_POINTS = 60;

/** Goes on from what the broker remembers, and keeps what one that was started anew does not know. */
export class Past {
  #points: readonly StatusPoint[] = [];
  #trends: ReadonlyMap<string, readonly (number | null)[]> = new Map();
  spanMs = 1;

  /** The oldest first. */
  get points(): readonly StatusPoint[] {
    return this.#points;
  }

  /** Requests a second of a service, the newest at the end. */
  trend(name: string): readonly (number | null)[] {
    return this.#trends.get(name) ?? [];
  }

  begin({ points, spanMs, trends }: StatusBegin): void {
    this.spanMs = spanMs;
    const first = points[0]?.at ?? Infinity;
    // The last point comes again, with the update that it belongs to.
    this.#points = [...this.#points.filter(({ at }) => at < first), ...points.slice(0, -1)];
    this.#trends = new Map(trends.map(([name, rates]) => [name, rates.slice(0, -1)]));
  }

  add({ point, services }: StatusUpdate): void {
    this.#points = [...this.#points.filter(({ at }) => at < point.at && point.at - at < this.spanMs), point];
    this.#trends = new Map(
      services.map(({ name, requests }) => [name, [...this.trend(name), requests].slice(-TREND_POINTS)]),
    );
  }
}
