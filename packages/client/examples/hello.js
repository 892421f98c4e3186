// SPDX-License-Identifier: Apache-2.0
// hello - a request with one reply, and one whose reply comes in parts

import { Broker } from '@mdp/broker';
import { Worker } from '@mdp/worker';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;
const workers = [
  new Worker(endpoint, 'upper', ({ body }) => body.map((frame) => text(frame).toUpperCase())),
  new Worker(endpoint, 'countdown', async function* ({ body }) {
    for (let i = Number(text(body[0])); i > 0; i--) yield String(i);
    return 'lift-off';
  }),
];
for (const worker of workers) await worker.start();

// #region hello
import { Client, text } from '@mdp/client';

const client = new Client(endpoint, { timeoutMs: 10_000 });

const frames = await client.request('upper', ['hello', 'world']); // the whole reply, every frame of it
console.log(frames.map(text)); // [ 'HELLO', 'WORLD' ]

for await (const part of client.request('countdown', '3')) {
  console.log(text(part[0])); // 3, 2, 1, lift-off: as they come
}

await client.close();
// #endregion

for (const worker of workers) await worker.stop();
await broker.stop();
