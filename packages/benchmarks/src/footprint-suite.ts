// SPDX-License-Identifier: Apache-2.0
// footprint-suite - what this project takes before it has done anything: memory, disk, and time to start

import { tmpdir } from 'node:os';
import { measureIdle } from './idle.js';
import { npmReason } from './installed.js';
import type { Footprint } from './packed.js';
import { installPublished } from './packed.js';
import { undisturbed } from './quiet.js';
import type { Findings, Trial } from './rounds.js';
import { measureInRounds } from './rounds.js';
import type { Start } from './startup.js';
import { FIRST_REPLY, NOTHING, loading, startTrial } from './startup.js';
import type { SuiteContext } from './suite.js';
import { describeOthers, medianOf } from './suite.js';
import { renderTable, shown } from './table.js';

/** A start takes a fraction of a second, and is measured so many times in each round. */
const STARTS = 5;

/**
 * Measure.
 *
 * @returns Markdown, without a newline at its ends
 */
export async function footprintSuite({ given, generator, progress }: SuiteContext): Promise<string> {
  const idle = await measureIdle(generator, given, progress);
  progress('packing and installing');
  let installed: Footprint[];
  try {
    installed = await installPublished();
  } catch (error) {
    return `${idle}\n\nThe packages could not be installed: ${npmReason(error)}.`;
  }
  const trial = (name: string, folder: string, program: string): Trial<Start> =>
    undisturbed(startTrial(name, folder, program), given.patience * 1000, progress);
  const nothing = trial('Node.js itself', tmpdir(), NOTHING);
  const loads = installed.map(({ name, project }) => trial(`load ${name}`, project, loading(name)));
  // The command line comes with all the others.
  const first = trial('broker, worker, client: first reply', installed.at(-1)?.project ?? '', FIRST_REPLY);
  const findings = await measureInRounds([[nothing, ...loads, first]], given.rounds * STARTS, progress);
  return [
    idle,
    sizeTable(installed),
    describeOthers(findings),
    startTable([nothing, ...loads, first], nothing, findings),
  ].join('\n\n');
}

/** What is downloaded and what is on disk then. */
export function sizeTable(installed: readonly Footprint[]): string {
  return renderTable(
    [
      { title: 'package', align: 'left' },
      { title: 'itself packed KiB' },
      { title: 'installed with all it needs KiB' },
      { title: 'packages' },
    ],
    installed.map(({ name, packedBytes, bytes, packages }) => [
      name,
      shown(packedBytes / 1024),
      shown(bytes / 1024),
      shown(packages),
    ]),
  );
}

/** How long the starts took, and how much of it is not Node.js. */
export function startTable(trials: readonly Trial<Start>[], nothing: Trial<Start>, findings: Findings<Start>): string {
  const msOf = (trial: Trial<Start>): number => medianOf(findings, trial, ({ ms }) => ms);
  return renderTable(
    [{ title: 'from the start of Node.js to', align: 'left' }, { title: 'ms' }, { title: 'without Node.js itself' }],
    trials.map((trial) => [trial.name, shown(msOf(trial)), shown(msOf(trial) - msOf(nothing))]),
  );
}
