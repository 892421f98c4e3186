// SPDX-License-Identifier: Apache-2.0
// worker-process - an echo worker in a process of its own. Usage (by the harness): worker-process JOB, as JSON

import type { HarnessMessage } from './children.js';
import { argument, report, serveHarness } from './child-process.js';
import { echoAfter, echoAfterAlways } from './handler.js';
import type { WorkerJob } from './jobs.js';
import { loadPeer } from './peers/index.js';

serveHarness();
const { peer, target, concurrency, handlerMs, steady } = JSON.parse(argument(0)) as WorkerJob;
const kind = await loadPeer(peer);
let echo = steady === true ? echoAfterAlways(handlerMs) : echoAfter(handlerMs);
process.on('message', (message: HarnessMessage) => {
  if (message.type === 'handler') echo = echoAfterAlways(message.ms);
});
report({ type: 'ready', endpoint: await kind.answer(target, (body) => echo(body), concurrency) });
