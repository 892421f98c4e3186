// SPDX-License-Identifier: Apache-2.0
// hello - a worker that serves until it is stopped

import { Broker } from '@mdp/broker';
import { Client } from '@mdp/client';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;

// #region worker
import { Worker, text } from '@mdp/worker';

const worker = new Worker(endpoint, 'greet', async ({ body }) => [`hello, ${text(body[0])}`]);
worker.stopOnSignal(); // Ctrl+C: finish what runs, tell the broker, end
await worker.start();
// #endregion

const client = new Client(endpoint);
const [greeting] = await client.request('greet', ['world']);
console.log(text(greeting));
await client.close();
await worker.stop();
await broker.stop();
