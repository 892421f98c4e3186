// SPDX-License-Identifier: Apache-2.0
// several-brokers.test - three brokers, of which one is killed, stands still, or each is restarted in turn, under load

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ClientStats } from '@mdp/client';
import type { TestProcess } from '@mdp/testkit';
import { waitUntil } from '@mdp/testkit';
import type { End, Wires } from './cluster.js';
import { Cluster, audit, endsOf, note, outcomes, repeatedJobs, statsOf } from './cluster.js';

const BROKERS = 3;

/** The longest time that anybody may wait for a reply whose work takes no more than 10 ms, in milliseconds. */
const RECOVERY_MS = 1_000;

const WIRES: readonly Wires[] = [
  { client: 'rfc18', worker: 'rfc18' },
  { client: 'mx', worker: 'mx' },
  { client: 'auto', worker: 'auto' },
];

/** Requests may be repeated, and soon: the work takes 10 ms at most. */
const REPEATING = { timeoutMs: 20_000, attemptTimeoutMs: 300, retry: { attempts: 50, baseMs: 10, maxMs: 100 } };

describe.each(WIRES)('three brokers, clients speak $client, workers $worker', (wires) => {
  let cluster: Cluster;
  let brokers: TestProcess[];
  let workers: TestProcess[];

  beforeEach(async () => {
    cluster = await Cluster.open(wires, BROKERS);
    brokers = await Promise.all(cluster.endpoints.map((_, nth) => cluster.broker({}, nth)));
    workers = await Promise.all(['a', 'b'].map((name) => cluster.worker(name, undefined, { concurrency: 16 })));
    await allRegistered(brokers);
  });
  afterEach(async () => {
    await cluster.close();
  });

  test('kill -9 of one: no request fails, all go on at once, and it gets its share when it is back', async () => {
    const client = cluster.client({ name: 'c', concurrency: 24, workMs: [1, 5, 10], options: REPEATING });
    await shared(client, brokers);
    await brokers[1]?.kill();
    await more(client, 500);
    brokers[1] = await cluster.broker({}, 1);
    await shared(client, brokers);
    report(`kill -9 of one of three brokers (${wires.client})`, await audit(client), workers);
  });

  test('one stands still: no request fails, the others take the load, and it gets its share when it goes on', async () => {
    const client = cluster.client({ name: 'c', concurrency: 24, workMs: [1, 5, 10], options: REPEATING });
    await shared(client, brokers);
    brokers[1]?.signal('SIGSTOP');
    const before = endsOf(client).length;
    await more(client, 3_000);
    const slow = endsOf(client)
      .slice(before)
      .filter(({ ms }) => ms >= REPEATING.attemptTimeoutMs).length;
    brokers[1]?.signal('SIGCONT');
    await allRegistered(brokers);
    await shared(client, brokers);
    const ends = await audit(client);
    note(`of 3,000 requests after it stood still ${String(slow)} met with it`);
    report(`SIGSTOP of one of three brokers (${wires.client})`, ends, workers);
    // What was on its way to it, and one probe at a time.
    expect(slow).toBeLessThan(30);
  });

  test('each is restarted in turn: no request fails', async () => {
    const client = cluster.client({ name: 'c', concurrency: 24, workMs: [1, 5, 10], options: REPEATING });
    for (let nth = 0; nth < BROKERS; nth++) {
      await shared(client, brokers);
      brokers[nth]?.signal('SIGTERM');
      expect(await brokers[nth]?.exited).toEqual({ code: 0, signal: null });
      brokers[nth] = await cluster.broker({}, nth);
      await allRegistered(brokers);
    }
    await shared(client, brokers);
    report(`a rolling restart of three brokers (${wires.client})`, await audit(client), workers);
  });
});

/** Wait until every broker has both workers. */
async function allRegistered(brokers: readonly TestProcess[]): Promise<void> {
  await waitUntil('both workers at every broker', async () => {
    const stats = await Promise.all(brokers.map(statsOf));
    return stats.every(({ services }) => services.some(({ workers }) => workers >= 2));
  });
}

/** Wait until every broker has passed a hundred more requests on. */
async function shared(client: TestProcess, brokers: readonly TestProcess[]): Promise<void> {
  const dispatched = async (): Promise<number[]> =>
    (await Promise.all(brokers.map(statsOf))).map(({ counters }) => counters.dispatched);
  const before = await dispatched();
  try {
    await waitUntil('every broker to have its share', async () =>
      (await dispatched()).every((count, nth) => count >= (before[nth] as number) + 100),
    );
  } catch (error) {
    client.tell({ order: 'stats' });
    const { endpoints } = (await client.event('stats'))['stats'] as ClientStats;
    throw new Error(JSON.stringify({ before, after: await dispatched(), endpoints }), { cause: error });
  }
}

/** Wait until a client has got so many more replies. */
async function more(client: TestProcess, count: number): Promise<void> {
  const before = endsOf(client).length;
  await waitUntil('the load to go on', () => endsOf(client).length >= before + count, 30_000);
}

/** Every request has its reply, and none took longer than it may take to recover. */
function report(what: string, ends: readonly End[], workers: readonly TestProcess[]): void {
  const longest = Math.max(...ends.map(({ ms }) => ms));
  note(
    `${what}: ${String(ends.length)} requests, all answered, the slowest in ${String(longest)} ms; ` +
      `${String(repeatedJobs(workers))} jobs begun twice`,
  );
  expect(outcomes(ends)).toEqual({ reply: ends.length });
  expect(longest).toBeLessThan(RECOVERY_MS);
}
