// SPDX-License-Identifier: Apache-2.0
// alternatives-tables - what was found about the alternatives, in rows

import type { Alternative, Contender } from './alternatives.js';
import { MX, STRICT } from './alternatives.js';
import type { RoundTrips, Share } from './round-trips.js';
import { allCpuUs } from './round-trips.js';
import type { Findings, Trial } from './rounds.js';
import { ratioOfRounds } from './statistics.js';
import { medianOf, ofRounds } from './suite.js';
import type { Column } from './table.js';
import { renderTable, shown, shownBytes } from './table.js';

/** What is asked of all of them alike. */
export interface Cell {
  readonly inFlight: number;
  readonly bodyBytes: number;
  /** How long the handler takes at most, in milliseconds; 0 answers at once. */
  readonly handlerMs: number;
}

/** One alternative in one cell. */
export interface Entry {
  readonly cell: Cell;
  readonly alternative: Pick<Alternative, 'name'>;
  readonly trial: Trial<RoundTrips>;
}

/** An alternative, and whether it is there. */
export interface Prepared {
  readonly alternative: Alternative;
  readonly contender: Contender | string;
}

/** What is asked in a cell, for people. */
export function shownCell({ inFlight, bodyBytes, handlerMs }: Cell): string {
  const handler = handlerMs > 0 ? `, ${shownHandler(handlerMs)}` : '';
  return `${String(inFlight)} in flight, ${shownBytes(bodyBytes)}${handler}`;
}

function shownHandler(handlerMs: number): string {
  return handlerMs === 0 ? 'at once' : `0-${String(handlerMs)} ms`;
}

/** Who took part, and why others did not. */
export function preparedTable(all: readonly Prepared[]): string {
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

/**
 * How this project stands to each of the others, where many requests are in flight and the handler answers at once.
 *
 * @returns a table for each of this project's wires that took part
 */
export function ratioTables(entries: readonly Entry[], findings: Findings<RoundTrips>): string[] {
  const crowded = entries.filter(({ cell }) => cell.inFlight > 1 && cell.handlerMs === 0);
  return [MX, STRICT].flatMap((ours) => {
    const own = crowded.filter(({ alternative }) => alternative.name === ours);
    return own.length === 0 ? [] : [ratioTable(ours, own, crowded, findings)];
  });
}

function ratioTable(
  ours: string,
  own: readonly Entry[],
  crowded: readonly Entry[],
  findings: Findings<RoundTrips>,
): string {
  const others = [...new Set(crowded.map(({ alternative }) => alternative.name))].filter((name) => name !== ours);
  const rows = others.map((name) => [
    name,
    ...own.flatMap(({ cell, trial }) => {
      const other = crowded.find((entry) => entry.cell === cell && entry.alternative.name === name);
      const ratio = (pick: (found: RoundTrips) => number): string =>
        other === undefined
          ? '-'
          : shown(ratioOfRounds(ofRounds(findings, trial, pick), ofRounds(findings, other.trial, pick)), 2);
      return [`${ratio((found) => found.perSecond)} / ${ratio(allCpuUs)}`];
    }),
  ]);
  return renderTable(
    [
      { title: `${ours}: times the round trips/s / times the CPU of`, align: 'left' },
      ...own.map(({ cell }) => ({ title: `${String(cell.inFlight)} × ${shownBytes(cell.bodyBytes)}` })),
    ],
    rows,
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

/** Everything that was found. */
export function tripsTable(entries: readonly Entry[], findings: Findings<RoundTrips>): string {
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
