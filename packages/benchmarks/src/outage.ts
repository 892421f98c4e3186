// SPDX-License-Identifier: Apache-2.0
// outage - a worker that hardly gets on for a while, and clients that repeat: what they send with a retry budget and without

import type { BrokerCount } from './children.js';
import { Child } from './children.js';
import type { OverloadJob, WorkerJob } from './jobs.js';
import type { Phase, PhaseResult } from './open-load.js';
import { REPLIED } from './open-load.js';
import { GRACE_MS } from './overload-course.js';
import type { Wire } from './peers/peer.js';
import type { Progress } from './rounds.js';
import { renderTable, shown, shownShare } from './table.js';

/** How many times as long each request takes during the outage. */
const SLOWER = 20;
/** How clients repeat: an attempt may take so long, in milliseconds, and all of them together so long. */
const ATTEMPT_MS = 300;
const TIMEOUT_MS = 2_000;
const ATTEMPTS = 10;
const RETRY = { attempts: ATTEMPTS, baseMs: 50, maxMs: 200 };
/** What is offered, of the peak. */
const OFFERED = 0.5;
/** How long it goes well before and after, in seconds. */
const BEFORE_SECONDS = 10;
const AFTER_SECONDS = 20;
/** A reply that takes longer is out of the ordinary, in milliseconds. */
const USUAL_MS = 100;

/** Who suffers. */
export interface OutageJob {
  readonly wire: Wire;
  readonly clients: number;
  /** What the worker can do in a second when all is well. */
  readonly peak: number;
  /** How long the outage lasts, in seconds. */
  readonly seconds: number;
  readonly bodyBytes: number;
  readonly worker: Pick<WorkerJob, 'concurrency' | 'handlerMs'>;
  /** Whether the clients have their default budget, or none that ends. */
  readonly budget: boolean;
}

/** What one phase brought. */
export interface OutagePhase {
  readonly asked: number;
  readonly replies: number;
  /** What reached the broker, and what it gave to the worker. */
  readonly count: BrokerCount;
}

/** What was found. */
export interface Outage {
  readonly job: OutageJob;
  /** Before, during and after. */
  readonly phases: readonly OutagePhase[];
  /** From the end of the outage until replies came as usual, in milliseconds. */
  readonly usualFromMs: number;
}

/**
 * Measure each with a budget and without.
 *
 * @returns Markdown, without a newline at its ends
 */
export async function outages(jobs: readonly Omit<OutageJob, 'budget'>[], progress: Progress): Promise<string> {
  const found: Outage[] = [];
  const missing: string[] = [];
  for (const job of jobs) {
    for (const budget of [true, false]) {
      const name = `outage, ${nameOf(job)}, ${budget ? 'default' : 'no'} budget`;
      progress(name);
      try {
        found.push(await outage({ ...job, budget }));
      } catch (error) {
        progress(`FAILED ${name}: ${error instanceof Error ? error.message : String(error)}`);
        missing.push(`${name} failed.`);
      }
    }
  }
  return [describeOutage(jobs[0]?.seconds ?? 0), ...missing, outageTable(found)].join('\n\n');
}

function nameOf({ clients, wire }: Pick<OutageJob, 'clients' | 'wire'>): string {
  return `${shown(clients)} clients, ${wire}`;
}

