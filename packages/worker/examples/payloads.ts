// SPDX-License-Identifier: Apache-2.0
// payloads - values in place of frames: a worker and a client that the compiler holds to the same services

import { Broker } from '@mdp/broker';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;

// #region services
interface Services {
  resize: { request: { url: string; width: number }; reply: { width: number; height: number } };
  report: { request: { year: number }; partial: string; reply: { lines: number } };
}
// #endregion

// #region worker
import { Worker, handlers, json } from '@mdp/worker';

const worker = new Worker(
  endpoint,
  handlers<Services>(json, {
    resize: async ({ url, width }) => ({ width, height: url.endsWith('.png') ? width : width / 2 }),
    report: async function* ({ year }) {
      for (const month of ['January', 'February']) yield `${month} ${year}`; // each is a PARTIAL
      return { lines: 2 }; // the FINAL
    },
  }),
);
await worker.start();
// #endregion

// #region client
import { Client } from '@mdp/client';

const client = new Client(endpoint);
const services = client.with<Services>(json);

const { height } = await services.request('resize', { url: 'https://a.example/b.png', width: 200 });
console.log(height); // 200
// #endregion

// #region stream
for await (const part of services.request('report', { year: 2026 })) {
  if (typeof part === 'string')
    console.log(part); // January 2026, February 2026: as they come
  else console.log(part.lines); // 2
}

const { lines } = await services.request('report', { year: 2026 }); // the FINAL alone
console.log(lines); // 2
// #endregion

// #region errors
try {
  await services.request('resize', { url: 'x', width: 1n as never });
} catch (error) {
  console.log(error.code, error.cause.message); // MDP_INVALID_ARGUMENT Do not know how to serialize a BigInt
}
try {
  await client.request('resize', 'hello'); // somebody who knows nothing of JSON
} catch (error) {
  console.log(error.code, error.status); // MDP_REMOTE 400
}
// #endregion

await client.close();
await worker.stop();
await broker.stop();
