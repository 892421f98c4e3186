// SPDX-License-Identifier: Apache-2.0
// events - what a broker tells while it works, and what it has counted

import { once } from 'node:events';
import { Broker } from '@mdp/broker';
import { Client, text } from '@mdp/client';
import { Worker } from '@mdp/worker';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });

// #region events
broker.on('workerReady', ({ service, dialect }) => console.log(`a worker for ${service} has come (${dialect})`));
broker.on('workerLost', ({ service, reason }) => console.log(`a worker for ${service} is gone: ${reason}`));
broker.on('requestFailed', ({ service, status, message }) => console.log(`${service}: ${status} ${message}`));
broker.on('error', (error) => console.error('the broker goes on after', error));
// #endregion

await broker.start();
const [endpoint] = broker.endpoints;
const worker = new Worker(endpoint, 'upper', async ({ body }) => {
  if (body.length > 1) throw new RangeError('one word at a time');
  return [text(body[0]).toUpperCase()];
});
const ready = once(broker, 'workerReady');
await worker.start();
await ready;
const client = new Client(endpoint);
const [reply] = await client.request('upper', ['hello']);
console.log(text(reply));
await client.request('upper', ['a', 'b']).catch((error) => console.log('the client got', error.code, error.status));

// #region stats
const { services, counters } = broker.stats();
for (const { name, workers, busy, queued } of services) console.log(name, { workers, busy, queued });
console.log('answered:', counters.finals, 'failed:', counters.failed[500]);
// #endregion

await client.close();
await worker.stop();
await broker.stop();
