// SPDX-License-Identifier: Apache-2.0
// alternatives-suite - round trips through this project beside what users would pick instead

import type { Alternative, Contender } from './alternatives.js';
import { ALTERNATIVES } from './alternatives.js';
import { undisturbed } from './quiet.js';
import type { RoundTrips, Share } from './round-trips.js';
import { allCpuUs, tripTrial } from './round-trips.js';
import type { Findings, Trial } from './rounds.js';
import { measureInRounds } from './rounds.js';
import type { SuiteContext } from './suite.js';
import { describeOthers, medianOf } from './suite.js';
import type { Column } from './table.js';
import { renderTable, shown, shownBytes } from './table.js';

/** What is asked of all of them alike. */
export interface Cell {
  readonly inFlight: number;
  readonly bodyBytes: number;
  /** How long the handler takes at most, in milliseconds; 0 answers at once. */
  readonly handlerMs: number;
}

const AT_ONCE: readonly Cell[] = [32, 1024, 65_536].flatMap((bodyBytes) =>
  [1, 64, 256].map((inFlight) => ({ inFlight, bodyBytes, handlerMs: 0 })),
);
/** What a handler does takes a while in the end. */
const AFTER_A_WHILE: Cell = { inFlight: 64, bodyBytes: 32, handlerMs: 4 };
const QUICK: readonly Cell[] = AT_ONCE.filter(({ inFlight, bodyBytes }) => inFlight === 64 && bodyBytes === 32);

/** One alternative in one cell. */
interface Entry {
  readonly cell: Cell;
  readonly alternative: Alternative;
  readonly trial: Trial<RoundTrips>;
}

/** An alternative, and whether it is there. */
interface Prepared {
  readonly alternative: Alternative;
  readonly contender: Contender | string;
}

/**
 * Measure.
 *
 * @returns Markdown, without a newline at its ends
 */
export async function alternativesSuite({ given, progress }: SuiteContext): Promise<string> {
  const all: Prepared[] = [];
  for (const alternative of ALTERNATIVES) {
    progress(`preparing ${alternative.name}`);
    all.push({ alternative, contender: await alternative.prepare() });
  }
  const cells = given.quick ? QUICK : [...AT_ONCE, AFTER_A_WHILE];
  const groups = cells.map((cell) =>
    all.flatMap(({ alternative, contender }): Entry[] => {
      if (typeof contender === 'string') return [];
      const trial = tripTrial({
        name: `${alternative.name}, ${shownCell(cell)}`,
        seconds: given.seconds,
        ...contender,
        ...cell,
      });
      return [{ cell, alternative, trial: undisturbed(trial, given.patience * 1000, progress) }];
    }),
  );
  const findings = await measureInRounds(
    groups.map((entries) => entries.map(({ trial }) => trial)),
    given.rounds,
    progress,
  );
  return [describeOthers(findings), preparedTable(all), tripsTable(groups.flat(), findings)].join('\n\n');
}

function shownCell({ inFlight, bodyBytes, handlerMs }: Cell): string {
  return `${String(inFlight)} in flight, ${shownBytes(bodyBytes)}${handlerMs > 0 ? `, ${shownHandler(handlerMs)}` : ''}`;
}

function shownHandler(handlerMs: number): string {
  return handlerMs === 0 ? 'at once' : `0-${String(handlerMs)} ms`;
}

function preparedTable(all: readonly Prepared[]): string {
  return renderTable(
    [
      { title: 'what', align: 'left' },
      { title: 'the way of a request', align: 'left' },
      { title: 'versions', align: 'left' },
    ],
    all.map(({ alternative, contender }) => [
      alternative.name,
      alternative.path,
      typeof contender === 'string' ? `not measured: ${contender}` : contender.versions,
    ]),
  );
}

const COLUMNS: readonly Column[] = [
  { title: 'handler' },
  { title: 'body' },
  { title: 'in flight' },
  { title: 'what', align: 'left' },
  { title: 'round trips/s' },
  { title: 'p50 ms' },
  { title: 'p99 ms' },
  { title: 'CPU µs' },
  { title: 'client' },
  { title: 'server' },
  { title: 'worker' },
  { title: 'client MiB' },
  { title: 'server MiB' },
  { title: 'worker MiB' },
];

function tripsTable(entries: readonly Entry[], findings: Findings<RoundTrips>): string {
  const rows = entries.map(({ cell, alternative, trial }) => {
    const of = (digits: number, pick: (found: RoundTrips) => number): string =>
      shown(medianOf(findings, trial, pick), digits);
    const ofEach = (digits: number, pick: (share: Share) => number): string[] => [
      of(digits, ({ client }) => pick(client)),
      of(digits, ({ server }) => (server === undefined ? NaN : pick(server))),
      of(digits, ({ worker }) => pick(worker)),
    ];
    return [
      shownHandler(cell.handlerMs),
      shownBytes(cell.bodyBytes),
      String(cell.inFlight),
      alternative.name,
      of(0, (found) => found.perSecond),
      of(2, (found) => found.p50Ms),
      of(2, (found) => found.p99Ms),
      of(1, allCpuUs),
      ...ofEach(1, (share) => share.cpuUs),
      ...ofEach(0, (share) => share.rssBytes / 2 ** 20),
    ];
  });
  return renderTable(COLUMNS, rows);
}
