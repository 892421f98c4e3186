// SPDX-License-Identifier: Apache-2.0
// watch - what a worker tells while it works, and what it has counted

import { once } from 'node:events';
import { Broker } from '@mdp/broker';
import { Client } from '@mdp/client';
import { Worker } from '@mdp/worker';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const worker = new Worker(broker.endpoints, 'echo', ({ body }) => body);

// #region events
worker.on('registered', ({ endpoint }) => console.error(`registered at ${endpoint}`));
worker.on('disconnected', ({ endpoint, reason }) => console.error(`${endpoint} is gone: ${reason}`));
worker.on('reconnecting', ({ attempt, delayMs }) => console.error(`try ${attempt} in ${delayMs} ms`));
worker.on('handlerError', (error) => console.error(error));
// #endregion

await Promise.all([once(worker, 'registered'), worker.start()]);
const client = new Client(broker.endpoints);
await client.request('echo', ['hello']);

// #region stats
const { phase, registered, busy, counters } = worker.stats();
console.log({ phase, registered, busy });
console.log('replies:', counters.finals, 'of them errors:', counters.errorReplies);
console.log('dropped:', counters.dropped);
// #endregion

await client.close();
await worker.stop();
await broker.stop();
