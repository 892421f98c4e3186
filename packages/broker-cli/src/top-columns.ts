// SPDX-License-Identifier: Apache-2.0
// top-columns - the columns of top: what is in them, how they are sorted, and which of them fit

import { LATENCY_BOUNDS_MS } from '@mdp/protocol';
import { sparkline } from './bars.js';
import { bucketPercentile } from './bucket-percentiles.js';
import { displayWidth } from './display-width.js';
import { printable } from './printable.js';
import type { TopRow } from './top-figures.js';

/** What there is to show in a row. */
export interface ShownRow {
  readonly row: TopRow;
  /** Requests a second of the last intervals, the newest at the end. */
  readonly trend: readonly (number | undefined)[];
}

/** One column. */
export interface TopColumn {
  /** Its title, and its name for `--sort` in small letters. */
  readonly title: string;
  /** Columns with the least of it are left out last. */
  readonly rank: number;
  /** By what rows are sorted; none where there is nothing to sort by. */
  readonly value?: (row: TopRow) => number | string | undefined;
  readonly cell: (shown: ShownRow, width: number) => string;
  /** The least width. Default: that of the title. */
  readonly least?: number;
  /** Whether it takes room that is left. */
  readonly most?: number;
}

/** What stands for nothing known. */
export const UNKNOWN = '-';

function figure(
  title: string,
  rank: number,
  value: (row: TopRow) => number | undefined,
  show: (n: number) => string,
  least = 0,
): TopColumn {
  return {
    title,
    rank,
    value,
    cell: ({ row }) => {
      const n = value(row);
      return n === undefined ? UNKNOWN : show(n);
    },
    least: Math.max(least, title.length),
  };
}

function percentile(key: 'waitCounts' | 'serviceCounts', share: number): (row: TopRow) => number | undefined {
  return (row) => {
    const counts = row[key];
    return counts === undefined ? undefined : bucketPercentile(counts, LATENCY_BOUNDS_MS, share);
  };
}

/** The service, then figures, then the trend. */
export const TOP_COLUMNS: readonly TopColumn[] = [
  {
    title: 'SERVICE',
    rank: 0,
    value: ({ name }) => name,
    cell: ({ row }) => printable(row.name, 255),
    least: 12,
    most: 60,
  },
  figure('WORKERS', 4, ({ workers }) => workers, amountText),
  figure('WAITING', 10, ({ waiting }) => waiting, amountText),
  figure('BUSY', 5, ({ busy }) => busy, amountText),
  figure('QUEUED', 2, ({ queued }) => queued, amountText),
  figure('OLDEST', 9, ({ oldestMs }) => oldestMs, timeText, 6),
  figure('REQ/S', 1, ({ requests }) => requests, rateText, 7),
  figure('FAIL/S', 6, ({ failed }) => failed, rateText),
  figure('P50', 7, percentile('serviceCounts', 0.5), timeText, 6),
  figure('P99', 3, percentile('serviceCounts', 0.99), timeText, 6),
  figure('WAIT', 11, percentile('waitCounts', 0.99), timeText, 6),
  figure('IN/S', 12, ({ bytesIn }) => bytesIn, bytesText, 6),
  figure('OUT/S', 13, ({ bytesOut }) => bytesOut, bytesText, 6),
  { title: 'TREND', rank: 8, cell: ({ trend }, width) => sparkline(trend, width), least: 8, most: 30 },
];

/** Columns that rows can be sorted by. */
export const SORT_COLUMNS: readonly TopColumn[] = TOP_COLUMNS.filter(({ value }) => value !== undefined);

/** What rows are sorted by unless told otherwise. */
export const DEFAULT_SORT = 'req/s';

/**
 * A column by its name in small letters.
 *
 * @throws RangeError when there is none
 */
export function columnNamed(name: string): TopColumn {
  const column = TOP_COLUMNS.find(({ title }) => title.toLowerCase() === name);
  if (column === undefined) throw new RangeError(`there is no column ${name}`);
  return column;
}

/**
 * Sort rows: figures from the greatest to the least, names from the first to the last; what is not known comes last in any case.
 *
 * @param reversed - the other way round
 */
