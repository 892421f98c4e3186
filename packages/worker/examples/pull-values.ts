// SPDX-License-Identifier: Apache-2.0
// pull-values - requests of values, taken in a loop and replied to by hand

import { Broker } from '@mdp/broker';
import { Client } from '@mdp/client';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;

interface Services {
  report: { request: { year: number }; partial: string; reply: { lines: number } };
}

const client = new Client(endpoint);
const asked = (async () => {
  for await (const part of client.with<Services>(json).request('report', { year: 2026 })) console.log(part);
  await client.request('report', 'hello').catch((error) => console.log(error.code, error.status));
})();

void asked.then(() => worker.stop());

// #region loop
import { Worker, json } from '@mdp/worker';

const worker = new Worker(endpoint, 'report'); // no handler

for await (const request of worker.with<Services>(json)) {
  const { year } = request.value;
  for (const month of ['January', 'February']) await request.partial(`${month} ${year}`);
  await request.final({ lines: 2 });
}
// #endregion

await client.close();
await broker.stop();
