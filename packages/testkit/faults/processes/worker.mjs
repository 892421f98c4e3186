// SPDX-License-Identifier: Apache-2.0
// worker - a worker as a process of its own; the first frame of a request says what to do
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from '@mdp/worker';
import { say, settings, takeOrders } from './report.mjs';

const handlers = {
  /** `echo`, milliseconds, the id: replies with its own name and the id. */
  async *echo(ms, id) {
    if (Number(ms) > 0) await sleep(Number(ms));
    return [settings.name, id];
  },
  /** `hold`: never replies. */
  async *hold() {
    await new Promise(() => undefined);
  },
  /** `stream`, how many, bytes, the id: so many parts with a number, the id and so many bytes; then `end` and the id. */
  async *stream(count, bytes, id) {
    const filling = Buffer.alloc(Number(bytes));
    for (let i = 0; i < Number(count); i++) yield [String(i), id, filling];
    return ['end', id];
  },
  /** `streamThenHold`, how many, bytes, the id: as above, without an end. */
  async *streamThenHold(count, bytes, id) {
    const filling = Buffer.alloc(Number(bytes));
    for (let i = 0; i < Number(count); i++) yield [String(i), id, filling];
    await new Promise(() => undefined);
  },
};

const worker = new Worker(
  settings.endpoint,
  settings.service,
  ({ body }) => {
    const [command, ...rest] = body.map((frame) => Buffer.from(frame).toString());
    say('job', { command, id: rest.at(-1) });
    return handlers[command](...rest);
  },
  settings.options ?? {},
);
worker.on('registered', () => say('registered'));
worker.on('disconnected', (facts) => say('disconnected', { facts }));
worker.on('stopped', () => {
  say('stopped', { counters: worker.stats().counters });
  process.stdin.destroy();
});
worker.stopOnSignal(['SIGTERM']);
takeOrders();
await worker.start();
