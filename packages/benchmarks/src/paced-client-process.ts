// SPDX-License-Identifier: Apache-2.0
// paced-client-process - a client that sends so many requests a second, whether replies come or not
// Usage (by the harness): paced-client-process JOB, as JSON
//
// A request's time counts from when it was due, not from when it was sent: a process that stalls makes all that were due
// meanwhile late, and a client that waits for replies would not see it. What is due while very many are under way is sent
// when there is room, late. The load grows while it warms up: none of the processes is fast from its first request on.

import { argument, report, serveHarness, usageNow } from './child-process.js';
import { Histogram } from './histogram.js';
import type { PacedJob } from './jobs.js';
import { loadPeer } from './peers/index.js';

const job = JSON.parse(argument(0)) as PacedJob;
const { peer, target, inFlight, bodyBytes, perSecond, warmSeconds, measureSeconds } = job;

serveHarness();
const kind = await loadPeer(peer);
const ask = await kind.ask(target, bodyBytes, inFlight);

/** The most requests under way: what a client of this project sends before it waits for replies. */
const MOST_UNDER_WAY = 1000;

const times = new Histogram();
const begin = performance.now();
const measureFrom = begin + warmSeconds * 1000;
const measureUntil = measureFrom + measureSeconds * 1000;
/** So many are due until it is warm, and in all. */
const dueWarm = Math.floor((perSecond * warmSeconds) / 2);
const dueInAll = dueWarm + Math.floor(perSecond * measureSeconds);
let sent = 0;
let underWay = 0;
let settle: () => void;
const allDone = new Promise<void>((resolve) => {
  settle = resolve;
});

/** How many are due by now. */
function due(now: number): number {
  if (now >= measureUntil) return dueInAll;
  if (now >= measureFrom) return dueWarm + ((now - measureFrom) / 1000) * perSecond;
  return dueWarm * ((now - begin) / (measureFrom - begin)) ** 2;
}

/** A request that fails ends this process, and with it the measurement. */
async function askOnce(dueAt: number): Promise<void> {
  underWay++;
  if ((await ask()) !== bodyBytes) throw new Error('the reply is not the request');
  underWay--;
  if (dueAt >= measureFrom) times.add(performance.now() - dueAt);
  if (underWay === MOST_UNDER_WAY - 1) sendWhatIsDue();
  else if (underWay === 0 && sent >= dueInAll) settle();
}

function sendWhatIsDue(): void {
  for (const most = due(performance.now()); sent < most && underWay < MOST_UNDER_WAY; sent++) {
    void askOnce(sent < dueWarm ? begin : measureFrom + ((sent - dueWarm) / perSecond) * 1000);
  }
}

function pass(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

const timer = setInterval(sendWhatIsDue, 1);
await pass(warmSeconds);
report({ type: 'started' });
const before = usageNow();
await pass(measureSeconds);
const seconds = (performance.now() - measureFrom) / 1000;
const usage = usageNow();
await allDone;
clearInterval(timer);
report({
  type: 'finished',
  result: {
    requests: times.count,
    seconds,
    p50Ms: times.percentile(0.5),
    p99Ms: times.percentile(0.99),
    p999Ms: times.percentile(0.999),
    mostMs: times.most,
    cpuUs: usage.cpuUs - before.cpuUs,
    rssBytes: usage.rssBytes,
  },
});
