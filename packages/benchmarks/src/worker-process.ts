// SPDX-License-Identifier: Apache-2.0
// worker-process - an echo worker in a process of its own. Usage (by the harness): worker-process ENDPOINT DIALECT CONCURRENCY

import type { Dialect } from '@mdp/protocol';
import { Worker } from '@mdp/worker';
import { argument, report, serveHarness } from './child-process.js';

serveHarness();
const endpoint = argument(0);
const worker = new Worker(endpoint, 'echo', (request) => request.body, {
  dialect: argument(1) as Dialect,
  concurrency: Number(argument(2)),
});
await worker.start();
report({ type: 'ready', endpoint });
