// SPDX-License-Identifier: Apache-2.0
// round-trips - one measurement of a client process, a server and a worker process, whatever they speak

import { Child } from './children.js';
import type { Usage } from './children.js';
import type { ClientJob, WorkerJob } from './jobs.js';
import type { PeerName } from './peers/index.js';
import type { Target } from './peers/peer.js';
import type { Disturbed } from './quiet.js';
import { machineTime, othersShare } from './quiet.js';
import type { Trial } from './rounds.js';
import type { RunningServer, Server } from './servers.js';
import { WARM_SECONDS } from './suite.js';

/** How many requests the worker may have at a time. */
export const CONCURRENCY = 64;
/** The longest that a client may take beyond its warm-up and its measurement, in milliseconds. */
const GRACE_MS = 20_000;

/** What one of the processes used. */
export interface Share {
  /** CPU time per request, in microseconds. */
  readonly cpuUs: number;
  /** Resident memory at the end, in bytes. */
  readonly rssBytes: number;
}

/** What was found. */
export interface RoundTrips extends Disturbed {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly client: Share;
  /** Missing where client and worker meet by themselves. */
  readonly server?: Share;
  readonly worker: Share;
}

/** What is measured. */
export interface Trip {
  readonly name: string;
  readonly peer: PeerName;
  readonly target: Omit<Target, 'endpoint'>;
  readonly server?: Server;
  readonly inFlight: number;
  readonly bodyBytes: number;
  /** How long the handler takes at most, in milliseconds. Default 0: it answers at once. */
  readonly handlerMs?: number;
  readonly seconds: number;
  /** Default {@link WARM_SECONDS}. */
  readonly warmSeconds?: number;
}

/** CPU time of all processes together, for each request, in microseconds. */
export function allCpuUs({ client, server, worker }: RoundTrips): number {
  return client.cpuUs + (server?.cpuUs ?? 0) + worker.cpuUs;
}

/** Measure round trips: everything is started anew, and killed afterwards. */
export function tripTrial(trip: Trip): Trial<RoundTrips> {
  return {
    name: trip.name,
    async measure() {
      const children: Child[] = [];
      let server: RunningServer | undefined;
      try {
        server = await trip.server?.start();
        const worker = Child.fork('worker-process', [JSON.stringify(workerJob(trip, server))]);
        children.push(worker);
        const { endpoint } = await worker.message('ready');
        const client = Child.fork('client-process', [JSON.stringify(clientJob(trip, endpoint))]);
        children.push(client);
        return await measureTrips(trip, client, worker, server);
      } finally {
        for (const child of children.reverse()) await child.kill();
        await server?.stop();
      }
    },
  };
}

function workerJob({ peer, target, handlerMs = 0 }: Trip, server: RunningServer | undefined): WorkerJob {
  const endpoint = server?.endpoint ?? '';
  return { peer, target: { ...target, endpoint }, concurrency: CONCURRENCY, handlerMs };
}

function clientJob(trip: Trip, endpoint: string): ClientJob {
  const { peer, target, inFlight, bodyBytes, seconds, warmSeconds = WARM_SECONDS } = trip;
  return { peer, target: { ...target, endpoint }, inFlight, bodyBytes, warmSeconds, measureSeconds: seconds };
}

async function measureTrips(
  { seconds, warmSeconds = WARM_SECONDS }: Trip,
  client: Child,
  worker: Child,
  server: RunningServer | undefined,
): Promise<RoundTrips> {
  const look = (): Promise<[Usage, Usage | undefined]> => Promise.all([worker.usage(), server?.usage()]);
  await client.message('started', warmSeconds * 1000 + GRACE_MS);
  const finished = client.message('finished', seconds * 1000 + GRACE_MS);
  const settled = client.message('settled', seconds * 1000 + 2 * GRACE_MS);
  // A client that fails meanwhile is heard below, when it is waited for.
  finished.catch(() => undefined);
  settled.catch(() => undefined);
  const begin = machineTime();
  const before = await look();
  const { result } = await finished;
  const after = await look();
  const end = machineTime();
  // Every request that was under way has its reply, or there is no figure.
  await settled;
  const [workerUs = NaN, serverUs = 0] = after.map((usage, i) => (usage?.cpuUs ?? 0) - (before[i]?.cpuUs ?? 0));
  const share = (cpuUs: number, { rssBytes }: { rssBytes: number }): Share => ({
    cpuUs: cpuUs / result.requests,
    rssBytes,
  });
  return {
    perSecond: result.requests / result.seconds,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    client: share(result.cpuUs, result),
    ...(after[1] === undefined ? {} : { server: share(serverUs, after[1]) }),
    worker: share(workerUs, after[0]),
    othersShare: othersShare(begin, end, (result.cpuUs + workerUs + serverUs) / 1000),
  };
}
