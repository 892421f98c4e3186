// SPDX-License-Identifier: Apache-2.0
// dialect - a client that speaks as Majortomo's does, to Majortomo's broker or to this project's

import { Broker } from '@mdp/broker';
import { Client, text } from '@mdp/client';
import { Worker } from '@mdp/worker';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;
const worker = new Worker(endpoint, 'upper', ({ body }) => text(body[0]).toUpperCase());
await worker.start();

// #region dialect
const client = new Client(endpoint, { dialect: 'majortomo', timeoutMs: 0, idleTimeoutMs: 2_500 });
console.log(text((await client.request('upper', 'hello'))[0])); // HELLO
// #endregion

await client.close();
await worker.stop();
await broker.stop();
