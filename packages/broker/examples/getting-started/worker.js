// SPDX-License-Identifier: Apache-2.0
// worker - two services: one answers at once, the other in parts

// #region worker
import { Worker, text } from '@mdp/worker';

const endpoint = process.env.MDP_BROKER_URL ?? 'tcp://127.0.0.1:5555';

const upper = new Worker(endpoint, 'upper', ({ body }) => body.map((frame) => text(frame).toUpperCase()));

const countdown = new Worker(endpoint, 'countdown', async function* ({ body }) {
  const start = Number(text(body[0]));
  if (!(start > 0)) throw new RangeError('count down from a number above 0');
  for (let n = start; n > 0; n--) yield [String(n)]; // each is a PARTIAL
  return ['lift-off']; // the FINAL
});

for (const worker of [upper, countdown]) {
  worker.stopOnSignal(); // Ctrl+C: finish what runs, tell the broker, end
  await worker.start();
}
// #endregion
