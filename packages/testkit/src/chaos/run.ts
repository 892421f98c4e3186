// SPDX-License-Identifier: Apache-2.0
// run - one scenario: its cluster, its faults in the order that follows from the seed, and what the ledgers say in the end

import type { Report } from './check.js';
import { check } from './check.js';
import { Cluster } from './cluster.js';
import type { Broken } from './contract.js';
import { brokenPromises } from './contract.js';
import type { FaultKind } from './faults.js';
import { pass } from './faults.js';
import type { Entry } from './ledger.js';
import { ledgerNow } from './ledger.js';
import { leftovers } from './leftovers.js';
import type { Wires } from './load.js';
import { SeededRandom } from './random.js';
import type { Scenario } from './scenario-parts.js';
import { timelineOf } from './timeline.js';

/** What to run, and for how long. */
export interface RunOptions {
  readonly scenario: Scenario;
  readonly wires: Wires;
  /** The schedule follows from it. */
  readonly seed: number;
  /**
   * How long it is to take, in milliseconds: as many whole rounds as come nearest to it, in each of which every fault comes once.
   * Default 0: one round.
   */
  readonly forMs?: number;
  /** How long it is quiet before each fault, in milliseconds. Default 1,200: enough to know the usual rate. */
  readonly quietMs?: number;
  /** A Python that has Majortomo, when its broker is to be used. */
  readonly python?: string;
}

/** What came of a run. */
export interface Run {
  readonly scenario: Scenario;
  readonly wires: Wires;
  readonly seed: number;
  /** See {@link RunOptions.forMs}. */
  readonly forMs: number;
  readonly report: Report;
  readonly broken: readonly Broken[];
  readonly entries: readonly Entry[];
  /** What stopped the run before its end, and what processes wrote to their standard error. */
  readonly complaints: readonly string[];
}

/** How much everybody must have done after each fault before it is quiet. */
const GOES_ON = 5;

/** Run a scenario. */
export async function runScenario(options: RunOptions): Promise<Run> {
  const { scenario, wires, seed, python } = options;
  const cluster = await Cluster.open({ ...scenario.settings, wires, ...(python === undefined ? {} : { python }) });
  const complaints: string[] = [];
  const victims = new Set<string>();
  try {
    try {
      await schedule(cluster, options, victims);
      await cluster.finish();
      complaints.push(...(await leftovers(cluster)));
    } catch (error) {
      complaints.push(error instanceof Error ? error.message : String(error));
    }
    complaints.push(...cluster.complaints());
    const entries = cluster.entries();
    const report = check(entries);
    const broken = scenario.contract === undefined ? [] : brokenPromises(report, scenario.contract, victims);
    return { scenario, wires, seed, forMs: options.forMs ?? 0, report, broken, entries, complaints };
  } finally {
    await cluster.close();
  }
}

async function schedule(cluster: Cluster, options: RunOptions, victims: Set<string>): Promise<void> {
  const { scenario, seed, forMs = 0, quietMs = 1_200 } = options;
  const random = new SeededRandom(seed);
  const start = ledgerNow();
  let number = 0;
  let rounds = 0;
  let passedMs = 0;
  do {
    for (const kind of shuffled(scenario.faults, random)) {
      // What chance decides is decided before anything happens: it does not depend on how long that takes.
      const quiet = quietMs * random.between(1, 1.3);
      const whom = random.next();
      const lastsMs = cluster.expiryMs * random.between(...kind.lasts);
      await pass(quiet);
      await strike(cluster, kind, { number: ++number, whom, lastsMs }, victims);
    }
    rounds++;
    passedMs = ledgerNow() - start;
  } while (passedMs + passedMs / rounds / 2 < forMs);
  // The rate after the last fault is to be seen, too.
  await pass(quietMs / 2);
}

async function strike(
  cluster: Cluster,
  kind: FaultKind,
  { number, whom, lastsMs }: { readonly number: number; readonly whom: number; readonly lastsMs: number },
  victims: Set<string>,
): Promise<void> {
  await kind.prepare?.(cluster);
  const all = { broker: cluster.brokers, worker: cluster.workers, client: cluster.clients }[kind.role];
  const target = kind.target === undefined ? all[Math.floor(whom * all.length)] : await kind.target(cluster);
  if (target === undefined) throw new Error(`there is no ${kind.role} for ${kind.name}`);
  const { role, name, endpoint } = target;
  if (role === 'client') victims.add(name);
  const facts = { fault: number, kind: kind.name, role, target: name };
  cluster.record({ what: 'faultBegan', ...facts, ...(endpoint === undefined ? {} : { endpoint }) });
  const undo = await kind.inflict(cluster, target);
  await pass(lastsMs);
  await undo();
  cluster.record({ what: 'faultOver', fault: number });
  await cluster.allWork(GOES_ON);
}

/** The same in another order. */
function shuffled<T>(values: readonly T[], random: SeededRandom): T[] {
  const ranked = values.map((value) => ({ value, rank: random.next() }));
  return ranked.sort((a, b) => a.rank - b.rank).map(({ value }) => value);
}

/** How a run is made again. */
export function replayCommand({
  scenario,
  wires,
  seed,
  forMs,
}: Pick<Run, 'scenario' | 'wires' | 'seed' | 'forMs'>): string {
  const minutes = forMs === 0 ? '' : ` --minutes ${(forMs / 60_000).toFixed(2)}`;
  return `npm run chaos -- --seed ${String(seed)} --only ${scenario.name} --wires ${wires}${minutes}`;
}

/** How many broken promises are shown with their timelines. */
const SHOWN = 3;

/**
 * What is wrong with a run, for people: the promises that were broken, each with who did what when, and how to run it again.
 *
 * @returns empty when nothing is
 */
export function troubleOf(run: Run): string {
  const { broken, complaints, entries } = run;
  if (broken.length === 0 && complaints.length === 0) return '';
  const faults = entries
    .filter(({ what }) => what === 'faultBegan' || what === 'faultOver')
    .map(
      ({ at, who, what, ...facts }) =>
        `  ${(at - (entries[0]?.at ?? 0)).toFixed(1)} ms ${what} ${JSON.stringify(facts)}`,
    );
  const shown = broken
    .slice(0, SHOWN)
    .map(({ promise, id, detail }) => `${id}: "${promise}" was broken: ${detail}\n${timelineOf(entries, id)}`);
  return [
    `${run.scenario.name} (${run.wires}): ${String(broken.length)} promises broken; seed ${String(run.seed)}`,
    `again: ${replayCommand(run)}`,
    ...complaints,
    'faults:',
    ...faults,
    ...shown,
  ].join('\n');
}
