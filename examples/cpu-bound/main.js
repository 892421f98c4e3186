// SPDX-License-Identifier: Apache-2.0
// main - a worker that computes in threads: it answers and beats meanwhile, and stops when its client gives up

import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Broker } from '@mdp/broker';
import { Client, RemoteError, STATUS, text } from '@mdp/client';
import { Worker } from '@mdp/worker';
import { Threads } from './threads.js';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;

// #region worker
const threads = new Threads(new URL('./primes.js', import.meta.url));

const worker = new Worker(
  endpoint,
  {
    primes: async ({ body: [frame] }, { signal }) => {
      const below = Number(text(frame));
      if (!Number.isSafeInteger(below)) throw new RemoteError(STATUS.MALFORMED, 'not a whole number');
      return String(await threads.run({ below }, signal));
    },
    ping: () => 'pong',
  },
  { concurrency: availableParallelism(), wire: 'mx' }, // as many jobs at once as there are processors
);
await worker.start();
// #endregion

// #region client
const client = new Client(endpoint, { wire: 'mx', timeoutMs: 30_000 });

const controller = new AbortController();
const endless = client.request('primes', String(Number.MAX_SAFE_INTEGER), { signal: controller.signal, timeoutMs: 0 });
const failed = endless.catch((error) => error.code);
await once(worker, 'request'); // a thread is busy with it from here on, for years

const [pong] = await client.request('ping', '');
console.log(text(pong), 'while a thread computes');

controller.abort();
console.log(await failed);

const [count] = await client.request('primes', '100000');
console.log(text(count), 'primes below 100000');
// #endregion

await client.close();
await worker.stop();
await threads.close();
await broker.stop();
