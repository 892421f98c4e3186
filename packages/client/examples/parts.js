// SPDX-License-Identifier: Apache-2.0
// parts - the three ways to read one reply

import { Broker } from '@mdp/broker';
import { Client, text } from '@mdp/client';
import { Worker } from '@mdp/worker';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;
const worker = new Worker(endpoint, 'report', async function* ({ body }) {
  yield ['title', `the year ${text(body[0])}`];
  yield ['line', 'all was well'];
  return ['end'];
});
await worker.start();
const client = new Client(endpoint);

// #region whole
const frames = await client.request('report', '2026');
console.log(frames.map(text).join(' | ')); // title | the year 2026 | line | all was well | end
// #endregion

// #region iterate
for await (const part of client.request('report', '2026')) {
  const [kind, words] = part.map(text);
  if (kind === 'line') console.log(words); // all was well
}
// #endregion

// #region receive
const reply = client.request('report', '2026');
for (;;) {
  const part = await reply.receivePart({ timeoutMs: 5_000 }); // for this part; the request goes on after it
  if (part === null) break; // the FINAL was the part before
  console.log(part.length, 'frames');
}
// #endregion

await client.close();
await worker.stop();
await broker.stop();
