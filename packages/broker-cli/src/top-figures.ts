// SPDX-License-Identifier: Apache-2.0
// top-figures - what brokers say of their services, and what happened between two answers

/** One service at one broker, as an answer has it. What the broker does not tell is left out. */
export interface ServiceFigures {
  readonly name: string;
  readonly workers: number;
  readonly waiting: number;
  readonly busy: number;
  readonly queued: number;
  readonly oldestMs?: number | undefined;
  readonly requests?: number | undefined;
  readonly finals?: number | undefined;
  /** With an error, of whatever status. */
  readonly failed?: number | undefined;
  readonly bytesIn?: number | undefined;
  readonly bytesOut?: number | undefined;
  /** Buckets of a histogram; empty of none. */
  readonly waitCounts?: readonly number[] | undefined;
  readonly serviceCounts?: readonly number[] | undefined;
}

/** What one broker said. */
export interface Snapshot {
  /** When, on a monotonic clock in milliseconds. */
  readonly atMs: number;
  readonly services: ReadonlyMap<string, ServiceFigures>;
  /** Since the broker's start, in milliseconds; left out when it does not say. */
  readonly uptimeMs?: number | undefined;
}

/**
 * One service, at all brokers together, over the time between two answers: what counts is told for each second, histograms
 * of the durations that ended in this time.
 */
export type TopRow = ServiceFigures;

/** Counters: what is told of them is how fast they grow. */
const COUNTERS = ['requests', 'finals', 'failed', 'bytesIn', 'bytesOut'] as const;
const HISTOGRAMS = ['waitCounts', 'serviceCounts'] as const;

/**
 * Read the answer of `mmi.services`, whatever it is: another version may leave out what this one knows.
 *
 * @param answer - parsed JSON
 */
export function readFigures(answer: unknown): Map<string, ServiceFigures> {
  const found = new Map<string, ServiceFigures>();
  for (const item of Array.isArray(answer) ? (answer as readonly unknown[]) : []) {
    if (typeof item !== 'object' || item === null) continue;
    const given = item as Readonly<Record<string, unknown>>;
    if (typeof given['name'] !== 'string') continue;
    found.set(given['name'], {
      name: given['name'],
      workers: amount(given['workers']) ?? 0,
      waiting: amount(given['waiting']) ?? 0,
      busy: amount(given['busy']) ?? 0,
      queued: amount(given['queued']) ?? 0,
      oldestMs: amount(given['oldestMs']),
      requests: amount(given['requests']),
      finals: amount(given['finals']),
      failed: sumOf(given['failed']),
      bytesIn: amount(given['bytesIn']),
      bytesOut: amount(given['bytesOut']),
      waitCounts: countsOf(given['waitMs']),
      serviceCounts: countsOf(given['serviceMs']),
    });
  }
  return found;
}

function amount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** A count for each status. */
function sumOf(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.values(value).reduce((sum: number, count: unknown) => sum + (amount(count) ?? 0), 0);
}

function countsOf(value: unknown): readonly number[] | undefined {
  const counts = (value as { readonly counts?: unknown } | null | undefined)?.counts;
  return Array.isArray(counts) && counts.every((count) => amount(count) !== undefined)
    ? (counts as readonly number[])
    : undefined;
}

/** Two answers of one broker, one after the other; without the first there is nothing to compare with. */
export interface SnapshotPair {
  readonly before: Snapshot | undefined;
  readonly after: Snapshot;
}

/**
 * Every service of some brokers, with all brokers added up.
 *
 * @returns in no order
 */
export function topRows(pairs: readonly SnapshotPair[]): TopRow[] {
  const rows = new Map<string, TopRow>();
  for (const { before, after } of pairs) {
    const seconds = before === undefined ? 0 : (after.atMs - before.atMs) / 1000;
    const same = before !== undefined && seconds > 0 && !isRestarted(before, after);
    for (const figures of after.services.values()) {
      // One that was not there a moment ago may have been there before, and go on counting where it was.
      const earlier = same ? before.services.get(figures.name) : undefined;
      const row = difference(earlier, figures, seconds);
      const others = rows.get(figures.name);
      rows.set(figures.name, others === undefined ? row : added(others, row));
    }
  }
  return Array.from(rows.values());
}

/** All services in one row. */
export function totalRow(rows: readonly TopRow[], name: string): TopRow {
  return rows.reduce(added, { name, workers: 0, waiting: 0, busy: 0, queued: 0 });
}

function isRestarted(before: Snapshot, after: Snapshot): boolean {
  return before.uptimeMs !== undefined && after.uptimeMs !== undefined && after.uptimeMs < before.uptimeMs;
}

function difference(before: ServiceFigures | undefined, after: ServiceFigures, seconds: number): TopRow {
  const { name, workers, waiting, busy, queued, oldestMs } = after;
  const rates = COUNTERS.map((key) => [key, growth(before?.[key], after[key], seconds)] as const);
  const histograms = HISTOGRAMS.map((key) => [key, newCounts(before?.[key], after[key])] as const);
  return {
    name,
    workers,
    waiting,
    busy,
    queued,
    oldestMs,
    ...Object.fromEntries(rates),
    ...Object.fromEntries(histograms),
  };
}

/** A counter that is less than before has begun anew. */
function growth(before: number | undefined, after: number | undefined, seconds: number): number | undefined {
  if (before === undefined || after === undefined || after < before) return undefined;
  return (after - before) / seconds;
}

function newCounts(
  before: readonly number[] | undefined,
  after: readonly number[] | undefined,
): readonly number[] | undefined {
  if (before === undefined || after === undefined || after.length < before.length) return undefined;
  const counts = after.map((count, bucket) => count - (before[bucket] ?? 0));
  return counts.some((count) => count < 0) ? undefined : counts;
}

function added(a: TopRow, b: TopRow): TopRow {
  const rates = COUNTERS.map((key) => [key, sumKnown(a[key], b[key])] as const);
  const histograms = HISTOGRAMS.map((key) => [key, sumCounts(a[key], b[key])] as const);
  return {
    name: a.name,
    workers: a.workers + b.workers,
    waiting: a.waiting + b.waiting,
    busy: a.busy + b.busy,
    queued: a.queued + b.queued,
    oldestMs: a.oldestMs === undefined ? b.oldestMs : Math.max(a.oldestMs, b.oldestMs ?? 0),
    ...Object.fromEntries(rates),
    ...Object.fromEntries(histograms),
  };
}

function sumKnown(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : a + (b ?? 0);
}

function sumCounts(a: readonly number[] | undefined, b: readonly number[] | undefined): readonly number[] | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const [longer, other] = a.length >= b.length ? [a, b] : [b, a];
  return longer.map((count, bucket) => count + (other[bucket] ?? 0));
}
