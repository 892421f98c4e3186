// SPDX-License-Identifier: Apache-2.0
// options - a worker with options

import { Broker } from '@mdp/broker';
import { Worker } from '@mdp/worker';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;
const resize = ({ body }) => body;

// #region options
const worker = new Worker(endpoint, 'resize', resize, {
  concurrency: 8, // how many requests at once
  heartbeatIntervalMs: 1_000, // how soon the loss of a silent broker is noticed: after 4 of these
  reconnectMaxMs: 5_000, // the longest wait before a new connection
});
// #endregion
await worker.start();
console.log(worker.stats().connections);
await worker.stop();
await broker.stop();
