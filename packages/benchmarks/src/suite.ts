// SPDX-License-Identifier: Apache-2.0
// suite - what every group of measurements is given, and how its findings become numbers

import type { BenchArguments } from './arguments.js';
import type { Svg } from './charts/svg.js';
import type { LoadGenerator, LoadReport } from './load-generator.js';
import type { Majortomo } from './majortomo.js';
import type { Findings, Progress, Trial } from './rounds.js';
import type { Disturbed } from './quiet.js';
import { median } from './statistics.js';
import { shownShare } from './table.js';

/** What a suite works with. Where something is missing, a string says why. */
export interface SuiteContext {
  readonly given: BenchArguments;
  readonly generator: LoadGenerator | string;
  readonly majortomo: Majortomo | string;
  readonly progress: Progress;
  /**
   * Hand over a chart, which is written beside the document.
   *
   * @param name - of its file, without `.svg`
   * @returns Markdown that shows it
   */
  readonly draw: (name: string, svg: Svg) => string;
}

/** How long a process warms up before it is measured, in seconds: V8 compiles its hot loops in this time. */
export const WARM_SECONDS = 1;

/**
 * How much others did meanwhile, in one sentence: the median over all measurements, and the most.
 */
export function describeOthers(findings: Findings<Disturbed>): string {
  const shares = [...findings.values()].flat().map((found) => found?.othersShare ?? NaN);
  const known = shares.filter((share) => !Number.isNaN(share));
  if (known.length === 0) return 'Nothing could be measured.';
  return `Other processes took ${shownShare(median(known))} of the machine meanwhile, ${shownShare(Math.max(...known))} at most.`;
}

/** How near the load generator came to its own limit, in one sentence; nothing where nothing was measured. */
export function describeGenerator(reports: readonly Pick<LoadReport, 'generatorShare'>[]): string {
  if (reports.length === 0) return '';
  const shares = reports.map(({ generatorShare }) => generatorShare);
  return `The load generator took ${shownShare(median(shares))} of a core, ${shownShare(Math.max(...shares))} at most.`;
}

/** One number of each round of a trial. */
export function ofRounds<T>(
  findings: Findings<T>,
  trial: Trial<T>,
  pick: (found: T) => number,
): (number | undefined)[] {
  return (findings.get(trial) ?? []).map((found) => (found === undefined ? undefined : pick(found)));
}

/** The median of one number over the rounds that did not fail; NaN when all failed. */
export function medianOf<T>(findings: Findings<T>, trial: Trial<T>, pick: (found: T) => number): number {
  return median(ofRounds(findings, trial, pick).filter((value) => value !== undefined));
}
