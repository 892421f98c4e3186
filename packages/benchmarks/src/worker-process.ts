// SPDX-License-Identifier: Apache-2.0
// worker-process - an echo worker in a process of its own. Usage (by the harness): worker-process JOB, as JSON

import { argument, report, serveHarness } from './child-process.js';
import { echoAfter } from './handler.js';
import type { WorkerJob } from './jobs.js';
import { loadPeer } from './peers/index.js';

serveHarness();
const { peer, target, concurrency, handlerMs } = JSON.parse(argument(0)) as WorkerJob;
const kind = await loadPeer(peer);
report({ type: 'ready', endpoint: await kind.answer(target, echoAfter(handlerMs), concurrency) });
