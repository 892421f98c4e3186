// SPDX-License-Identifier: Apache-2.0
// overload-suite - three times as much as can be done: what is still done, how the rest ends, and how long it lasts

import type { Share, Usage } from './children.js';
import { Child } from './children.js';
import { GRACE_MS, course } from './overload-course.js';
import type { Held } from './overload-course.js';
import type { Group, OverloadJob, WorkerJob } from './jobs.js';
import type { Phase, PhaseResult } from './open-load.js';
import { REPLIED } from './open-load.js';
import type { OutageJob } from './outage.js';
import { outages } from './outage.js';
import type { Wire } from './peers/peer.js';
import { ownServer } from './servers.js';
import type { SuiteContext } from './suite.js';
import { renderTable, shown, shownShare } from './table.js';

/** A worker that does so many requests at a time, each in the same time: its capacity does not hang on the machine. */
const CONCURRENCY = 8;
const SERVICE_MS = 5;
const BODY_BYTES = 32;
const TIMEOUT_MS = 1_000;
/** What is offered, of the peak: before, during and after the overload. */
const OFFERED = { before: 0.5, during: 3, after: 0.5 } as const;
/** How long these last, in seconds. */
const BEFORE_SECONDS = 5;
const AFTER_SECONDS = 10;
/** The peak is the best of so many looks: what disturbs one takes away from it, and nothing adds to it. */
const PEAK_LOOKS = 5;
const PEAK_SECONDS = 2;
const SHARES_SECONDS = 5;
/** An outage lasts for so much of what the overload does. */
const OUTAGE_SHARE = 1 / 3;
/** A reply that takes longer is out of the ordinary, in milliseconds. */
const USUAL_MS = 100;
/** At least so much of the peak is to be done under overload. */
const WANTED_GOODPUT = 0.8;
const MEBIBYTE = 2 ** 20;

const MODEST: Group = { clients: 100, inFlight: 1 };
const GREEDY: Group = { clients: 1, inFlight: 1_000 };

/** Who is overloaded. On the strict wire each client has up to 256 requests at the broker, by MX 1,000. */
const KINDS: readonly { readonly name: string; readonly wire: Wire; readonly clients: number }[] = [
  { name: '8 clients, mx', wire: 'mx', clients: 8 },
  { name: '8 clients, rfc18', wire: 'rfc18', clients: 8 },
  { name: '1 client, rfc18', wire: 'rfc18', clients: 1 },
];

/** What was found of one kind. */
export interface Overloaded {
  readonly name: string;
  readonly peak: number;
  readonly during: PhaseResult;
  readonly after: PhaseResult;
  readonly held: readonly Held[];
  /** The modest alone. */
  readonly alone: Share;
  /** The modest, and the greedy one beside them. */
  readonly beside: readonly [Share, Share];
}

/**
 * Measure.
 *
 * @returns Markdown, without a newline at its ends
 */
export async function overloadSuite({ given, progress }: SuiteContext): Promise<string> {
  const found: Overloaded[] = [];
  const missing: string[] = [];
  for (const kind of KINDS) {
    progress(`overload, ${kind.name}`);
    try {
      found.push(await measure(kind.name, kind.wire, kind.clients, given.overloadSeconds));
    } catch (error) {
      progress(`FAILED ${kind.name}: ${error instanceof Error ? error.message : String(error)}`);
      missing.push(`${kind.name} failed.`);
    }
  }
  const what =
    `${shown(OFFERED.during)} times the peak for ${shown(given.overloadSeconds)} s, after ${shown(BEFORE_SECONDS)} s and before ` +
    `${shown(AFTER_SECONDS)} s of half of it. A worker with ${shown(CONCURRENCY)} places and ${shown(SERVICE_MS)} ms for each request; ` +
    `deadlines of ${shown(TIMEOUT_MS)} ms, no repetitions.`;
  const tables = [goodputTable(found), endsTable(found), heldTable(found), sharesTable(found)];
  const hit = found.flatMap((one) => outageOf(one, given.overloadSeconds * OUTAGE_SHARE));
  return [what, ...missing, ...tables, await outages(hit, progress)].join('\n\n');
}

/** Who suffers an outage: several clients. One more would tell nothing new. */
function outageOf({ name, peak }: Overloaded, seconds: number): Omit<OutageJob, 'budget'>[] {
  const kind = KINDS.find((one) => one.name === name);
  if (kind === undefined || kind.clients === 1) return [];
  const worker = { concurrency: CONCURRENCY, handlerMs: SERVICE_MS };
  return [{ wire: kind.wire, clients: kind.clients, peak, seconds, bodyBytes: BODY_BYTES, worker }];
}

