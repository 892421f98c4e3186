// SPDX-License-Identifier: Apache-2.0
// mx-worker - a worker on MX at a broker that the test plays

import type { Handler, WorkerOptions } from '../../src/index.js';
import { Worker } from '../../src/index.js';
import { MxBroker } from './mx-broker.js';
import { startWorker, stopAtEnd } from './support.js';

/** A worker on MX and who it is at its broker. */
export async function serving(handler: Handler, options: WorkerOptions = {}) {
  const broker = await MxBroker.bind();
  const worker = await startWorker(broker.endpoint, handler, { wire: 'mx', concurrency: 4, ...options });
  return { broker, worker, peer: await broker.ready() };
}

/** The same without a handler. */
export async function pulling(options: WorkerOptions = {}) {
  const broker = await MxBroker.bind();
  const worker = new Worker(broker.endpoint, 'echo', { wire: 'mx', concurrency: 4, ...options });
  stopAtEnd(worker);
  await worker.start();
  return { broker, worker, peer: await broker.ready() };
}
