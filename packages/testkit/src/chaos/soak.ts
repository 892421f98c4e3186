// SPDX-License-Identifier: Apache-2.0
// soak - the same broker, workers and clients for a long time, with others coming, going and being killed: whether they end as they began

import type { Counts } from './check.js';
import { addCounts, check, noCounts } from './check.js';
import type { Member } from './cluster.js';
import { Cluster } from './cluster.js';
import type { Broken } from './contract.js';
import { brokenPromises } from './contract.js';
import { killed, pass } from './faults.js';
import type { Watched } from './flatness.js';
import type { Role } from './ledger.js';
import { ledgerNow } from './ledger.js';
import { leftovers } from './leftovers.js';
import type { Wires } from './load.js';
import { SeededRandom } from './random.js';
import { BROKER_LOST } from './scenario-parts.js';
import { SOAK } from './scenarios.js';
import { timelineOf } from './timeline.js';
import { Watch, growing } from './watch.js';

/** How a soak runs. */
export interface SoakOptions {
  /** For how long, from {@link LEAST_MINUTES}. */
  readonly minutes: number;
  readonly seed: number;
  /** Those who stay leak so many bytes in each second, by role: to see that it is noticed. Default: nobody does. */
  readonly leak?: Readonly<Partial<Record<Role, number>>>;
  readonly print: (line: string) => void;
}

/** What came of a soak. */
export interface Soaked {
  readonly counts: Counts;
  readonly kills: number;
  /** How often those who stay were looked at. */
  readonly looks: number;
  readonly watched: readonly Watched[];
  /** What went wrong, for people; empty when nothing did. */
  readonly trouble: readonly string[];
}

/** A shorter soak would see too little behind {@link WARM_MS}. */
export const LEAST_MINUTES = 3;

/** What is seen before does not count, in milliseconds: a broker remembers connections that are gone for 60 to 75 s. */
const WARM_MS = 90_000;

/** Ledgers are checked, and begun anew, each time that so much has passed, in milliseconds: they would fill the disk. */
const CHAPTER_MS = 60_000;

/** Somebody is killed so often, in milliseconds. */
const KILL_MS = 10_000;

/** Those who stay are looked at so often, in milliseconds. */
const LOOK_MS = 2_000;

/** How long clients may take to end what they have begun, in milliseconds. */
const REST_MS = 40_000;

/** Who comes speaks one wire, who comes next the other. */
const WIRES: readonly Wires[] = ['mx', 'strict'];

/** Run for so long. */
export async function soak({ minutes, seed, leak = {}, print }: SoakOptions): Promise<Soaked> {
  const random = new SeededRandom(seed);
  const cluster = await Cluster.open({ ...SOAK, wires: 'mx' });
  const counts = noCounts();
  const trouble: string[] = [];
  let kills = 0;
  try {
    const watch = await whoStays(cluster);
    for (const member of [...cluster.brokers, ...cluster.workers, ...cluster.clients]) {
      const bytesPerSecond = leak[member.role];
      if (bytesPerSecond !== undefined && watch.has(member)) member.process.tell({ order: 'leak', bytesPerSecond });
    }
    for (const wires of WIRES) await arrive(cluster, 'worker', wires);
    await arrive(cluster, 'client', random.pick(WIRES));
    const until = ledgerNow() + minutes * 60_000;
    const warmAt = ledgerNow() + WARM_MS;
    for (let chapter = 1; ledgerNow() < until && trouble.length === 0; chapter++) {
      kills += await play(cluster, Math.min(until, ledgerNow() + CHAPTER_MS), random, watch, warmAt);
      await cluster.pause(REST_MS);
      trouble.push(...settle(cluster, counts), ...cluster.complaints());
      trouble.push(...(await leftovers(cluster, [...cluster.brokers, ...cluster.workers, ...cluster.clients])));
      print(`chapter ${String(chapter)}: ${String(counts.requests)} requests so far, ${String(kills)} kills`);
      cluster.forget();
      if (ledgerNow() < until) cluster.goOn();
    }
    const watched = watch.courses();
    trouble.push(...growing(watched));
    return { counts, kills, looks: watch.looks, watched, trouble };
  } finally {
    await cluster.close();
  }
}

/**
 * Those who are never killed: of each role one on each wire, a broker speaks both. Who is killed begins with fresh memory, which
 * tells nothing; who stays is there for all that came and went.
 */
async function whoStays(cluster: Cluster): Promise<Watch> {
  return new Watch(
    cluster,
    new Map([
      ['broker', cluster.oldest('broker')],
      ['worker, mx', cluster.oldest('worker')],
      ['worker, strict', await arrive(cluster, 'worker', 'strict')],
      ['client, mx', cluster.oldest('client')],
      ['client, strict', await arrive(cluster, 'client', 'strict')],
    ]),
  );
}

function arrive(cluster: Cluster, role: 'worker' | 'client', wires: Wires): Promise<Member> {
  if (role === 'client') return cluster.startClient(undefined, wires);
  // A worker is told the ids of requests by MX only.
  return wires === 'mx' ? cluster.startWorker(wires) : cluster.startWorker(wires, {});
}

/** One chapter. @returns how many were killed */
async function play(
  cluster: Cluster,
  until: number,
  random: SeededRandom,
  watch: Watch,
  warmAt: number,
): Promise<number> {
  let kills = 0;
  let killAt = ledgerNow() + KILL_MS;
  while (ledgerNow() < until) {
    await pass(Math.min(LOOK_MS, Math.max(0, until - ledgerNow())));
    if (ledgerNow() >= warmAt) await watch.look();
    if (ledgerNow() < killAt) continue;
    killAt += KILL_MS;
    const role = random.pick(['worker', 'client', 'broker'] as const);
    const all = { broker: cluster.brokers, worker: cluster.workers, client: cluster.clients }[role];
    const target = random.pick(all.filter((member) => !watch.has(member)));
    const kind = killed(role).name;
    cluster.record({ what: 'faultBegan', fault: ++kills, kind, role, target: target.name });
    await cluster.kill(target);
    if (role === 'broker') await cluster.startBroker(target.endpoint ?? '');
    else await arrive(cluster, role, random.pick(WIRES));
    cluster.record({ what: 'faultOver', fault: kills });
  }
  return kills;
}

/** Check a chapter's ledgers. @returns what was broken, with its timeline */
function settle(cluster: Cluster, counts: Counts): string[] {
  const entries = cluster.entries();
  const report = check(entries);
  addCounts(counts, report.all);
  const broken: Broken[] = brokenPromises(report, { mayFail: { stream: BROKER_LOST } });
  return broken
    .slice(0, 3)
    .map(({ promise, id, detail }) => `${id}: "${promise}" was broken: ${detail}\n${timelineOf(entries, id)}`);
}
