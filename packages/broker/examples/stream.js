// SPDX-License-Identifier: Apache-2.0
// stream - a reply in parts

import { Broker } from '@mdp/broker';
import { Client, text } from '@mdp/client';
import { Worker } from '@mdp/worker';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;

// #region worker
const worker = new Worker(endpoint, 'report', async function* ({ body }) {
  for (const month of ['January', 'February']) yield [`${month} ${text(body[0])}`]; // each is a PARTIAL
  return ['total']; // the FINAL
});
// #endregion
await worker.start();

const client = new Client(endpoint);
// #region client
for await (const [line] of client.request('report', ['2026'])) console.log(text(line));
// #endregion

await client.close();
await worker.stop();
await broker.stop();
