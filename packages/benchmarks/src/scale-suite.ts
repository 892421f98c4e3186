// SPDX-License-Identifier: Apache-2.0
// scale-suite - whether thousands of workers and services cost those who work anything

import type { Contestant } from './contestants.js';
import { BARE, MDP } from './contestants.js';
import type { LoadGenerator, LoadReport } from './load-generator.js';
import type { Trial } from './rounds.js';
import { measureInRounds } from './rounds.js';
import { ratioOfRounds } from './statistics.js';
import type { SuiteContext } from './suite.js';
import { WARM_SECONDS, medianOf, ofRounds } from './suite.js';
import { renderTable, shown, shownShare } from './table.js';

const CLIENTS = 64;
const BODY_BYTES = 32;
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

/**
 * Measure.
 *
 * @returns Markdown, without a newline at its ends
 */
export async function scaleSuite({ given, generator, progress }: SuiteContext): Promise<string> {
  if (typeof generator === 'string') return `Skipped: ${generator}.`;
  const trial = (contestant: Contestant, crowd: Crowd): Trial<LoadReport> =>
    crowdTrial(contestant, generator, crowd, given.seconds);
  const [few, crowded, spread] = [trial(MDP, FEW), trial(MDP, CROWDED), trial(MDP, SPREAD)];
  const [bareFew, bareSpread] = [trial(BARE, FEW), trial(BARE, SPREAD_BARE)];
  const findings = await measureInRounds([[few, crowded, spread, bareFew, bareSpread]], given.rounds, progress);
  const rows = [
    { trial: few, contestant: MDP, crowd: FEW, reference: few, wanted: '' },
    { trial: crowded, contestant: MDP, crowd: CROWDED, reference: few, wanted: `≥ ${shownShare(SHARE_OF_FEW)}` },
    { trial: spread, contestant: MDP, crowd: SPREAD, reference: few, wanted: '' },
    { trial: bareFew, contestant: BARE, crowd: FEW, reference: bareFew, wanted: '' },
    { trial: bareSpread, contestant: BARE, crowd: SPREAD_BARE, reference: bareFew, wanted: '' },
  ].map(({ trial: one, contestant, crowd, reference, wanted }) => [
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
    wanted,
  ]);
  return renderTable(
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
}

function crowdTrial(
  contestant: Contestant,
  generator: LoadGenerator,
  { name, ...crowd }: Crowd,
  measureSeconds: number,
): Trial<LoadReport> {
  return {
    name: `${contestant.name}, ${name}`,
    async measure() {
      const { child, endpoint } = await contestant.start('rfc18');
      try {
        return await generator.run(endpoint, child.pid, {
          dialect: 'rfc18',
          clients: CLIENTS,
          window: 1,
          bodyBytes: BODY_BYTES,
          ...crowd,
          warmSeconds: WARM_SECONDS,
          measureSeconds,
        });
      } finally {
        await child.kill();
      }
    },
  };
}
