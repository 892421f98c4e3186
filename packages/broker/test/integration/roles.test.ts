// SPDX-License-Identifier: Apache-2.0
// roles.test - endpoints for one side only: what the other side says there is dropped and counted

import { afterEach, expect, test } from '@jest/globals';
import { Live } from '../support/live.js';

let it: Live;

afterEach(async () => {
  await it.close();
});

test('what a worker says on an endpoint for clients is dropped and counted, and its clients go on', async () => {
  it = await Live.start({}, 'an endpoint for each side');
  const intruder = it.client();
  await intruder.say('MDPW02', Buffer.of(1), 's');
  await intruder.say('MDPW02', Buffer.of(5));
  await intruder.say('MDPW02', Buffer.of(6));
  // Messages of one connection are read in order: this answer comes after all that was dropped.
  await intruder.request('mmi.service', 's');
  expect(await intruder.hear()).toBe('final 404');
  expect(intruder.waiting).toEqual([]);
  const { counters, workers } = it.broker.stats();
  expect(counters.dropped).toMatchObject({ role: 3, invalid: 0, unexpected: 0 });
  expect(counters.disconnectsSent).toBe(0);
  expect(workers.registered).toBe(0);
});

test('what a client says on an endpoint for workers is dropped and counted, and its workers go on', async () => {
  it = await Live.start({}, 'an endpoint for each side');
  const worker = it.worker();
  await worker.say('MDPC02', Buffer.of(1), 'mmi.service', 's');
  await worker.say('', 'MDPC02', Buffer.of(2), 's', 'x');
  await worker.say('', 'MDPC01', 's', 'x');
  await worker.ready('s');
  const client = it.client();
  await client.request('s', 'a');
  // What was asked on the wrong endpoint would have come before: the queue keeps its order.
  expect(await worker.hear()).toBe('request a');
  await worker.final('b');
  expect(await client.hear()).toBe('final b');
  expect(worker.waiting).toEqual([]);
  expect(it.broker.stats().counters).toMatchObject({ requests: 1, dropped: { role: 3, invalid: 0 } });
});

test('the endpoints of the three roles serve the same services', async () => {
  it = await Live.start({
    endpoints: [
      { endpoint: 'tcp://127.0.0.1:*', role: 'worker' },
      { endpoint: 'tcp://127.0.0.1:*', role: 'client' },
      'tcp://127.0.0.1:*',
    ],
  });
  const [both = '', forClients = '', forWorkers = ''] = it.broker.endpoints;
  it.workerEndpoint = forWorkers;
  const worker = await it.registered('s');
  for (const endpoint of [both, forClients]) {
    it.clientEndpoint = endpoint;
    const client = it.client();
    await client.request('s', endpoint);
    expect(await worker.hear()).toBe(`request ${endpoint}`);
    await worker.final('done');
    expect(await client.hear()).toBe('final done');
  }
  it.workerEndpoint = both;
  await it.registered('s');
  expect(it.broker.stats().services).toMatchObject([{ name: 's', workers: 2, waiting: 2, busy: 0, queued: 0 }]);
  expect(it.broker.stats().counters.dropped.role).toBe(0);
});
