// SPDX-License-Identifier: Apache-2.0
// idle - what a broker costs that only keeps its workers

import type { BenchArguments } from './arguments.js';
import type { Contestant } from './contestants.js';
import { BARE, MDP, MDP_MX } from './contestants.js';
import type { LoadGenerator, LoadReport } from './load-generator.js';
import { loadTrial } from './load-trial.js';
import { undisturbed } from './quiet.js';
import type { Findings, Progress, Trial } from './rounds.js';
import { measureInRounds } from './rounds.js';
import { ratioOfRounds } from './statistics.js';
import { WARM_SECONDS, describeOthers, medianOf, ofRounds } from './suite.js';
import { renderTable, shown } from './table.js';

/** Workers beat every 2.5 s, and ZMTP every 20 s: a shorter look would miss that. */
const LOOK_SECONDS = 21;
const QUICK_SECONDS = 3;
const MANY = 10_000;
const QUICK_MANY = 1000;

/** A broker with one worker, and with many. */
export interface IdlePair {
  readonly contestant: Pick<Contestant, 'name'>;
  readonly many: number;
  readonly oneTrial: Trial<LoadReport>;
  readonly manyTrial: Trial<LoadReport>;
}

/**
 * Measure idle brokers.
 *
 * @returns Markdown, without a newline at its ends
 */
export async function measureIdle(
  generator: LoadGenerator | string,
  given: BenchArguments,
  progress: Progress,
): Promise<string> {
  if (typeof generator === 'string') return `Idle brokers were skipped: ${generator}.`;
  const many = given.quick ? QUICK_MANY : MANY;
  const measureSeconds = given.quick ? QUICK_SECONDS : LOOK_SECONDS;
  const trial = (contestant: Contestant, workers: number): Trial<LoadReport> => {
    const load = { dialect: 'rfc18', clients: 0, window: 1, bodyBytes: 32, workers } as const;
    const time = { warmSeconds: WARM_SECONDS, measureSeconds };
    const name = `${shown(workers)} idle workers`;
    return undisturbed(loadTrial(name, contestant, generator, { ...load, ...time }), given.patience * 1000, progress);
  };
  const pairs = [MDP, MDP_MX, BARE].map((contestant): IdlePair => ({
    contestant,
    many,
    oneTrial: trial(contestant, 1),
    manyTrial: trial(contestant, many),
  }));
  const findings = await measureInRounds(
    [pairs.map(({ oneTrial }) => oneTrial), pairs.map(({ manyTrial }) => manyTrial)],
    given.rounds,
    progress,
  );
  return `${describeOthers(findings)}\n\n${idleTable(pairs, findings)}`;
}

/** What each keeps, and what one worker of many costs. */
export function idleTable(pairs: readonly IdlePair[], findings: Findings<LoadReport>): string {
  const rows = pairs.flatMap(({ contestant, many, oneTrial, manyTrial }) => {
    const row = (workers: number, trial: Trial<LoadReport>, each: string): string[] => [
      contestant.name,
      shown(workers),
      `${shown(medianOf(findings, trial, (report) => report.busyShare) * 100, 1)} %`,
      shown(medianOf(findings, trial, (report) => report.rssKiB) / 1024),
      each,
    ];
    return [row(1, oneTrial, ''), row(many, manyTrial, shown(kibEach(many, findings, oneTrial, manyTrial), 1))];
  });
  return renderTable(
    [
      { title: 'broker', align: 'left' },
      { title: 'idle workers' },
      { title: 'of a core' },
      { title: 'RSS MiB' },
      { title: 'KiB/worker' },
    ],
    rows,
  );
}

/** What one more worker takes, in KiB: the median of the rounds' differences. */
function kibEach(
  many: number,
  findings: Findings<LoadReport>,
  oneTrial: Trial<LoadReport>,
  manyTrial: Trial<LoadReport>,
): number {
  const of = (trial: Trial<LoadReport>): (number | undefined)[] => ofRounds(findings, trial, ({ rssKiB }) => rssKiB);
  const ones = of(oneTrial);
  const more = of(manyTrial).map((kib, i) => (kib ?? NaN) - (ones[i] ?? NaN));
  // A round without one of the two counts for nothing.
  return ratioOfRounds(
    more.map((kib) => (Number.isNaN(kib) ? undefined : kib)),
    more.map(() => many - 1),
  );
}
