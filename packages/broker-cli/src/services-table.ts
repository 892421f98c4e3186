// SPDX-License-Identifier: Apache-2.0
// services-table - what brokers answer once of their services: how things stand, and what was counted so far

import { LATENCY_BOUNDS_MS } from '@mdp/protocol';
import { bucketPercentile } from './bucket-percentiles.js';
import { printable } from './printable.js';
import { textTable } from './text-table.js';
import { UNKNOWN, timeText } from './top-columns.js';
import type { ServiceFigures } from './top-figures.js';

/** A service at one of the brokers. */
export interface FoundService {
  readonly broker: string;
  readonly figures: ServiceFigures;
}

type Cell = readonly [title: string, text: (figures: ServiceFigures) => string];

const FIGURES: readonly Cell[] = [
  ['WORKERS', ({ workers }) => count(workers)],
  ['WAITING', ({ waiting }) => count(waiting)],
  ['BUSY', ({ busy }) => count(busy)],
  ['QUEUED', ({ queued }) => count(queued)],
  ['OLDEST', ({ oldestMs }) => time(oldestMs)],
  ['REQUESTS', ({ requests }) => count(requests)],
  ['FAILED', ({ failed }) => count(failed)],
  ['P50', ({ serviceCounts }) => percentile(serviceCounts, 0.5)],
  ['P99', ({ serviceCounts }) => percentile(serviceCounts, 0.99)],
];

/**
 * A row for each service, in the order in which they are given. What a broker does not tell is `-`.
 *
 * @param several - whether more than one broker was asked: each row names its own
 * @returns lines, each with its end
 */
export function servicesTable(found: readonly FoundService[], several: boolean): string {
  const header = ['SERVICE', ...FIGURES.map(([title]) => title), ...(several ? ['BROKER'] : [])];
  const rows = found.map(({ broker, figures }) => [
    printable(figures.name, 255),
    ...FIGURES.map(([, text]) => text(figures)),
    ...(several ? [printable(broker)] : []),
  ]);
  return textTable(header, rows, new Set(FIGURES.map((_, nth) => nth + 1)));
}

function count(n: number | undefined): string {
  return n?.toLocaleString('en-US') ?? UNKNOWN;
}

function time(ms: number | undefined): string {
  return ms === undefined ? UNKNOWN : timeText(ms);
}

function percentile(counts: readonly number[] | undefined, share: number): string {
  return time(counts && bucketPercentile(counts, LATENCY_BOUNDS_MS, share));
}