async function measure(name: string, wire: Wire, clients: number, seconds: number): Promise<Overloaded> {
  const server = await ownServer('broker-process').start();
  const workerJob: WorkerJob = {
    peer: 'mdp',
    target: { endpoint: server.endpoint, wire },
    concurrency: CONCURRENCY,
    handlerMs: SERVICE_MS,
    steady: true,
  };
  const worker = Child.fork('worker-process', [JSON.stringify(workerJob)]);
  try {
    await worker.message('ready');
    const common = { endpoint: server.endpoint, wire, timeoutMs: TIMEOUT_MS, bodyBytes: BODY_BYTES };
    const closed = (groups: readonly Group[], forSeconds: number): Promise<readonly Share[]> =>
      shares({ ...common, type: 'closed', groups, seconds: forSeconds });
    let peak = 0;
    for (let look = 0; look < PEAK_LOOKS; look++) {
      const [all] = await closed([{ clients, inFlight: (8 * CONCURRENCY) / clients }], PEAK_SECONDS);
      peak = Math.max(peak, all?.perSecond ?? 0);
    }
    const phase = (share: number, forSeconds: number): Phase => ({
      perSecond: peak * share,
      seconds: forSeconds,
      usualMs: USUAL_MS,
    });
    const phases = [
      phase(OFFERED.before, BEFORE_SECONDS),
      phase(OFFERED.during, seconds),
      phase(OFFERED.after, AFTER_SECONDS),
    ];
    const { results, held } = await course({ ...common, type: 'open', clients, phases }, server);
    const [alone] = await closed([MODEST], SHARES_SECONDS);
    const [modest, greedy] = await closed([MODEST, GREEDY], SHARES_SECONDS);
    const [, during, after] = results;
    if (during === undefined || after === undefined) throw new Error('a phase is missing');
    if (alone === undefined || modest === undefined || greedy === undefined) throw new Error('a share is missing');
    return { name, peak, during, after, held, alone, beside: [modest, greedy] };
  } finally {
    await worker.kill();
    await server.stop();
  }
}

async function shares(job: OverloadJob & { readonly type: 'closed' }): Promise<readonly Share[]> {
  const client = Child.fork('overload-client-process', [JSON.stringify(job)]);
  try {
    return (await client.message('shares', job.seconds * 1000 + GRACE_MS)).shares;
  } finally {
    await client.kill();
  }
}

const goodputOf = ({ during }: Overloaded): number => (during.ends[REPLIED]?.count ?? 0) / during.seconds;

/** What is still done. */
export function goodputTable(found: readonly Overloaded[]): string {
  return renderTable(
    [
      { title: 'who', align: 'left' },
      { title: 'peak/s' },
      { title: 'offered/s' },
      { title: 'replies/s' },
      { title: 'of the peak' },
      { title: 'wanted' },
      { title: 'p50 ms' },
      { title: 'p99 ms' },
      { title: 'as usual after s' },
    ],
    found.map((one) => [
      one.name,
      shown(one.peak),
      shown(one.peak * OFFERED.during),
      shown(goodputOf(one)),
      shownShare(goodputOf(one) / one.peak),
      `≥ ${shownShare(WANTED_GOODPUT)}`,
      shown(one.during.ends[REPLIED]?.p50Ms, 1),
      shown(one.during.ends[REPLIED]?.p99Ms, 1),
      shown(one.after.usualFromMs / 1000, 1),
    ]),
  );
}

/** How the requests ended that were due meanwhile. */
export function endsTable(found: readonly Overloaded[]): string {
  const rows = found.flatMap(({ name, during }) => {
    const ends = Object.entries(during.ends).sort(([, a], [, b]) => b.count - a.count);
    const all = ends.reduce((sum, [, { count }]) => sum + count, 0);
    return ends.map(([word, { count, p50Ms, p99Ms }]) => [
      name,
      word === REPLIED ? word : `\`${word}\``,
      shown(count),
      shownShare(count / all),
      shown(p50Ms, 1),
      shown(p99Ms, 1),
    ]);
  });
  return renderTable(
    [
      { title: 'who', align: 'left' },
      { title: 'end', align: 'left' },
      { title: 'requests' },
      { title: 'share' },
      { title: 'p50 ms' },
      { title: 'p99 ms' },
    ],
    rows,
  );
}

/** What memory they took. */
export function heldTable(found: readonly Overloaded[]): string {
  const cells = ({ rssBytes, heapBytes = NaN }: Usage): string[] => [
    shown(rssBytes / MEBIBYTE, 1),
    shown(heapBytes / MEBIBYTE, 1),
  ];
  return renderTable(
    [
      { title: 'who', align: 'left' },
      { title: 'process', align: 'left' },
      { title: 'RSS before' },
      { title: 'heap' },
      { title: 'most RSS during' },
      { title: 'heap' },
      { title: 'RSS after' },
      { title: 'heap' },
    ],
    found.flatMap(({ name, held }) =>
      held.map(({ process, before, during, after }) => [
        name,
        process,
        ...cells(before),
        ...cells(during),
        ...cells(after),
      ]),
    ),
  );
}

/** What modest clients get beside a greedy one: the same for each kind on a wire, so that of the last one is told. */
export function sharesTable(found: readonly Overloaded[]): string {
  const byWire = new Map(found.map((one) => [wireOf(one.name), one]));
  const cells = ({ perSecond, p50Ms, p99Ms }: Share): string[] => [shown(perSecond), shown(p50Ms, 1), shown(p99Ms, 1)];
  return renderTable(
    [
      { title: 'wire', align: 'left' },
      { title: 'clients', align: 'left' },
      { title: 'replies/s' },
      { title: 'p50 ms' },
      { title: 'p99 ms' },
      { title: 'of alone' },
    ],
    Array.from(
      byWire,
      ([
        wire,
        {
          alone,
          beside: [modest, greedy],
        },
      ]) => [
        [wire, '100 modest, alone', ...cells(alone), ''],
        [wire, '100 modest, beside the greedy one', ...cells(modest), shownShare(modest.perSecond / alone.perSecond)],
        [wire, 'the greedy one', ...cells(greedy), ''],
      ],
    ).flat(),
  );
}

function wireOf(name: string): string {
  return KINDS.find((kind) => kind.name === name)?.wire ?? name;
}
