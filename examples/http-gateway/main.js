// SPDX-License-Identifier: Apache-2.0
// main - the gateway with services behind it, and what an HTTP client sees of each of them

import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Broker } from '@mdp/broker';
import { Client } from '@mdp/client';
import { RemoteError, Worker, text } from '@mdp/worker';
import { createGateway } from './gateway.js';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;

const firstLineRead = new AbortController();

const worker = new Worker(
  endpoint,
  {
    upper: ({ body }) => text(body[0]).toUpperCase(),
    half: ({ body }) => {
      const number = Number(text(body[0]));
      if (Number.isNaN(number)) throw new RemoteError(400, 'not a number');
      return String(number / 2);
    },
    report: async function* () {
      yield 'January 241\n';
      // The rest comes when the first line was read: a gateway that waited for the whole reply would wait for ever.
      if (!firstLineRead.signal.aborted) await once(firstLineRead.signal, 'abort');
      yield 'February 102\n';
      return 'total 343\n';
    },
    slow: (_request, { signal }) => wait(600_000, 'done', { signal }),
    secret: () => 'for the inside only',
  },
  { wire: 'mx' },
);
await worker.start();

// #region gateway
const client = new Client(endpoint, { wire: 'mx' }); // only by MX does a worker hear that its HTTP client has gone
const gateway = createGateway(client, { services: ['upper', 'half', 'report', 'slow'] });
gateway.listen(0, '127.0.0.1');
// #endregion
await once(gateway, 'listening');
const address = gateway.address();
const url = `http://127.0.0.1:${typeof address === 'object' ? address.port : ''}/services`;
const ask = (service, body, init = {}) => fetch(`${url}/${service}`, { method: 'POST', body, ...init });
const show = async (response) => console.log(response.status, (await response.text()).trim());

await show(await ask('upper', 'hello'));

const report = await ask('report', '');
let received = '';
for await (const chunk of report.body) {
  received += Buffer.from(chunk).toString();
  firstLineRead.abort();
}
console.log(report.status, received.trim().split('\n').join(' | '));

await show(await ask('half', 'x'));
await show(await ask('secret', ''));
await show(await ask('slow', '', { headers: { prefer: 'wait=1' } }));

// An HTTP client that goes away: the worker need not finish.
const leaving = new AbortController();
const begun = once(worker, 'request');
const left = ask('slow', '', { signal: leaving.signal }).catch((error) => error.name);
const [request] = await begun;
const told = once(request.signal, 'abort');
leaving.abort();
console.log('the client:', await left);
await told;
console.log('the worker:', request.signal.reason.code);

gateway.close();
gateway.closeAllConnections();
await client.close();
await worker.stop();
await broker.stop();
