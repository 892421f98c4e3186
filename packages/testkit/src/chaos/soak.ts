// SPDX-License-Identifier: Apache-2.0
// soak - one broker for a long time, with everybody else coming and going: whether it ends as it began

import type { Counts } from './check.js';
import { addCounts, check, noCounts } from './check.js';
import { Cluster } from './cluster.js';
import type { Broken } from './contract.js';
import { brokenPromises } from './contract.js';
import { killed, pass } from './faults.js';
import type { Course, Sample, Slack } from './flatness.js';
import { coursesOf } from './flatness.js';
import { ledgerNow } from './ledger.js';
import { leftovers } from './leftovers.js';
import type { Wires } from './load.js';
import { SeededRandom } from './random.js';
import { SOAK } from './scenarios.js';
import { timelineOf } from './timeline.js';

/** How a soak runs. */
export interface SoakOptions {
  /** For how long, from {@link LEAST_MINUTES}. */
  readonly minutes: number;
  readonly seed: number;
  readonly print: (line: string) => void;
}

/** What came of a soak. */
export interface Soaked {
  readonly counts: Counts;
  readonly kills: number;
  readonly samples: readonly Sample[];
  readonly courses: readonly Course[];
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

/** The broker is looked at so often, in milliseconds. */
const LOOK_MS = 2_000;

const MEBIBYTE = 2 ** 20;

/** Medians may grow by so much: mebibytes, or a number. */
const SLACK: Slack = {
  'RSS MiB': 32,
  'heap MiB': 4,
  'external MiB': 8,
  files: 16,
  connections: 16,
  queued: 16,
  running: 8,
};

/** Who comes speaks one wire, who comes next the other. */
const WIRES: readonly Wires[] = ['mx', 'strict'];

/** Run for so long. */
export async function soak({ minutes, seed, print }: SoakOptions): Promise<Soaked> {
  const random = new SeededRandom(seed);
  const cluster = await Cluster.open({ ...SOAK, wires: 'mx' });
  const counts = noCounts();
  const samples: Sample[] = [];
  const trouble: string[] = [];
  let kills = 0;
  try {
    const until = ledgerNow() + minutes * 60_000;
    const warmAt = ledgerNow() + WARM_MS;
    for (let chapter = 1; ledgerNow() < until && trouble.length === 0; chapter++) {
      kills += await play(cluster, Math.min(until, ledgerNow() + CHAPTER_MS), random, (sample) => {
        if (ledgerNow() >= warmAt) samples.push(sample);
      });
      await cluster.finish();
      const broken = settle(cluster, counts);
      trouble.push(...broken, ...cluster.complaints());
      trouble.push(...(await leftovers(cluster)));
      print(`chapter ${String(chapter)}: ${String(counts.requests)} requests so far, ${String(kills)} kills`);
      cluster.forget();
      if (ledgerNow() < until) await Promise.all(WIRES.map((wires) => cluster.startClient(undefined, wires)));
    }
    const courses = coursesOf(samples, SLACK);
    for (const { name } of courses.filter(({ flat }) => !flat)) trouble.push(`${name} is not flat`);
    return { counts, kills, samples, courses, trouble };
  } finally {
    await cluster.close();
  }
}

/** One chapter. @returns how many were killed */
async function play(
  cluster: Cluster,
  until: number,
  random: SeededRandom,
  seen: (sample: Sample) => void,
): Promise<number> {
  let kills = 0;
  let killAt = ledgerNow() + KILL_MS;
  while (ledgerNow() < until) {
    await pass(Math.min(LOOK_MS, Math.max(0, until - ledgerNow())));
    seen(await look(cluster));
    if (ledgerNow() < killAt) continue;
    killAt += KILL_MS;
    const role = random.pick(['worker', 'client'] as const);
    const kind = killed(role).name;
    const target = random.pick(role === 'worker' ? cluster.workers : cluster.clients);
    cluster.record({ what: 'faultBegan', fault: ++kills, kind, role, target: target.name });
    await cluster.kill(target);
    const wires = random.pick(WIRES);
    if (role === 'worker') await cluster.startWorker(wires);
    else await cluster.startClient(undefined, wires);
    cluster.record({ what: 'faultOver', fault: kills });
  }
  return kills;
}

async function look(cluster: Cluster): Promise<Sample> {
  const [broker] = cluster.brokers;
  if (broker === undefined) throw new Error('the broker is gone');
  const { stats, usage } = await cluster.stats(broker);
  const { services, workers, requests, connections, outbox } = stats;
  return {
    'RSS MiB': usage.rss / MEBIBYTE,
    'heap MiB': usage.heap / MEBIBYTE,
    'external MiB': usage.external / MEBIBYTE,
    files: usage.files,
    services: services.length,
    workers: workers.registered,
    queued: requests.queued,
    running: requests.running,
    connections,
    'outbox peers': outbox.peers,
  };
}

/** Check a chapter's ledgers. @returns what was broken, with its timeline */
function settle(cluster: Cluster, counts: Counts): string[] {
  const entries = cluster.entries();
  const report = check(entries);
  addCounts(counts, report.all);
  const broken: Broken[] = brokenPromises(report, { mayFail: { stream: ['MDP_REMOTE 502'] } });
  return broken
    .slice(0, 3)
    .map(({ promise, id, detail }) => `${id}: "${promise}" was broken: ${detail}\n${timelineOf(entries, id)}`);
}