export function sortRows(rows: readonly TopRow[], column: TopColumn, reversed: boolean): TopRow[] {
  const { value = (): undefined => undefined } = column;
  const direction = reversed ? -1 : 1;
  return Array.from(rows).sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    const order = typeof x === 'number' && typeof y === 'number' ? descending(x, y) : missingLast(x, y);
    if (order !== 0) return order;
    const names = compare(a.name, b.name);
    return column.title === 'SERVICE' ? direction * names : names;
  });

  function descending(x: number, y: number): number {
    return x === y ? 0 : direction * (x > y ? -1 : 1);
  }
}

function missingLast(x: unknown, y: unknown): number {
  return Number(x === undefined) - Number(y === undefined);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A column and how wide it is. */
export interface LaidColumn {
  readonly column: TopColumn;
  readonly width: number;
}

/** Blanks between two columns. */
export const GAP = '  ';

/**
 * Choose the columns that fit side by side: the most important ones, in their order, with room that is left given away.
 *
 * @param rows - those that are shown
 * @param columns - how wide the terminal is
 * @returns at least the first one, cut to what there is
 */
export function layOut(rows: readonly ShownRow[], columns: number): LaidColumn[] {
  const needs = new Map(TOP_COLUMNS.map((column) => [column, leastWidth(column, rows)]));
  const chosen = new Set<TopColumn>();
  let used = -GAP.length;
  for (const column of Array.from(TOP_COLUMNS).sort((a, b) => a.rank - b.rank)) {
    const more = GAP.length + (needs.get(column) ?? 0);
    if (used + more > columns && chosen.size > 0) break;
    chosen.add(column);
    used += more;
  }
  let left = Math.max(0, columns - used);
  return TOP_COLUMNS.filter((column) => chosen.has(column)).map((column) => {
    const least = Math.min(needs.get(column) ?? 0, columns);
    const wanted = column.most === undefined ? least : Math.min(column.most, widest(column, rows));
    const more = Math.max(0, Math.min(left, wanted - least));
    left -= more;
    return { column, width: least + more };
  });
}

function leastWidth(column: TopColumn, rows: readonly ShownRow[]): number {
  const { least = column.title.length, most } = column;
  return most === undefined ? Math.max(least, widest(column, rows)) : least;
}

/** What all cells want; one that takes any room wants all that it may have. */
function widest(column: TopColumn, rows: readonly ShownRow[]): number {
  if (column.value === undefined) return column.most ?? 0;
  return rows.reduce((width, shown) => Math.max(width, displayWidth(column.cell(shown, 0))), column.title.length);
}

function amountText(n: number): string {
  return n < 100_000 ? n.toLocaleString('en-US') : scaled(n, 1000, ['', 'k', 'M', 'G']);
}

/** So many a second: `0`, `0.3`, `1,234`, `123k`. */
export function rateText(n: number): string {
  if (n === 0) return '0';
  return n < 9.95 ? Math.max(0.1, n).toFixed(1) : amountText(Math.round(n));
}

/** A time in few characters: `0.12ms`, `1.5ms`, `123ms`, `1.2s`, `12s`, `5min`. */
export function timeText(ms: number): string {
  if (ms === Infinity) return '>65s';
  if (ms === 0) return '0';
  if (ms < 0.995) return `${Math.max(0.01, ms).toFixed(2)}ms`;
  if (ms < 9.95) return `${ms.toFixed(1)}ms`;
  if (ms < 999.5) return `${ms.toFixed(0)}ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)}s`;
  if (ms < 99_500) return `${(ms / 1000).toFixed(0)}s`;
  return ms < 5_970_000 ? `${(ms / 60_000).toFixed(0)}min` : `${(ms / 3_600_000).toFixed(0)}h`;
}

/** Bytes a second in few characters: `0`, `512`, `1.2k`, `34M`. */
export function bytesText(n: number): string {
  return scaled(n, 1024, ['', 'k', 'M', 'G', 'T']);
}

function scaled(n: number, step: number, units: readonly string[]): string {
  let value = n;
  let unit = 0;
  while (value >= step * 0.9995 && unit < units.length - 1) {
    value /= step;
    unit += 1;
  }
  return `${value.toFixed(unit > 0 && value < 9.95 ? 1 : 0)}${units[unit] ?? ''}`;
}
