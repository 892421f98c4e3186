// SPDX-License-Identifier: Apache-2.0
// echo - a broker, a worker and a client in one program: the smallest whole thing

import { Broker } from '@mdp/broker';
import { Client, text } from '@mdp/client';
import { Worker } from '@mdp/worker';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' }); // any free port
await broker.start();
const [endpoint] = broker.endpoints;

// #region echo
const worker = new Worker(endpoint, 'echo', ({ body }) => body); // what came goes back, frame for frame
await worker.start();

const client = new Client(endpoint, { timeoutMs: 30_000 });
const [words, bytes, empty] = await client.request('echo', ['hello', Uint8Array.of(0, 1, 255), '']);
console.log(text(words), bytes.length, 'bytes', empty.length, 'bytes');

// Any number at once: the broker hands them to whichever worker is free.
const numbers = Array.from({ length: 100 }, (_, n) => String(n));
const replies = await Promise.all(numbers.map((n) => client.request('echo', n)));
console.log(replies.filter(([frame], n) => text(frame) === String(n)).length, 'of 100 came back');
// #endregion

await client.close();
await worker.stop();
await broker.stop();
