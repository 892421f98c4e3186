// SPDX-License-Identifier: Apache-2.0
// hello - broker, worker and client in one program

// #region hello
import { Broker } from '@mdp/broker';
import { Client, text } from '@mdp/client';
import { Worker } from '@mdp/worker';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' }); // any free port
await broker.start();
const [endpoint] = broker.endpoints;

const worker = new Worker(endpoint, 'greet', async ({ body }) => [`hello, ${text(body[0])}`]);
await worker.start();

const client = new Client(endpoint, { timeoutMs: 5_000 });
const [greeting] = await client.request('greet', ['world']);
console.log(text(greeting)); // hello, world

await client.close();
await worker.stop();
await broker.stop();
// #endregion
