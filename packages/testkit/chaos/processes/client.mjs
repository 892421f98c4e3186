// SPDX-License-Identifier: Apache-2.0
// client - a client as a process of its own: several kinds of requests at once, and a line for each when it is made and when it ends
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@mdp/client';
import { say, settings, takeOrders } from '../../faults/processes/report.mjs';
import { watched } from './held.mjs';
import { fillingOf, record } from './ledger.mjs';

const { endpoints, service, name, options } = settings;
const shared = new Client(endpoints, options);
let asked = 0;
let ended = 0;
let underWay = 0;
let finishing = false;
/** While it is there no request is made. */
let pause;
let endPause = () => undefined;

function tellWhenIdle() {
  if (pause !== undefined && underWay === 0) say('pause');
}

/** Read a reply, whole or in parts. */
async function read(client, id, load, filling) {
  const parts = load.kind === 'stream' ? load.parts : 0;
  const body = [load.kind, id, String(load.ms), String(parts), filling];
  const requestOptions = { ...load.options };
  const made = (frames) => {
    const [n, worker, madeFor, count] = frames.slice(0, 4).map((frame) => Buffer.from(frame).toString());
    const intact = Buffer.from(frames[4] ?? '').equals(filling);
    return { n, worker, for: madeFor, count: Number(count), intact };
  };
  const end = ({ n, count, ...facts }) =>
    n === 'end' ? { outcome: 'reply', parts: count, ...facts } : { outcome: 'no reply of the worker', ...facts };
  const reply = client.request(service, body, requestOptions);
  if (load.kind === 'call') return end(made(await reply));
  let last;
  for await (const frames of reply) {
    last = made(frames);
    const { n, worker, for: madeFor, intact } = last;
    if (n !== 'end') record({ what: 'part', id, n: Number(n), worker, for: madeFor, intact });
  }
  return last === undefined ? { outcome: 'a stream without an end' } : end(last);
}

/** Make requests one after the other, as long as there shall be more. */
async function askInTurn(load) {
  for (let mine = 0; mine < (load.count ?? Infinity); mine++) {
    await pause;
    if (finishing) break;
    underWay++;
    const id = `${name}.${String(++asked)}`;
    const filling = fillingOf(id, load.sizes[asked % load.sizes.length]);
    const client = load.oneShot ? new Client(endpoints, options) : shared;
    record({ what: 'sent', id, service, kind: load.kind, once: load.once });
    try {
      const facts = await read(client, id, { ...load, ms: load.workMs[asked % load.workMs.length] }, filling);
      record({ what: 'ended', id, ...facts });
    } catch (error) {
      record({ what: 'ended', id, outcome: error.code ?? String(error), status: error.status });
    }
    ended++;
    if (client !== shared) await client.close();
    underWay--;
    tellWhenIdle();
    if (load.pauseMs > 0) await sleep(load.pauseMs);
  }
}

// Those that were made are to end; more are not made.
process.once('SIGTERM', () => {
  finishing = true;
  void shared.close({ drainMs: 20_000 });
});
takeOrders({
  count: () => say('count', { done: ended }),
  pause: () => {
    pause = new Promise((resolve) => (endPause = resolve));
    tellWhenIdle();
  },
  goOn: () => {
    pause = undefined;
    endPause();
  },
  ...watched(() => shared.stats()),
  block: ({ ms }) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
  finish: () => {
    finishing = true;
    endPause();
  },
});
say('started');
await Promise.all(settings.loads.flatMap((load) => Array.from({ length: load.concurrency }, () => askInTurn(load))));
say('done', { asked, ended });
await shared.close();
process.stdin.destroy();
