// SPDX-License-Identifier: Apache-2.0
// scale-suite - whether thousands of workers and services cost those who work anything

import type { Contestant } from './contestants.js';
import { BARE, MDP } from './contestants.js';
import type { LoadGenerator, LoadReport } from './load-generator.js';
import { loadTrial } from './load-trial.js';
import { undisturbed } from './quiet.js';
import type { Trial } from './rounds.js';
import { measureInRounds } from './rounds.js';
import { ratioOfRounds } from './statistics.js';
import type { SuiteContext } from './suite.js';
import { WARM_SECONDS, describeOthers, medianOf, ofRounds } from './suite.js';
import { renderTable, shown, shownShare } from './table.js';

const CLIENTS = 64;
const BODY_BYTES = 32;
/** Workers beat every 2.5 s, and ZMTP every 20 s: a shorter measurement would miss what a crowd costs. */
const LEAST_SECONDS = 21;
const QUICK_SECONDS = 5;
/** At least so much of what the few do. */
const SHARE_OF_FEW = 0.85;

/** How many there are, and who takes the load. */
interface Crowd {
  readonly name: string;
  readonly workers: number;
  readonly services: number;
  readonly idleWorkers?: number;
  readonly idleServices?: number;
}

const FEW: Crowd = { name: '64 workers, 1 service', workers: 64, services: 1 };
const CROWDED: Crowd = {
  name: '5,000 workers, 10,000 services; the load goes to 64 workers of 1 service',
  workers: 64,
  services: 1,
  idleWorkers: 4936,
  idleServices: 9999,
};
const SPREAD: Crowd = {
  name: '5,000 workers, 10,000 services; the load goes round 5,000 of each',
  workers: 5000,
  services: 5000,
  idleServices: 5000,
};
/** A loop that knows no services cannot keep requests for those without workers. */
const SPREAD_BARE: Crowd = { name: '5,000 workers; the load goes round all of them', workers: 5000, services: 5000 };

/** One row of the table. */
interface Entry {
  readonly contestant: Contestant;
  readonly crowd: Crowd;
  readonly trial: Trial<LoadReport>;
  /** What it is compared with; itself when left out. */
  readonly reference?: Trial<LoadReport>;
  readonly wanted: string;
}

/**
 * Measure.
 *
 * @returns Markdown, without a newline at its ends
 */
export async function scaleSuite({ given, generator, progress }: SuiteContext): Promise<string> {
  if (typeof generator === 'string') return `Skipped: ${generator}.`;
  const seconds = given.quick ? QUICK_SECONDS : Math.max(LEAST_SECONDS, given.seconds);
  const trial = (contestant: Contestant, crowd: Crowd): Trial<LoadReport> =>
    undisturbed(crowdTrial(contestant, generator, crowd, seconds), given.patience * 1000, progress);
  const few = { contestant: MDP, crowd: FEW, trial: trial(MDP, FEW), wanted: '' };
  const wanted = `≥ ${shownShare(SHARE_OF_FEW)}`;
  const crowded = { contestant: MDP, crowd: CROWDED, trial: trial(MDP, CROWDED), reference: few.trial, wanted };
  const spread = { contestant: MDP, crowd: SPREAD, trial: trial(MDP, SPREAD), reference: few.trial, wanted: '' };
  const bare = { contestant: BARE, crowd: FEW, trial: trial(BARE, FEW), wanted: '' };
  const bareSpread = {
    contestant: BARE,
    crowd: SPREAD_BARE,
    trial: trial(BARE, SPREAD_BARE),
    reference: bare.trial,
    wanted: '',
  };
  const entries: readonly Entry[] = given.quick ? [few, crowded] : [few, crowded, spread, bare, bareSpread];
  const rounds = given.quick ? 1 : given.rounds;
  const findings = await measureInRounds([entries.map((entry) => entry.trial)], rounds, progress);
  const rows = entries.map(({ trial: one, contestant, crowd, reference = one, wanted: goal }) => [
    contestant.name,
    crowd.name,
    shown(medianOf(findings, one, (report) => report.perSecond)),
    shown(
      medianOf(findings, one, (report) => report.p99Ms),
      2,
    ),
    shown(
      medianOf(findings, one, (report) => report.cpuUs),
      1,
    ),
    shown(medianOf(findings, one, (report) => report.rssKiB) / 1024),
    shownShare(
      ratioOfRounds(
        ofRounds(findings, one, (report) => report.perSecond),
        ofRounds(findings, reference, (report) => report.perSecond),
      ),
    ),
    goal,
  ]);
  const table = renderTable(
    [
      { title: 'broker', align: 'left' },
      { title: 'registered', align: 'left' },
      { title: 'req/s' },
      { title: 'p99 ms' },
      { title: 'CPU µs/req' },
      { title: 'RSS MiB' },
      { title: 'of its few' },
      { title: 'wanted' },
    ],
    rows,
  );
  return `${describeOthers(findings)}\n\n${table}`;
}

function crowdTrial(
  contestant: Contestant,
  generator: LoadGenerator,
  { name, ...crowd }: Crowd,
  measureSeconds: number,
): Trial<LoadReport> {
  const load = { dialect: 'rfc18', clients: CLIENTS, window: 1, bodyBytes: BODY_BYTES, ...crowd } as const;
  return loadTrial(name, contestant, generator, { ...load, warmSeconds: WARM_SECONDS, measureSeconds });
}
