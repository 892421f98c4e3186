// SPDX-License-Identifier: Apache-2.0
// errors - a handler that throws, with a status of its own and without

import { Broker } from '@mdp/broker';
import { Client } from '@mdp/client';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;

// #region errors
import { RemoteError, STATUS, Worker, text } from '@mdp/worker';

const worker = new Worker(endpoint, 'half', ({ body }) => {
  const number = Number(text(body[0]));
  if (Number.isNaN(number)) throw new RemoteError(STATUS.MALFORMED, 'not a number'); // 400
  if (number % 2 === 1) throw new Error('odd'); // 500
  return String(number / 2);
});
worker.on('handlerError', (error, request) => console.log(`${request.service} failed after ${error.message}`));
// #endregion
await worker.start();

const client = new Client(endpoint);
for (const number of ['8', 'x', '7']) {
  await client.request('half', [number]).then(
    ([half]) => console.log(text(half)),
    (error) => console.log(error.status, error.message),
  );
}
await client.close();
await worker.stop();
await broker.stop();
