// SPDX-License-Identifier: Apache-2.0
// main - programs of Majortomo and of this project on one broker, in the middle of a migration: each can talk to each
//
// pip install majortomo six; MDP_MAJORTOMO_PYTHON names the interpreter, python3 if it is not set.

import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Broker } from '@mdp/broker';
import { Client, text } from '@mdp/client';
import { Worker } from '@mdp/worker';

const python = process.env.MDP_MAJORTOMO_PYTHON ?? 'python3';
const script = (name) => fileURLToPath(new URL(name, import.meta.url));

// #region migration
const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' }); // sees by each message which dialect its sender speaks
await broker.start();
const [endpoint] = broker.endpoints;

const worker = new Worker(endpoint, 'new', ({ body }) => body.map((frame) => text(frame).toUpperCase()));
await worker.start();
const client = new Client(endpoint, { timeoutMs: 30_000 });

console.log('new client, new worker:', text((await client.request('new', 'hello'))[0]));

if (spawnSync(python, ['-c', 'import majortomo']).status === 0) {
  const oldWorker = spawn(python, [script('worker.py'), endpoint, 'old'], { stdio: 'inherit' });
  const oldClient = (service) => promisify(execFile)(python, [script('client.py'), endpoint, service, 'hello']);

  console.log('new client, old worker:', text((await client.request('old', 'hello'))[0]));
  console.log('old client, new worker:', (await oldClient('new')).stdout.trim());
  console.log('old client, old worker:', (await oldClient('old')).stdout.trim());

  oldWorker.kill('SIGTERM');
  await once(oldWorker, 'exit');
} else {
  console.log(`${python} has no majortomo, so the old programs are left out`);
}
// #endregion

await client.close();
await worker.stop();
await broker.stop();
