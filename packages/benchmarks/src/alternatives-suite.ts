// SPDX-License-Identifier: Apache-2.0
// alternatives-suite - round trips through this project beside what users would pick instead

import { cpuChart, throughputChart } from './alternatives-charts.js';
import type { Cell, Entry, Prepared } from './alternatives-tables.js';
import { preparedTable, ratioTables, shownCell, tripsTable } from './alternatives-tables.js';
import { ALTERNATIVES } from './alternatives.js';
import { undisturbed } from './quiet.js';
import { tripTrial } from './round-trips.js';
import { measureInRounds } from './rounds.js';
import type { SuiteContext } from './suite.js';
import { describeOthers } from './suite.js';

const AT_ONCE: readonly Cell[] = [32, 1024, 65_536].flatMap((bodyBytes) =>
  [1, 64, 256].map((inFlight) => ({ inFlight, bodyBytes, handlerMs: 0 })),
);
/** What a handler does takes a while in the end. */
const AFTER_A_WHILE: Cell = { inFlight: 64, bodyBytes: 32, handlerMs: 4 };
const QUICK: readonly Cell[] = AT_ONCE.filter(({ inFlight, bodyBytes }) => inFlight === 64 && bodyBytes === 32);

/** V8 needs longer for larger libraries: after one second gRPC's calls still cost up to three times what they do later. */
const WARM_SECONDS = 3;

/**
 * Measure.
 *
 * @returns Markdown, without a newline at its ends
 */
export async function alternativesSuite({ given, progress, draw }: SuiteContext): Promise<string> {
  const all: Prepared[] = [];
  for (const alternative of ALTERNATIVES) {
    progress(`preparing ${alternative.name}`);
    all.push({ alternative, contender: await alternative.prepare() });
  }
  const cells = given.quick ? QUICK : [...AT_ONCE, AFTER_A_WHILE];
  const groups = cells.map((cell) =>
    all.flatMap(({ alternative, contender }): Entry[] => {
      if (typeof contender === 'string') return [];
      const name = `${alternative.name}, ${shownCell(cell)}`;
      const trial = tripTrial({ name, warmSeconds: WARM_SECONDS, seconds: given.seconds, ...contender, ...cell });
      return [{ cell, alternative, trial: undisturbed(trial, given.patience * 1000, progress) }];
    }),
  );
  const findings = await measureInRounds(
    groups.map((entries) => entries.map(({ trial }) => trial)),
    given.rounds,
    progress,
  );
  const entries = groups.flat();
  return [
    describeOthers(findings),
    preparedTable(all),
    ...ratioTables(entries, findings),
    draw('alternatives-throughput', throughputChart(entries, findings)),
    draw('alternatives-cpu', cpuChart(entries, findings)),
    tripsTable(entries, findings),
  ].join('\n\n');
}
