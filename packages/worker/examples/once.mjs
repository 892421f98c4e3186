// SPDX-License-Identifier: Apache-2.0
// once - work that is done once, however often it is asked for under the same name

import { Broker } from '@mdp/broker';
import { Client, text } from '@mdp/client';
import { Worker } from '@mdp/worker';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;
let receipts = 0;
const charge = (order) => `receipt ${++receipts}: ${text(order)}`;

// #region once
const worker = new Worker(endpoint, 'pay', ({ body: [order] }) => charge(order), {
  deduplicate: { ttlMs: 3_600_000 }, // replies are remembered for an hour
});
// #endregion
await worker.start();

const client = new Client(endpoint, { wire: 'mx' });
for (const id of ['order 17', 'order 17', 'order 18']) {
  const [receipt] = await client.request('pay', id, { id });
  console.log(text(receipt));
}
await client.close();
await worker.stop();
await broker.stop();
