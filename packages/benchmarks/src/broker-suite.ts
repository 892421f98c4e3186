// SPDX-License-Identifier: Apache-2.0
// broker-suite - what one broker can do, beside the bare loop and Majortomo's broker

import type { Dialect } from '@mdp/protocol';
import { DIALECTS } from '@mdp/protocol';
import type { Contestant } from './contestants.js';
import { BARE, MDP, majortomoContestant } from './contestants.js';
import type { LoadGenerator, LoadReport } from './load-generator.js';
import { undisturbed } from './quiet.js';
import type { Findings, Trial } from './rounds.js';
import { measureInRounds } from './rounds.js';
import { ratioOfRounds } from './statistics.js';
import type { SuiteContext } from './suite.js';
import { WARM_SECONDS, describeOthers, medianOf, ofRounds } from './suite.js';
import { renderTable, shown, shownBytes, shownShare } from './table.js';

/** A load: how many clients, and how many requests each has outstanding. */
interface Shape {
  readonly clients: number;
  readonly window: number;
}

/** The loads that the goals speak of, and two more. */
const SHAPES: readonly Shape[] = [
  { clients: 1, window: 1 },
  { clients: 64, window: 1 },
  { clients: 1, window: 64 },
  { clients: 256, window: 1 },
];
const BODIES = [32, 1024, 65_536];
/** At least so much of what the bare loop does. */
const SHARE_OF_BARE = 0.85;
/** At least so many times what Majortomo's broker does. */
const TIMES_MAJORTOMO = 3;

/** Contestants under the same load. */
interface Cell {
  readonly dialect: Dialect;
  readonly shape: Shape;
  readonly bodyBytes: number;
  readonly bare: Trial<LoadReport>;
  readonly mdp: Trial<LoadReport>;
  readonly majortomo: Trial<LoadReport> | undefined;
}

function isGoal({ shape, bodyBytes }: Pick<Cell, 'shape' | 'bodyBytes'>): boolean {
  return bodyBytes === 32 && shape.clients * shape.window === 64;
}

function shownShape({ clients, window }: Shape): string {
  return `${String(clients)} × ${String(window)}`;
}

/**
 * Measure.
 *
 * @returns Markdown, without a newline at its ends
 */
export async function brokerSuite({ given, generator, majortomo, progress }: SuiteContext): Promise<string> {
  if (typeof generator === 'string') return `Skipped: ${generator}.`;
  const rival = typeof majortomo === 'string' ? undefined : majortomoContestant(majortomo);
  const cells: Cell[] = [];
  for (const dialect of DIALECTS) {
    for (const bodyBytes of BODIES) {
      for (const shape of SHAPES) {
        if (given.quick && (dialect === 'mdp01' || !isGoal({ shape, bodyBytes }))) continue;
        const trial = (contestant: Contestant): Trial<LoadReport> =>
          undisturbed(
            loadTrial(contestant, generator, { dialect, ...shape, bodyBytes }, given.seconds),
            given.patience * 1000,
            progress,
          );
        const beside = dialect === 'majortomo' && rival !== undefined ? trial(rival) : undefined;
        cells.push({ dialect, shape, bodyBytes, bare: trial(BARE), mdp: trial(MDP), majortomo: beside });
      }
    }
  }
  const groups = cells.map((cell) => [cell.bare, cell.mdp, cell.majortomo].filter((trial) => trial !== undefined));
  const findings = await measureInRounds(groups, given.rounds, progress);
  const parts = [
    typeof majortomo === 'string' ? `Majortomo was skipped: ${majortomo}.` : `${majortomo.description}.`,
    describeOthers(findings),
    goalTable(cells, findings),
    allTable(cells, findings),
  ];
  return parts.join('\n\n');
}

function loadTrial(
  contestant: Contestant,
  generator: LoadGenerator,
  load: { dialect: Dialect; clients: number; window: number; bodyBytes: number },
  measureSeconds: number,
): Trial<LoadReport> {
  return {
    name: `${contestant.name}, ${load.dialect}, ${shownShape(load)}, ${shownBytes(load.bodyBytes)}`,
    async measure() {
      const { child, endpoint } = await contestant.start(load.dialect);
      try {
        return await generator.run(endpoint, child.pid, { ...load, warmSeconds: WARM_SECONDS, measureSeconds });
      } finally {
        await child.kill();
      }
    },
  };
}

const perSecond = (report: LoadReport): number => report.perSecond;

function goalTable(cells: readonly Cell[], findings: Findings<LoadReport>): string {
  const rows: string[][] = [];
  for (const cell of cells.filter(isGoal)) {
    const ours = ofRounds(findings, cell.mdp, perSecond);
    const load = `${cell.dialect}, ${shownShape(cell.shape)}`;
    const share = ratioOfRounds(ours, ofRounds(findings, cell.bare, perSecond));
    rows.push(['share of the bare loop', load, `≥ ${shownShare(SHARE_OF_BARE)}`, shownShare(share)]);
    if (cell.majortomo === undefined) continue;
    const times = ratioOfRounds(ours, ofRounds(findings, cell.majortomo, perSecond));
    rows.push(['times Majortomo', load, `≥ ${String(TIMES_MAJORTOMO)}`, shown(times, 1)]);
  }
  return renderTable(
    [
      { title: 'goal', align: 'left' },
      { title: 'dialect, clients × outstanding', align: 'left' },
      { title: 'wanted' },
      { title: 'measured' },
    ],
    rows,
  );
}

function allTable(cells: readonly Cell[], findings: Findings<LoadReport>): string {
  const rows: string[][] = [];
  for (const cell of cells) {
    const bare = ofRounds(findings, cell.bare, perSecond);
    const bareCpu = ofRounds(findings, cell.bare, (report) => report.cpuUs);
    const contestants = [
      [BARE.name, cell.bare],
      [MDP.name, cell.mdp],
      ['Majortomo', cell.majortomo],
    ] as const;
    for (const [name, trial] of contestants) {
      if (trial === undefined) continue;
      const of = (pick: (report: LoadReport) => number): number => medianOf(findings, trial, pick);
      rows.push([
        cell.dialect,
        shownShape(cell.shape),
        shownBytes(cell.bodyBytes),
        name,
        shown(of(perSecond)),
        shown(
          of((report) => report.p50Ms),
          2,
        ),
        shown(
          of((report) => report.p99Ms),
          2,
        ),
        shown(
          of((report) => report.cpuUs),
          1,
        ),
        shown(of((report) => report.rssKiB) / 1024),
        shownShare(ratioOfRounds(ofRounds(findings, trial, perSecond), bare)),
        shownShare(
          ratioOfRounds(
            ofRounds(findings, trial, (report) => report.cpuUs),
            bareCpu,
          ),
        ),
      ]);
    }
  }
  return renderTable(
    [
      { title: 'dialect', align: 'left' },
      { title: 'clients × outstanding' },
      { title: 'body' },
      { title: 'broker', align: 'left' },
      { title: 'req/s' },
      { title: 'p50 ms' },
      { title: 'p99 ms' },
      { title: 'CPU µs/req' },
      { title: 'RSS MiB' },
      { title: 'req/s : bare' },
      { title: 'CPU : bare' },
    ],
    rows,
  );
}
