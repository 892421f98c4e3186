// SPDX-License-Identifier: Apache-2.0
// client - what a stranger does with @mdp/client: asks a broker that is played by a bare ROUTER

import { deepEqual, equal, rejects } from 'node:assert/strict';
import { Router } from 'zeromq';
import { Client, json } from '@mdp/client';
import { MockClient } from '@mdp/client/mock';

async function main(): Promise<void> {
  const broker = new Router({ linger: 0 });
  await broker.bind('tcp://127.0.0.1:*');
  const client = new Client(broker.lastEndpoint ?? '', { timeoutMs: 10_000 });

  const reply = client.request('echo', ['text', new Uint8Array([0, 255])]);
  const [id, header, command, ...rest] = await broker.receive();
  equal(header?.toString(), 'MDPC02');
  deepEqual([...(command ?? [])], [1]);
  await broker.send([id ?? '', 'MDPC02', Buffer.from([3]), ...rest]);
  deepEqual(
    (await reply).map((frame) => Buffer.from(frame).toString('hex')),
    ['74657874', '00ff'],
  );

  await rejects(async () => client.request('echo', ['late'], { timeoutMs: 1 }), { code: 'MDP_TIMEOUT' });
  await client.close();
  broker.close();

  const mock = new MockClient().reply('half', json.encode({ half: 2 }));
  const numbers = mock.with<{ half: { request: number; reply: { half: number } } }>(json);
  const { half } = await numbers.request('half', 4);
  equal(half.toFixed(1), '2.0');
  await mock.close();
}

void main();
