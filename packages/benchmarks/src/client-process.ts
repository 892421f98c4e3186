// SPDX-License-Identifier: Apache-2.0
// client-process - a client with so many requests in flight, in a process of its own
// Usage (by the harness): client-process ENDPOINT DIALECT IN_FLIGHT BODY_BYTES WARM_SECONDS MEASURE_SECONDS

import { Client } from '@mdp/client';
import type { Dialect } from '@mdp/protocol';
import { argument, report, serveHarness, usageNow } from './child-process.js';
import { percentile } from './statistics.js';

const inFlight = Number(argument(2));
const body = Buffer.alloc(Number(argument(3)), 'x');
const warmMs = Number(argument(4)) * 1000;
const measureMs = Number(argument(5)) * 1000;

serveHarness();
const client = new Client(argument(0), {
  dialect: argument(1) as Dialect,
  timeoutMs: 10_000,
  maxSockets: inFlight,
});

let phase: 'warming' | 'measuring' | 'over' = 'warming';
const latencies: number[] = [];

/** One request after the other, until the time is over. */
async function askAgainAndAgain(): Promise<void> {
  while (phase !== 'over') {
    const asked = performance.now();
    const reply = await client.request('echo', body);
    if (reply.length !== 1 || reply[0]?.length !== body.length) throw new Error('the reply is not the request');
    if (phase === 'measuring') latencies.push(performance.now() - asked);
  }
}

const lanes = Array.from({ length: inFlight }, askAgainAndAgain);
await new Promise((resolve) => setTimeout(resolve, warmMs));
report({ type: 'started' });
phase = 'measuring';
const { cpuUs } = usageNow();
const begin = performance.now();
await new Promise((resolve) => setTimeout(resolve, measureMs));
phase = 'over';
const seconds = (performance.now() - begin) / 1000;
report({
  type: 'finished',
  result: {
    requests: latencies.length,
    seconds,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    cpuUs: usageNow().cpuUs - cpuUs,
  },
});
await Promise.all(lanes);
await client.close();
