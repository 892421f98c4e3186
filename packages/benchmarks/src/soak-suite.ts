// SPDX-License-Identifier: Apache-2.0
// soak-suite - a long run below the peak: whether memory stays as it is, and how late the latest replies are

import type { Contender } from './alternatives.js';
import { ALTERNATIVES, MX, STRICT } from './alternatives.js';
import type { LoadResult, Usage } from './children.js';
import { Child } from './children.js';
import type { PacedJob, WorkerJob } from './jobs.js';
import type { Course, Sample } from './memory.js';
import { courseOfHeap, courseOfResident } from './memory.js';
import { CONCURRENCY, tripTrial } from './round-trips.js';
import type { RunningServer } from './servers.js';
import type { SuiteContext } from './suite.js';
import { renderTable, shown, shownShare } from './table.js';

/** What this project's peers are asked to bear, of what they do at most. */
const SHARE_OF_PEAK = 0.7;
const IN_FLIGHT = 64;
const BODY_BYTES = 32;
/** How long the peak is measured, in seconds. */
const PEAK_SECONDS = 3;
/** How long the load is on before anything counts, in seconds, in a run that is long enough. */
const WARM_SECONDS = 10;
/** How often memory is looked at in a run. */
const SAMPLES = 60;
/** The longest that the last replies may take, in milliseconds. */
const GRACE_MS = 30_000;

const MEBIBYTE = 2 ** 20;
const PROCESSES = ['client', 'broker', 'worker'] as const;

/** What one run found. */
export interface Soaked {
  readonly name: string;
  readonly perSecond: number;
  readonly result: LoadResult;
  /** What each process held, by its name. */
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
}

/**
 * Measure.
 *
 * @returns Markdown, without a newline at its ends
 */
export async function soakSuite({ given, progress }: SuiteContext): Promise<string> {
  const found: Soaked[] = [];
  const missing: string[] = [];
  for (const alternative of ALTERNATIVES.filter(({ name }) => name === MX || name === STRICT)) {
    const { name } = alternative;
    const contender = await alternative.prepare();
    if (typeof contender === 'string') {
      missing.push(`${name} was not measured: ${contender}.`);
      continue;
    }
    try {
      const common = { ...contender, inFlight: IN_FLIGHT, bodyBytes: BODY_BYTES };
      const peak = await tripTrial({ name, ...common, seconds: PEAK_SECONDS }).measure();
      const perSecond = peak.perSecond * SHARE_OF_PEAK;
      progress(`${name}: ${shown(perSecond)} requests/s for ${shown(given.soakSeconds)} s`);
      found.push(await soak(name, contender, perSecond, given.soakSeconds));
    } catch (error) {
      progress(`FAILED ${name}: ${error instanceof Error ? error.message : String(error)}`);
      missing.push(`${name} failed.`);
    }
  }
  const length = `${shown(given.soakSeconds)} s at ${shownShare(SHARE_OF_PEAK)} of what was the peak just before.`;
  return [length, ...missing, latencyTable(found), memoryTable(found)].join('\n\n');
}

async function soak(name: string, contender: Contender, perSecond: number, seconds: number): Promise<Soaked> {
  const warmSeconds = Math.min(WARM_SECONDS, seconds / 5);
  const { peer, target } = contender;
  const children: Child[] = [];
  let server: RunningServer | undefined;
  try {
    server = await contender.server?.start();
    const served = { peer, target: { ...target, endpoint: server?.endpoint ?? '' } };
    const workerJob: WorkerJob = { ...served, concurrency: CONCURRENCY, handlerMs: 0 };
    const worker = Child.fork('worker-process', [JSON.stringify(workerJob)]);
    children.push(worker);
    await worker.message('ready');
    const time = { warmSeconds, measureSeconds: seconds };
    const clientJob: PacedJob = { ...served, inFlight: IN_FLIGHT, bodyBytes: BODY_BYTES, perSecond, ...time };
    const client = Child.fork('paced-client-process', [JSON.stringify(clientJob)]);
    children.push(client);
    await client.message('started', warmSeconds * 1000 + GRACE_MS);
    const finished = client.message('finished', seconds * 1000 + GRACE_MS);
    // A client that fails meanwhile is heard below, when it is waited for.
    finished.catch(() => undefined);
    const look = (): Promise<readonly (Usage | undefined)[]> =>
      Promise.all([client.usage(), server?.usage(), worker.usage()]);
    const samples = await sampleMemory(look, seconds);
    return { name, perSecond, result: (await finished).result, samples };
  } finally {
    for (const child of children.reverse()) await child.kill();
    await server?.stop();
  }
}

async function sampleMemory(
  look: () => Promise<readonly (Usage | undefined)[]>,
  seconds: number,
): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>(PROCESSES.map((process) => [process, []]));
  const begin = performance.now();
  const step = seconds / SAMPLES;
  for (let i = 0; i < SAMPLES; i++) {
    const usages = await look();
    const at = (performance.now() - begin) / 1000;
    for (const [k, process] of PROCESSES.entries()) {
      const usage = usages[k];
      if (usage === undefined) continue;
      const { rssBytes, heapBytes = NaN } = usage;
      samples.get(process)?.push({ seconds: at, rssBytes, heapBytes });
    }
    const next = (i + 1) * step - at;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next) * 1000));
  }
  return samples;
}

/** How long requests took, from when they were due. */
export function latencyTable(found: readonly Soaked[]): string {
  return renderTable(
    [
      { title: 'what', align: 'left' },
      { title: 'due/s' },
      { title: 'done/s' },
      { title: 'requests' },
      { title: 'p50 ms' },
      { title: 'p99 ms' },
      { title: 'p99.9 ms' },
      { title: 'most ms' },
    ],
    found.map(({ name, perSecond, result }) => [
      name,
      shown(perSecond),
      shown(result.requests / result.seconds),
      shown(result.requests),
      ...[result.p50Ms, result.p99Ms, result.p999Ms, result.mostMs].map((ms) => shown(ms, 2)),
    ]),
  );
}

/** What each process held at the start, in the middle and at the end, and how that grew. */
export function memoryTable(found: readonly Soaked[]): string {
  const rows = found.flatMap(({ name, samples }) =>
    [...samples].flatMap(([process, own]) => {
      const row = (what: string, { start, middle, end, perHour }: Course): string[] => [
        name,
        process,
        what,
        ...[start, middle, end, perHour].map((bytes) => shown(bytes / MEBIBYTE, 1)),
      ];
      return [row('RSS', courseOfResident(own)), row('heap', courseOfHeap(own))];
    }),
  );
  return renderTable(
    [
      { title: 'what', align: 'left' },
      { title: 'process', align: 'left' },
      { title: 'memory', align: 'left' },
      { title: 'start MiB' },
      { title: 'middle MiB' },
      { title: 'end MiB' },
      { title: 'MiB/hour' },
    ],
    rows,
  );
}
