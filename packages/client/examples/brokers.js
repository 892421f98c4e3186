// SPDX-License-Identifier: Apache-2.0
// brokers - several brokers: the load is spread, and one of them may go

import { Broker } from '@mdp/broker';
import { Client, text } from '@mdp/client';
import { Worker } from '@mdp/worker';

const brokers = [1, 2].map(() => new Broker({ endpoints: 'tcp://127.0.0.1:*' }));
for (const broker of brokers) await broker.start();
const [first, second] = brokers.map((broker) => broker.endpoints[0]);
const worker = new Worker([first, second], 'upper', ({ body }) => text(body[0]).toUpperCase());
await worker.start();

// #region brokers
const client = new Client([first, second], { retry: { attempts: 3 } });
await Promise.all(Array.from({ length: 20 }, () => client.request('upper', 'a')));

await brokers[0].stop(); // it is gone, and nobody is told
console.log(text((await client.request('upper', 'still here'))[0])); // STILL HERE
// #endregion

// #region stats
for (const { endpoint, state, open, busy } of client.stats().endpoints) console.log({ endpoint, state, open, busy });
const { requests, replies, retries } = client.stats().counters;
console.log({ requests, replies, retries });
// #endregion

// #region management
console.log(await client.hasService('upper')); // true: it has a worker, idle or busy
console.log((await client.services()).map(({ name, workers }) => `${name}: ${workers}`)); // [ 'upper: 1' ]
console.log((await client.brokerInfo()).version);
// #endregion

// #region close
await client.close({ drainMs: 1_000 });
// #endregion
await worker.stop();
await brokers[1].stop();
