// SPDX-License-Identifier: Apache-2.0
// honest - workers and clients beside an attack: each client asks, waits for the reply, rests a moment, and asks again
import { setTimeout as rest } from 'node:timers/promises';
import { Client } from '@mdp/client';
import { Worker } from '@mdp/worker';
import { say, settings, takeOrders } from '../../faults/processes/report.mjs';

const { plain, encrypted, keys } = settings;
/** So many requests of each kind are under way at once. */
const LANES = 4;
/** The load is one that the machine carries with ease: what is measured is the attack, and not how fast the machine is. */
const REST_MS = 10;
/** A request that takes longer has failed. */
const PATIENCE_MS = 15_000;

const done = { strict: 0, mx: 0, encrypted: 0 };
const failures = [];

function clientOf(wire, endpoint = plain, curve = undefined) {
  const client = new Client(endpoint, { wire, curve, timeoutMs: PATIENCE_MS, idleSocketMs: 0 });
  return (id) => client.request(`honest.${wire === 'mx' ? 'mx' : 'strict'}`, [id]);
}

async function askForEver(kind, lane, ask) {
  for (let i = 0; ; i++) {
    const id = `${kind}-${lane}-${i}`;
    try {
      const [reply] = await ask(id);
      if (Buffer.from(reply).toString() === id) done[kind]++;
      else failures.push(`${id} got the reply ${Buffer.from(reply).toString()}`);
    } catch (error) {
      failures.push(`${id}: ${error.message}`);
    }
    await rest(REST_MS);
  }
}

for (const wire of ['rfc18', 'mx']) {
  const service = wire === 'mx' ? 'honest.mx' : 'honest.strict';
  const worker = new Worker(plain, service, async ({ body }) => [body[0]], { wire, concurrency: 2 * LANES });
  await worker.start();
}
takeOrders({ count: () => say('count', { done, failures: failures.slice(0, 5) }) });
const mx = clientOf('mx');
const encryptedMx = clientOf('mx', encrypted, keys);
for (let lane = 0; lane < LANES; lane++) {
  void askForEver('strict', lane, clientOf('rfc18'));
  void askForEver('mx', lane, mx);
  void askForEver('encrypted', lane, lane % 2 === 0 ? clientOf('rfc18', encrypted, keys) : encryptedMx);
}
say('started');
