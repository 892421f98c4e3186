// SPDX-License-Identifier: Apache-2.0
// stream - a reply in parts

import { Broker } from '@mdp/broker';
import { Client } from '@mdp/client';
import { Worker, text } from '@mdp/worker';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;

// #region stream
const worker = new Worker(endpoint, 'report', async function* ({ body }) {
  for (const month of ['January', 'February']) {
    yield [`${month} ${text(body[0])}`, '...']; // a PARTIAL of two frames
  }
  return 'that is all'; // the FINAL
});
// #endregion
await worker.start();

const client = new Client(endpoint);
for await (const part of client.request('report', ['2026'])) console.log(part.map(text).join(' '));
await client.close();
await worker.stop();
await broker.stop();
