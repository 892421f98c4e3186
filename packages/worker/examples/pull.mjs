// SPDX-License-Identifier: Apache-2.0
// pull - requests taken in a loop, and replied to by hand

import { Broker } from '@mdp/broker';
import { Client } from '@mdp/client';
import { Worker, text } from '@mdp/worker';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;

const client = new Client(endpoint);
const asked = Promise.all(
  ['3', 'many'].map(async (number) => {
    const ask = client.request('count', [number]);
    try {
      for await (const [part] of ask) console.log(text(part));
    } catch ({ code, status, message }) {
      console.log(code, status, message);
    }
  }),
);

void asked.then(() => worker.stop());

// #region loop
const worker = new Worker(endpoint, 'count'); // no handler
await worker.start();

for await (const request of worker) {
  const to = Number(text(request.body[0]));
  if (!Number.isInteger(to)) {
    await request.error(400, 'not a number');
  } else {
    for (let i = 1; i < to && !request.ended; i++) await request.partial(String(i));
    await request.final(String(to));
  }
}
// #endregion

await client.close();
await broker.stop();
