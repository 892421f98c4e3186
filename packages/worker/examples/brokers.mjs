// SPDX-License-Identifier: Apache-2.0
// brokers - one worker at two brokers, several requests at once from each

import { Broker } from '@mdp/broker';
import { Client } from '@mdp/client';
import { Worker, text } from '@mdp/worker';

const brokers = [1, 2].map(() => new Broker({ endpoints: 'tcp://127.0.0.1:*' }));
for (const broker of brokers) await broker.start();
const [[first], [second]] = brokers.map(({ endpoints }) => endpoints);

// #region brokers
const worker = new Worker([first, second], 'upper', ({ body }) => text(body[0]).toUpperCase(), { concurrency: 4 });
await worker.start();
console.log('connections:', worker.stats().connections); // 2: to each broker one, which takes 4 requests at once
// #endregion

for (const endpoint of [first, second]) {
  const client = new Client(endpoint);
  console.log(text((await client.request('upper', ['hello']))[0]));
  await client.close();
}
await worker.stop();
for (const broker of brokers) await broker.stop();
