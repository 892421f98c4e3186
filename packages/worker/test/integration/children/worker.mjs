// SPDX-License-Identifier: Apache-2.0
// worker - a worker in a process of its own: it reports what happens, line by line, and ends each request when it is told to
//
// arguments: endpoint, options as JSON, and optionally `signals` to stop on them

import { createInterface } from 'node:readline';
import { Worker } from '@mdp/worker';

const [endpoint, options, signals] = process.argv.slice(2);
const report = (event, more = {}) => process.stdout.write(`${JSON.stringify({ event, ...more })}\n`);
let release = [];

const worker = new Worker(
  endpoint,
  'echo',
  async ({ body: [word] }, { signal }) => {
    report('began', { word: String(word) });
    signal.addEventListener('abort', () => report('aborted', { code: signal.reason.code }));
    if (String(word) === 'throw') throw new Error('as told');
    if (String(word) === 'wait') await new Promise((resolve) => release.push(resolve));
    return ['done', word];
  },
  { wire: 'rfc18', ...JSON.parse(options) },
);

worker.on('registered', () => report('registered'));
worker.on('disconnected', ({ reason }) => report('disconnected', { reason }));
worker.on('handlerError', () => {
  throw new Error('from a listener');
});
process.on('uncaughtException', ({ message }) => report('uncaught', { message }));

// Its standard input ends with the test that started it, and must not keep a process alive that has stopped.
const orders = createInterface({ input: process.stdin });
orders.on('line', (line) => {
  const { order } = JSON.parse(line);
  if (order === 'release') for (const resolve of release.splice(0)) resolve();
  if (order === 'stats') report('stats', worker.stats());
});
worker.on('stopped', () => {
  report('stopped', { listeners: process.listenerCount('SIGTERM') + process.listenerCount('SIGINT') });
  orders.close();
  process.stdin.destroy();
});
process.stdin.on('end', () => void worker.stop({ drainMs: 0 }));

if (signals !== undefined) worker.stopOnSignal();
await worker.start();
report('started');
