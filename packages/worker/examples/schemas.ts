// SPDX-License-Identifier: Apache-2.0
// schemas - services that are described by schemas: what comes from elsewhere is looked at, and the types follow

import { Broker } from '@mdp/broker';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;

// #region contract
import { z } from 'zod';

const accounts = {
  'account.open': {
    request: z.object({ owner: z.string().min(1), limit: z.number().int().default(1_000) }),
    reply: z.object({ id: z.string(), limit: z.number(), since: z.coerce.date() }),
  },
};
// #endregion

// #region worker
import { Worker, handlers, json } from '@mdp/worker';

const worker = new Worker(
  endpoint,
  handlers(json, accounts, {
    'account.open': async ({ owner, limit }) => {
      return { id: `${owner}-1`, limit, since: new Date(), password: 'secret' }; // the reply has no password
    },
  }),
);
worker.on('handlerError', (error) => console.log((error as Error).message));
await worker.start();
// #endregion

// #region client
import { Client } from '@mdp/client';

const client = new Client(endpoint);
const bank = client.with(json, accounts);

const account = await bank.request('account.open', { owner: 'ada' });
console.log(account.id, account.limit, account.since instanceof Date); // ada-1 1000 true
console.log('password' in account); // false
// #endregion

// #region refused
try {
  await bank.request('account.open', { owner: '', limit: 0.5 });
} catch (error) {
  console.log(error.status); // 400
}
// #endregion

await client.close();
await worker.stop();
await broker.stop();
