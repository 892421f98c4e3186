// SPDX-License-Identifier: Apache-2.0
// client - a client as a process of its own: a load of requests, each with an id of its own, and how every one ended
import { Client } from '@mdp/client';
import { say, settings, takeOrders } from './report.mjs';

const { endpoint, service, name, options, concurrency = 1, count = Infinity, command = 'echo', workMs = 0 } = settings;
const client = new Client(endpoint, options ?? {});
let asked = 0;
let finishing = false;

/** Ask until there is enough; each request ends with one event. */
async function askInTurn() {
  while (asked < count && !finishing) {
    const id = `${name}-${++asked}`;
    // Where a range is given, requests differ in how long they take.
    const ms = Array.isArray(workMs) ? workMs[asked % workMs.length] : workMs;
    const start = performance.now();
    const took = () => Math.round(performance.now() - start);
    try {
      const reply = await client.request(service, [command, String(ms), id]);
      say('end', { id, outcome: 'reply', ms: took(), frames: reply.map((frame) => Buffer.from(frame).toString()) });
    } catch (error) {
      say('end', { id, outcome: error.code, ms: took(), status: error.status, message: error.message });
    }
  }
}

takeOrders({
  /** Begin no more requests, where their number was left open. */
  finish: () => {
    finishing = count === Infinity;
  },
});
say('started');
await Promise.all(Array.from({ length: concurrency }, askInTurn));
say('done', { asked, counters: client.stats().counters });
await client.close();
process.stdin.destroy();
