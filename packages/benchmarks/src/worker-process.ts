// SPDX-License-Identifier: Apache-2.0
// worker-process - an echo worker in a process of its own. Usage (by the harness): worker-process JOB, as JSON

import { argument, report, serveHarness } from './child-process.js';
import { echoAfter, echoAfterAlways } from './handler.js';
import type { WorkerJob } from './jobs.js';
import { loadPeer } from './peers/index.js';

serveHarness();
const { peer, target, concurrency, handlerMs, steady } = JSON.parse(argument(0)) as WorkerJob;
const kind = await loadPeer(peer);
const echo = steady === true ? echoAfterAlways(handlerMs) : echoAfter(handlerMs);
report({ type: 'ready', endpoint: await kind.answer(target, echo, concurrency) });
