// SPDX-License-Identifier: Apache-2.0
// patience - deadlines, repetition and abort

import { Broker } from '@mdp/broker';
import { Client, RemoteError, text } from '@mdp/client';
import { Worker } from '@mdp/worker';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;
let calls = 0;
const workers = [
  new Worker(endpoint, 'price', async ({ body }) => {
    // The first one is slow, so that the client asks again.
    if (++calls === 1) await new Promise((resolve) => setTimeout(resolve, 1_000).unref());
    return `${text(body[0])}: 5`;
  }),
  new Worker(endpoint, 'price', async ({ body }) => {
    if (++calls === 1) await new Promise((resolve) => setTimeout(resolve, 1_000).unref());
    return `${text(body[0])}: 5`;
  }),
  new Worker(endpoint, 'search', () => new Promise((resolve) => setTimeout(resolve, 1_000, 'too late').unref())),
  new Worker(endpoint, 'half', () => {
    throw new RemoteError(400, 'not a number');
  }),
];
for (const worker of workers) await worker.start();

// #region retry
const client = new Client(endpoint, { timeoutMs: 10_000 });

const [price] = await client.request('price', 'apple', {
  timeoutMs: 5_000, // for all attempts together
  attemptTimeoutMs: 300, // after so long without a reply, try again
  retry: { attempts: 3, baseMs: 50, maxMs: 1_000 }, // only where the work may be done twice
});
console.log(text(price)); // apple: 5
// #endregion

// #region abort
const controller = new AbortController();
setTimeout(() => controller.abort(new Error('the user went away')), 50);
try {
  await client.request('search', 'needle', { signal: controller.signal });
} catch (error) {
  console.log(error.code, error.cause.message); // MDP_ABORTED the user went away
}
// #endregion

// #region errors
try {
  await client.request('half', 'x');
} catch (error) {
  switch (error.code) {
    case 'MDP_REMOTE': // the broker or the worker says no
      console.log(error.service, error.status, error.message); // half 400 not a number
      break;
    case 'MDP_TIMEOUT':
    case 'MDP_DISCONNECTED':
      console.log(error.attempts === 0 ? 'never sent' : 'the work may have been done');
      break;
    default:
      throw error;
  }
}
// #endregion

await client.close();
for (const worker of workers) await worker.stop();
await broker.stop();
