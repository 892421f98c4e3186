// SPDX-License-Identifier: Apache-2.0
// lost-clients.test - a client that goes takes nothing with it but its own requests

import { afterEach, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { Live } from '../support/live.js';

let it: Live;

afterEach(async () => {
  await it.close();
});

test('gone while its request runs: the rest of the reply is dropped and counted, and its worker goes on', async () => {
  it = await Live.start();
  const [worker, gone, other] = [await it.registered('s'), it.client(), it.client()];
  await gone.request('s', 'running');
  expect(await worker.hear()).toBe('request running');
  await gone.request('s', 'queued');
  await gone.request('s', 'queued too');
  await it.until('two to wait', ({ requests }) => requests.queued === 2);
  await other.request('s', 'mine');
  await it.until('three to wait', ({ requests }) => requests.queued === 3);
  gone.close();
  // Only a message that cannot be delivered shows that a client is gone.
  await waitUntil('the broker to notice', async () => {
    await worker.partial('part');
    return it.broker.stats().counters.abandoned > 0;
  });
  expect(it.broker.stats()).toMatchObject({ requests: { queued: 1, running: 1 }, counters: { abandoned: 3 } });
  const before = it.broker.stats().counters.dropped.clientGone;
  await worker.final('nobody hears it');
  // What it had asked besides is not worked on: the other client's turn has come.
  expect(await worker.hear()).toBe('request mine');
  await worker.final('yours');
  expect(await other.hear()).toBe('final yours');
  const { counters, requests, outbox } = it.broker.stats();
  expect(counters.dropped.clientGone).toBeGreaterThan(before);
  expect(counters).toMatchObject({ requests: 4, dispatched: 2, finals: 1, abandoned: 3, workersLost: { invalid: 0 } });
  expect(requests).toEqual({ queued: 0, queuedBytes: 0, running: 0, pendingBytes: 0 });
  expect(outbox).toEqual({ peers: 0, messages: 0, bytes: 0 });
});

test('gone while its requests wait: the first that is answered shows it, and the rest are not worked on', async () => {
  it = await Live.start();
  const gone = it.client();
  for (const body of ['1', '2', '3']) await gone.request('s', body);
  await it.until('three to wait', ({ requests }) => requests.queued === 3);
  gone.close();
  const other = it.client();
  await other.request('s', 'mine');
  await it.until('four to wait', ({ requests }) => requests.queued === 4);
  const worker = await it.registered('s');
  const worked: string[] = [];
  while (!worked.includes('request mine')) {
    worked.push(await worker.hear());
    await worker.final('done');
  }
  expect(await other.hear()).toBe('final done');
  await it.until('the queue to be empty', ({ requests }) => requests.queued === 0 && requests.running === 0);
  expect(worked[0]).toBe('request 1');
  const { counters } = it.broker.stats();
  // Each of them ended once: answered into the void, or given up.
  expect(counters.finals + counters.abandoned).toBe(4);
  expect(counters.dropped.unreachable).toBeGreaterThanOrEqual(1);
});

test('a client that comes and goes without an answer leaves nothing behind', async () => {
  it = await Live.start({ noWorkerTimeoutMs: 30 });
  for (let i = 0; i < 10; i++) {
    const client = it.client();
    await client.request('nobody', 'x');
    await it.until('the request', ({ counters }) => counters.requests === i + 1);
    client.close();
  }
  await it.until('all to have expired', ({ requests }) => requests.queued === 0);
  const { counters, services, requests } = it.broker.stats();
  expect(services).toEqual([]);
  expect(requests).toEqual({ queued: 0, queuedBytes: 0, running: 0, pendingBytes: 0 });
  expect(counters.abandoned + (counters.failed[404] ?? 0)).toBe(10);
});