async function outage(job: OutageJob): Promise<Outage> {
  const { wire, clients, peak, seconds, bodyBytes, budget } = job;
  const phase = (forSeconds: number): Phase => ({
    perSecond: peak * OFFERED,
    seconds: forSeconds,
    usualMs: USUAL_MS,
  });
  const children: Child[] = [];
  const start = (script: string, what: object): Child => {
    const child = Child.fork(script, [JSON.stringify(what)]);
    children.push(child);
    return child;
  };
  try {
    const broker = start('broker-process', {});
    const { endpoint } = await broker.message('ready');
    const workerJob: WorkerJob = { peer: 'mdp', target: { endpoint, wire }, ...job.worker, steady: true };
    const worker = start('worker-process', workerJob);
    await worker.message('ready');
    const clientJob: OverloadJob = {
      type: 'open',
      endpoint,
      wire,
      timeoutMs: TIMEOUT_MS,
      bodyBytes,
      clients,
      phases: [phase(BEFORE_SECONDS), phase(seconds), phase(AFTER_SECONDS)],
      options: { attemptTimeoutMs: ATTEMPT_MS, retry: RETRY, ...(budget ? {} : { retryBudget: false }) },
    };
    const client = start('overload-client-process', clientJob);
    const inAllMs = (BEFORE_SECONDS + seconds + AFTER_SECONDS) * 1000 + GRACE_MS;
    const end = client.message('course', inAllMs);
    const counts: BrokerCount[] = [];
    const followed = (async () => {
      for (const slower of [1, SLOWER, 1]) {
        await client.message('phase', inAllMs);
        worker.send({ type: 'handler', ms: job.worker.handlerMs * slower });
        counts.push(await broker.count());
      }
    })();
    const [{ phases }] = await Promise.all([end, followed]);
    counts.push(await broker.count());
    return { job, phases: phasesOf(phases, counts), usualFromMs: phases.at(-1)?.usualFromMs ?? NaN };
  } finally {
    for (const child of children.reverse()) await child.kill();
  }
}

/**
 * What each phase brought.
 *
 * @param counts - what the broker had counted when each of them began, and at the end
 */
export function phasesOf(results: readonly PhaseResult[], counts: readonly BrokerCount[]): OutagePhase[] {
  return results.map(({ ends }, i) => {
    const from = counts[i];
    const to = counts[i + 1];
    const between = (pick: (count: BrokerCount) => number): number =>
      from === undefined || to === undefined ? NaN : pick(to) - pick(from);
    return {
      asked: Object.values(ends).reduce((sum, { count }) => sum + count, 0),
      replies: ends[REPLIED]?.count ?? 0,
      count: { requests: between(({ requests }) => requests), dispatched: between(({ dispatched }) => dispatched) },
    };
  });
}

/** How it was measured, in words. */
function describeOutage(seconds: number): string {
  return (
    `And an outage: for ${shown(seconds)} s each request takes the worker ${shown(SLOWER)} times as long. Clients ask for ` +
    `${shownShare(OFFERED)} of the peak all the time, and repeat after ${shown(ATTEMPT_MS)} ms without a reply, up to ` +
    `${shown(ATTEMPTS)} attempts in ${shown(TIMEOUT_MS)} ms. What reaches the broker, and what it gives to the worker, for each ` +
    `request that was asked for in the ${shown(BEFORE_SECONDS)} s before, during the outage, and in the ${shown(AFTER_SECONDS)} s after it.`
  );
}

/** What clients send with a budget and without. */
export function outageTable(found: readonly Outage[]): string {
  return renderTable(
    [
      { title: 'who', align: 'left' },
      { title: 'retry budget', align: 'left' },
      { title: 'asked/s' },
      { title: 'sent before' },
      { title: 'during' },
      { title: 'after' },
      { title: 'worked on before' },
      { title: 'during' },
      { title: 'after' },
      { title: 'replied before' },
      { title: 'during' },
      { title: 'after' },
      { title: 'as usual after s' },
    ],
    found.map(({ job, phases, usualFromMs }) => [
      nameOf(job),
      job.budget ? 'default' : 'none',
      shown(job.peak * OFFERED),
      ...phases.map(({ asked, count }) => shown(count.requests / asked, 2)),
      ...phases.map(({ asked, count }) => shown(count.dispatched / asked, 2)),
      ...phases.map(({ asked, replies }) => shownShare(replies / asked)),
      usualFromMs === Infinity ? `> ${shown(AFTER_SECONDS)}` : shown(usualFromMs / 1000, 1),
    ]),
  );
}
