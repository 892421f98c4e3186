// SPDX-License-Identifier: Apache-2.0
// main - a Fastify application whose routes ask services

import { Readable } from 'node:stream';
import { Broker } from '@mdp/broker';
import { text } from '@mdp/client';
import { RemoteError, Worker } from '@mdp/worker';
import { fastify } from 'fastify';
import { untilGone } from '../http-gateway/answers.js';
import { mdp } from './plugin.js';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;

const STOCK = { apple: 5, pear: 0 };
const worker = new Worker(endpoint, {
  order: ({ body: [frame] }) => {
    const { item, amount } = JSON.parse(text(frame));
    if (!Object.hasOwn(STOCK, item)) throw new RemoteError(422, `there is no ${item}`);
    if (STOCK[item] < amount) throw new RemoteError(409, `there are ${STOCK[item]}`);
    return JSON.stringify({ item, left: (STOCK[item] -= amount) });
  },
  stock: async function* () {
    for (const [item, amount] of Object.entries(STOCK)) yield `${item} ${amount}\n`;
  },
});
await worker.start();

// #region app
const app = fastify();
await app.register(mdp, { endpoints: endpoint, timeoutMs: 30_000 });
/** @type {import('@mdp/client').Client} */
const client = app.getDecorator('mdp');

const order = {
  type: 'object',
  required: ['item', 'amount'],
  properties: { item: { type: 'string' }, amount: { type: 'integer', minimum: 1 } },
};

app.post('/orders', { schema: { body: order } }, async (request, reply) => {
  const [frame] = await client.request('order', JSON.stringify(request.body), { signal: untilGone(reply.raw) });
  return JSON.parse(text(frame));
});

app.get('/stock', (_request, reply) => {
  const parts = client.request('stock', '', { signal: untilGone(reply.raw) });
  return reply.type('text/plain').send(Readable.from(lines(parts))); // each part as it comes
});

async function* lines(parts) {
  for await (const part of parts) yield Buffer.concat(part);
}
// #endregion

// app.listen({ port: 8080 }) in a program that stays; here the routes are asked without a port.
for (const payload of [
  { item: 'apple', amount: 2 },
  { item: 'pear', amount: 1 },
  { item: 'plum', amount: 1 },
  { item: 'apple', amount: 0 },
]) {
  const { statusCode, body } = await app.inject({ method: 'POST', url: '/orders', payload });
  console.log(statusCode, JSON.parse(body).message ?? body);
}
const { statusCode, body } = await app.inject('/stock');
console.log(statusCode, body.trim().split('\n').join(', '));

await app.close();
await worker.stop();
await broker.stop();
