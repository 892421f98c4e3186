// SPDX-License-Identifier: Apache-2.0
// top-lines - what top writes where there is no terminal: lines for people and logs, objects for programs

import { LATENCY_BOUNDS_MS } from '@mdp/protocol';
import { bucketPercentile } from './bucket-percentiles.js';
import { displayWidth, fit } from './display-width.js';
import { printableJson } from './printable.js';
import type { TopColumn } from './top-columns.js';
import { GAP, TOP_COLUMNS, sortRows } from './top-columns.js';
import type { TopRow } from './top-figures.js';
import type { TopSample } from './top-sample.js';

const TIME = 'TIME';
const TIME_WIDTH = '2026-01-31T14:05:09Z'.length;

/** A trend is for those who look on. */
const COLUMNS = TOP_COLUMNS.filter(({ value }) => value !== undefined);

/** Writes a line for each service, and one for all together, that stand below those before. */
export class TopLines {
  readonly #sort: TopColumn;
  /** They only grow. */
  readonly #widths = COLUMNS.map(({ least, title }) => Math.max(least ?? 0, title.length));
  #begun = false;

  constructor(sort: TopColumn) {
    this.#sort = sort;
  }

  /** The lines of a sample, each with its end; the titles before the first. */
  write(sample: TopSample): string {
    const rows = [...sortRows(sample.rows, this.#sort, false), sample.total];
    const cells = rows.map((row) => COLUMNS.map((column) => column.cell({ row, trend: [] }, 0)));
    for (const row of cells) {
      for (const [nth, cell] of row.entries()) this.#widths[nth] = Math.max(this.#widths[nth] ?? 0, displayWidth(cell));
    }
    const time = `${sample.at.toISOString().slice(0, 19)}Z`;
    const titles = this.#begun
      ? []
      : [
          this.#line(
            TIME,
            COLUMNS.map(({ title }) => title),
          ),
        ];
    this.#begun = true;
    return [...titles, ...cells.map((row) => this.#line(time, row))].join('');
  }

  #line(time: string, cells: readonly string[]): string {
    const fitted = cells.map((cell, nth) => fit(cell, this.#widths[nth] ?? 0, nth === 0 ? 'left' : 'right'));
    return `${[time.padEnd(TIME_WIDTH), ...fitted].join(GAP).trimEnd()}\n`;
  }
}

/** A sample as one object in one line, with its end. Rates are for each second, times in milliseconds; what is not known is null. */
export function topJson({ at, brokers, rows, total }: TopSample): string {
  const value = {
    time: at.toISOString(),
    brokers: brokers.map(({ broker, version, snapshot, failure }) => ({
      broker,
      ...(version === undefined ? {} : { version }),
      ...(snapshot?.uptimeMs === undefined ? {} : { uptimeMs: snapshot.uptimeMs }),
      ...(failure === undefined ? {} : { failure }),
    })),
    services: sortRows(rows, COLUMNS[0] as TopColumn, false).map((row) => ({ name: row.name, ...figuresOf(row) })),
    total: figuresOf(total),
  };
  return `${printableJson(JSON.stringify(value))}\n`;
}

function figuresOf(row: TopRow): object {
  const { workers, waiting, busy, queued, oldestMs, requests, finals, failed, bytesIn, bytesOut } = row;
  return {
    ...{ workers, waiting, busy, queued, oldestMs: oldestMs ?? null },
    requestsPerSecond: rounded(requests),
    finalsPerSecond: rounded(finals),
    failedPerSecond: rounded(failed),
    bytesInPerSecond: rounded(bytesIn),
    bytesOutPerSecond: rounded(bytesOut),
    serviceMs: percentilesOf(row.serviceCounts),
    waitMs: percentilesOf(row.waitCounts),
  };
}

/** Where one is beyond the last bound it is null: it is not known. */
function percentilesOf(counts: readonly number[] | undefined): object | null {
  if (counts === undefined) return null;
  const of = (share: number): number | null => rounded(bucketPercentile(counts, LATENCY_BOUNDS_MS, share));
  return { p50: of(0.5), p90: of(0.9), p99: of(0.99) };
}

function rounded(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Math.round(value * 1000) / 1000;
}
