// SPDX-License-Identifier: Apache-2.0
// signal - work that is given up when nobody waits for it any more

import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Broker } from '@mdp/broker';
import { Client } from '@mdp/client';
import { Worker } from '@mdp/worker';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;

// #region signal
const worker = new Worker(endpoint, 'slow', async (request, { signal }) => {
  signal.addEventListener('abort', () => console.log('given up:', signal.reason.code));
  await wait(60_000, undefined, { signal }); // fetch() and many others take one as well
  return 'done';
});
// #endregion
await worker.start();

const client = new Client(endpoint);
const asked = client.request('slow', ['']).catch((error) => console.log('the client got', error.code));
await once(worker, 'request');
await worker.stop({ drainMs: 0 });
await client.close();
await asked;
await broker.stop();
