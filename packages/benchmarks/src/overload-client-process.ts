// SPDX-License-Identifier: Apache-2.0
// overload-client-process - clients that ask for more than can be done. Usage (by the harness): overload-client-process JOB, as JSON

import { Client } from '@mdp/client';
import { argument, report, serveHarness } from './child-process.js';
import { Histogram } from './histogram.js';
import type { Group, OverloadJob } from './jobs.js';
import { REPLIED, openLoad } from './open-load.js';

const job = JSON.parse(argument(0)) as OverloadJob;
const { endpoint, wire, timeoutMs, bodyBytes, options } = job;
const body = Buffer.alloc(bodyBytes, 'x');

function connect(): Client {
  return new Client(endpoint, { wire, timeoutMs, ...options });
}

/** Make one request. @returns the word for its end */
async function ask(client: Client): Promise<string> {
  try {
    await client.request('echo', body);
    return REPLIED;
  } catch (error) {
    const { code, status } = error as { code?: string; status?: number };
    if (code === undefined) throw error;
    return status === undefined ? code : `${code} ${String(status)}`;
  }
}

/** Keep so many requests of each client of a group under way, for a while. */
async function keepBusy({ clients, inFlight }: Group, seconds: number): Promise<Histogram> {
  const times = new Histogram();
  const until = performance.now() + seconds * 1000;
  const loop = async (client: Client): Promise<void> => {
    for (let begin = performance.now(); begin < until; begin = performance.now()) {
      const word = await ask(client);
      if (word === REPLIED) times.add(performance.now() - begin);
      else await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const all = Array.from({ length: clients }, connect);
  await Promise.all(all.flatMap((client) => Array.from({ length: inFlight }, () => loop(client))));
  await Promise.all(all.map((client) => client.close()));
  return times;
}

serveHarness();
if (job.type === 'closed') {
  const { groups, seconds } = job;
  const found = await Promise.all(groups.map((group) => keepBusy(group, seconds)));
  report({
    type: 'shares',
    shares: found.map((times) => ({
      perSecond: times.count / seconds,
      p50Ms: times.percentile(0.5),
      p99Ms: times.percentile(0.99),
    })),
  });
} else {
  const clients = Array.from({ length: job.clients }, connect);
  // A connection each before anything counts.
  await Promise.all(clients.map((client) => ask(client)));
  let turn = 0;
  const phases = await openLoad(
    job.phases,
    () => ask(clients[turn++ % clients.length] as Client),
    (index) => {
      report({ type: 'phase', index });
    },
  );
  report({ type: 'course', phases });
}
