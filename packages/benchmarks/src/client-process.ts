// SPDX-License-Identifier: Apache-2.0
// client-process - a client with so many requests in flight, in a process of its own
// Usage (by the harness): client-process JOB, as JSON

import { argument, report, serveHarness, usageNow } from './child-process.js';
import type { ClientJob } from './jobs.js';
import { loadPeer } from './peers/index.js';
import { percentile } from './statistics.js';

const { peer, target, inFlight, bodyBytes, warmSeconds, measureSeconds } = JSON.parse(argument(0)) as ClientJob;

/** How much longer is measured where nothing has come yet. */
const PATIENCE_SECONDS = 10;

serveHarness();
const ask = await (await loadPeer(peer)).ask(target, bodyBytes, inFlight);

let phase: 'warming' | 'measuring' | 'over' = 'warming';
const latencies: number[] = [];

/** One request after the other, until the time is over. */
async function askAgainAndAgain(): Promise<void> {
  while (phase !== 'over') {
    const asked = performance.now();
    if ((await ask()) !== bodyBytes) throw new Error('the reply is not the request');
    if (phase === 'measuring') latencies.push(performance.now() - asked);
  }
}

function pass(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

const lanes = Array.from({ length: inFlight }, askAgainAndAgain);
await pass(warmSeconds);
report({ type: 'started' });
phase = 'measuring';
const before = usageNow();
const begin = performance.now();
await pass(measureSeconds);
// On a machine with other things to do the first reply may take longer than a short measurement.
for (let waited = 0; latencies.length === 0 && waited < PATIENCE_SECONDS; waited += measureSeconds)
  await pass(measureSeconds);
phase = 'over';
const seconds = (performance.now() - begin) / 1000;
const usage = usageNow();
report({
  type: 'finished',
  result: {
    requests: latencies.length,
    seconds,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    p999Ms: percentile(latencies, 0.999),
    mostMs: percentile(latencies, 1),
    cpuUs: usage.cpuUs - before.cpuUs,
    rssBytes: usage.rssBytes,
  },
});
// A request that is lost keeps this process from its end, and the harness waits only so long.
await Promise.all(lanes);
report({ type: 'settled' });
