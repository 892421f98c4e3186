// SPDX-License-Identifier: Apache-2.0
// worker - what a stranger does with @mdp/worker: serves a broker that is played by a bare ROUTER

import { deepEqual, equal } from 'node:assert/strict';
import { Router } from 'zeromq';
import { Worker, handlers, json } from '@mdp/worker';

async function main(): Promise<void> {
  const broker = new Router({ linger: 0 });
  await broker.bind('tcp://127.0.0.1:*');
  const worker = new Worker(
    broker.lastEndpoint ?? '',
    'double',
    async (request) => [...request.body, ...request.body],
    {
      wire: 'rfc18',
    },
  );
  await worker.start();

  const [id, header, ready, service] = await broker.receive();
  equal(header?.toString(), 'MDPW02');
  deepEqual([...(ready ?? [])], [1]);
  equal(service?.toString(), 'double');
  await broker.send([id ?? '', 'MDPW02', Buffer.from([2]), 'the client', '', 'text']);
  const [, , final, address, delimiter, ...body] = await broker.receive();
  deepEqual([...(final ?? [])], [4]);
  equal(address?.toString(), 'the client');
  equal(delimiter?.length, 0);
  deepEqual(
    body.map((frame) => frame.toString()),
    ['text', 'text'],
  );

  await worker.stop();
  broker.close();

  const half = handlers<{ half: { request: number; reply: number } }>(json, { half: (value) => value / 2 });
  deepEqual(new Worker('tcp://127.0.0.1:1', half).services, ['half']);
}

void main();
