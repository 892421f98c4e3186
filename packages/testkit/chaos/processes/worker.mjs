// SPDX-License-Identifier: Apache-2.0
// worker - a worker as a process of its own: it writes down what it begins and what it has done before it replies
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from '@mdp/worker';
import { say, settings, takeOrders } from '../../faults/processes/report.mjs';
import { watched } from './held.mjs';
import { fillingOf, record, synced } from './ledger.mjs';

/** The next handler is to stand still for so long, with all of the process. */
let blockMs = 0;
let begun = 0;

/** What a request asks for, in order: call or stream, its id, how long the work takes in milliseconds, how many parts. */
function asked(body) {
  const [kind, id, ms, parts] = body.slice(0, 4).map((frame) => Buffer.from(frame).toString());
  return { kind, id, ms: Number(ms), parts: Number(parts), filling: body[4] };
}

async function* handle({ body, endpoint }) {
  const { kind, id, ms, parts, filling } = asked(body);
  record({ what: 'began', id, endpoint });
  begun++;
  if (blockMs > 0) {
    const still = blockMs;
    blockMs = 0;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, still);
  }
  if (kind === 'call') {
    if (ms > 0) await sleep(ms);
    record({ what: 'executed', id });
    await synced();
    return ['end', settings.name, id, '0', filling];
  }
  for (let n = 0; n < parts; n++) {
    if (ms > 0) await sleep(ms);
    if (n === 0) record({ what: 'streamed', id });
    yield [String(n), settings.name, id, '0', fillingOf(id, filling.length)];
  }
  record({ what: 'executed', id });
  await synced();
  return ['end', settings.name, id, String(parts), filling];
}

const worker = new Worker(settings.endpoints, settings.service, handle, settings.options);
worker.on('registered', () => say('registered'));
worker.on('stopped', () => {
  say('stopped');
  process.stdin.destroy();
});
worker.stopOnSignal(['SIGTERM']);
takeOrders({
  count: () => say('count', { done: begun }),
  ...watched(() => worker.stats()),
  block: ({ ms }) => {
    blockMs = ms;
  },
});
await worker.start();
