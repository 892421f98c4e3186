// SPDX-License-Identifier: Apache-2.0
// top-sample - what top knows after each round of questions: the rows, the brokers, and what went before

import type { Snapshot, TopRow } from './top-figures.js';
import { topRows, totalRow } from './top-figures.js';

/** What one broker answered. */
export interface BrokerAnswer {
  readonly broker: string;
  /** Left out when it did not answer. */
  readonly snapshot?: Snapshot | undefined;
  /** Left out when it does not say. */
  readonly version?: string | undefined;
  /** Why it did not answer, in words. */
  readonly failure?: string | undefined;
}

/** Requests a second of the last rounds, the newest at the end; undefined where it is not known. */
export type Trend = readonly (number | undefined)[];

/** One round. */
export interface TopSample {
  readonly at: Date;
  readonly brokers: readonly BrokerAnswer[];
  readonly rows: readonly TopRow[];
  readonly total: TopRow;
  /** By service. */
  readonly trends: ReadonlyMap<string, Trend>;
  readonly totalTrend: Trend;
}

/** What the row of all services is called. */
export const TOTAL = '(all)';

/** How many rounds a trend goes back. */
const ROUNDS = 120;

/** Makes samples of answers, and remembers what it takes for the next. */
export class TopHistory {
  readonly #last = new Map<string, Snapshot>();
  #trends: ReadonlyMap<string, Trend> = new Map();
  #totalTrend: Trend = [];

  /** Add a round: an answer of each broker. */
  add(at: Date, brokers: readonly BrokerAnswer[]): TopSample {
    const pairs = brokers.flatMap(({ broker, snapshot }) => {
      const before = this.#last.get(broker);
      // Rates are those between two answers that follow one another.
      if (snapshot === undefined) this.#last.delete(broker);
      else this.#last.set(broker, snapshot);
      return snapshot === undefined ? [] : [{ before, after: snapshot }];
    });
    const rows = topRows(pairs);
    const total = totalRow(rows, TOTAL);
    this.#remember(rows, total);
    return { at, brokers, rows, total, trends: this.#trends, totalTrend: this.#totalTrend };
  }

  /** Of services that are gone nothing is kept. */
  #remember(rows: readonly TopRow[], total: TopRow): void {
    const trends = new Map<string, Trend>();
    for (const { name, requests } of rows) trends.set(name, appended(this.#trends.get(name) ?? [], requests));
    this.#trends = trends;
    this.#totalTrend = appended(this.#totalTrend, total.requests);
  }
}

/** A new one: samples that were handed out stay as they are. */
function appended(trend: Trend, value: number | undefined): Trend {
  return [...trend.slice(1 - ROUNDS), value];
}
