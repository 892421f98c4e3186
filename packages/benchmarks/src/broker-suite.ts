// SPDX-License-Identifier: Apache-2.0
// broker-suite - what one broker can do, on the strict wire and over MX, beside the bare loop and Majortomo's broker

import { DIALECTS } from '@mdp/protocol';
import type { Contestant, RunningBroker } from './contestants.js';
import { BARE, MDP, MDP_MX, majortomoContestant, silentMajortomoContestant } from './contestants.js';
import type { Load, LoadGenerator, LoadReport } from './load-generator.js';
import type { Disturbed } from './quiet.js';
import { undisturbed } from './quiet.js';
import type { Findings, Trial } from './rounds.js';
import { measureInRounds } from './rounds.js';
import { ratioOfRounds } from './statistics.js';
import type { SuiteContext } from './suite.js';
import { WARM_SECONDS, describeGenerator, describeOthers, medianOf, ofRounds } from './suite.js';
import { renderTable, shown, shownBytes, shownShare } from './table.js';

/** The loads that the goals speak of, and two more: how many clients, and how many requests each has outstanding. */
const SHAPES: readonly Pick<Load, 'clients' | 'window'>[] = [
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

/** What one round found about the contestants. */
interface SideBySide extends Disturbed {
  readonly reports: ReadonlyMap<Contestant, LoadReport>;
}

/** Contestants under the same load. */
interface Cell {
  readonly load: Load;
  readonly contestants: readonly Contestant[];
  readonly trial: Trial<SideBySide>;
}

type Figure = (report: LoadReport) => number;
const perSecond: Figure = (report) => report.perSecond;
const cpuUs: Figure = (report) => report.cpuUs;
const mainUs: Figure = (report) => report.mainUs;

/** One number of one contestant; NaN where it is missing. */
function of(contestant: Contestant, pick: Figure): (found: SideBySide) => number {
  return ({ reports }) => {
    const report = reports.get(contestant);
    return report === undefined ? NaN : pick(report);
  };
}

function isGoal({ clients, window, bodyBytes }: Load): boolean {
  return bodyBytes === 32 && clients * window === 64;
}

function shownShape({ clients, window }: Load): string {
  return `${String(clients)} × ${String(window)}`;
}

/**
 * Measure.
 *
 * @returns Markdown, without a newline at its ends
 */
export async function brokerSuite({ given, generator, majortomo, progress }: SuiteContext): Promise<string> {
  if (typeof generator === 'string') return `Skipped: ${generator}.`;
  const rivals =
    typeof majortomo === 'string' ? [] : [majortomoContestant(majortomo), silentMajortomoContestant(majortomo)];
  const besides = { rfc18: [MDP_MX], majortomo: rivals, mdp01: [] };
  const cells: Cell[] = [];
  for (const dialect of DIALECTS) {
    for (const bodyBytes of BODIES) {
      for (const shape of SHAPES) {
        const load = { dialect, ...shape, bodyBytes, warmSeconds: WARM_SECONDS, measureSeconds: given.seconds };
        if (given.quick && (dialect === 'mdp01' || !isGoal(load))) continue;
        const contestants = [BARE, MDP, ...besides[dialect]];
        const trial = undisturbed(sideBySide(contestants, generator, load), given.patience * 1000, progress);
        cells.push({ load, contestants, trial });
      }
    }
  }
  const findings = await measureInRounds(
    cells.map(({ trial }) => [trial]),
    given.rounds,
    progress,
  );
  const parts = [
    typeof majortomo === 'string' ? `Majortomo was skipped: ${majortomo}.` : `${majortomo.description}.`,
    `${describeOthers(findings)} ${describeGenerator(reportsOf(findings))}`,
    goalTable(cells, findings, rivals),
    allTable(cells, findings),
  ];
  return parts.join('\n\n');
}

function sideBySide(contestants: readonly Contestant[], generator: LoadGenerator, load: Load): Trial<SideBySide> {
  return {
    name: `${load.dialect}, ${shownShape(load)}, ${shownBytes(load.bodyBytes)}`,
    async measure() {
      const running: RunningBroker[] = [];
      try {
        for (const contestant of contestants) running.push(await contestant.start(load.dialect));
        const found = await generator.run(running, load);
        const reports = new Map<Contestant, LoadReport>();
        for (const [i, contestant] of contestants.entries()) {
          const report = found[i];
          if (report === undefined) throw new Error(`the load generator did not report on ${contestant.name}`);
          reports.set(contestant, report);
        }
        return { reports, othersShare: found[0]?.othersShare ?? 0 };
      } finally {
        for (const { child } of running) await child.kill();
      }
    },
  };
}

function reportsOf(findings: Findings<SideBySide>): LoadReport[] {
  return [...findings.values()].flat().flatMap((found) => [...(found?.reports.values() ?? [])]);
}

function goalTable(cells: readonly Cell[], findings: Findings<SideBySide>, rivals: readonly Contestant[]): string {
  const rows: string[][] = [];
  for (const { load, contestants, trial } of cells) {
    if (!isGoal(load)) continue;
    const figures = (contestant: Contestant, pick: Figure): (number | undefined)[] =>
      ofRounds(findings, trial, of(contestant, pick));
    const faster = (than: Contestant, who = MDP): number =>
      ratioOfRounds(figures(who, perSecond), figures(than, perSecond));
    const lighter = (than: Contestant, who = MDP): number => ratioOfRounds(figures(than, mainUs), figures(who, mainUs));
    const name = `${load.dialect}, ${shownShape(load)}`;
    const wanted = `≥ ${shownShare(SHARE_OF_BARE)}`;
    rows.push(['share of the bare loop', name, wanted, shownShare(faster(BARE)), shownShare(lighter(BARE))]);
    if (contestants.includes(MDP_MX)) {
      rows.push([
        'over MX, times the strict wire',
        name,
        '',
        shown(faster(MDP, MDP_MX), 1),
        shown(lighter(MDP, MDP_MX), 1),
      ]);
    }
    for (const rival of rivals) {
      if (!contestants.includes(rival)) continue;
      const times = `≥ ${String(TIMES_MAJORTOMO)}`;
      rows.push([`times ${rival.name}`, name, times, shown(faster(rival), 1), shown(lighter(rival), 1)]);
    }
  }
  return renderTable(
    [
      { title: 'goal', align: 'left' },
      { title: 'dialect, clients × outstanding', align: 'left' },
      { title: 'wanted' },
      { title: 'req/s' },
      { title: 'by main thread' },
    ],
    rows,
  );
}

function allTable(cells: readonly Cell[], findings: Findings<SideBySide>): string {
  const rows: string[][] = [];
  for (const { load, contestants, trial } of cells) {
    for (const contestant of contestants) {
      const middle = (pick: Figure): number => medianOf(findings, trial, of(contestant, pick));
      const toBare = (pick: Figure): number =>
        ratioOfRounds(ofRounds(findings, trial, of(contestant, pick)), ofRounds(findings, trial, of(BARE, pick)));
      rows.push([
        load.dialect,
        shownShape(load),
        shownBytes(load.bodyBytes),
        contestant.name,
        shown(middle(perSecond)),
        shown(
          middle((report) => report.p50Ms),
          2,
        ),
        shown(
          middle((report) => report.p99Ms),
          2,
        ),
        shown(middle(cpuUs), 1),
        shown(middle(mainUs), 1),
        shown(middle((report) => report.rssKiB) / 1024),
        shownShare(toBare(perSecond)),
        shownShare(toBare(cpuUs)),
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
      { title: 'main µs/req' },
      { title: 'RSS MiB' },
      { title: 'req/s : bare' },
      { title: 'CPU : bare' },
    ],
    rows,
  );
}
