// SPDX-License-Identifier: Apache-2.0
// services - one worker that serves several services

import { Broker } from '@mdp/broker';
import { Client } from '@mdp/client';
import { Worker, text } from '@mdp/worker';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;

// #region services
const worker = new Worker(endpoint, {
  upper: ({ body }) => text(body[0]).toUpperCase(),
  lower: ({ body }) => text(body[0]).toLowerCase(),
});
await worker.start();
console.log(worker.services); // [ 'upper', 'lower' ]
// #endregion

const client = new Client(endpoint);
for (const service of worker.services) console.log(text((await client.request(service, ['Hello']))[0]));
await client.close();
await worker.stop();
await broker.stop();
