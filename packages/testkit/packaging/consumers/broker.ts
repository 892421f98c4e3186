// SPDX-License-Identifier: Apache-2.0
// broker - what a stranger does with @mdp/broker: brings two bare DEALERs together

import { deepEqual, equal } from 'node:assert/strict';
import { Dealer } from 'zeromq';
import { Broker } from '@mdp/broker';

async function main(): Promise<void> {
  const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
  await broker.start();
  const endpoint = broker.endpoints[0] ?? '';
  const worker = new Dealer({ linger: 0 });
  worker.connect(endpoint);
  const client = new Dealer({ linger: 0 });
  client.connect(endpoint);

  await worker.send(['MDPW02', Buffer.from([1]), 'echo']);
  await client.send(['MDPC02', Buffer.from([1]), 'echo', 'text']);
  const [header, request, token, delimiter, body] = await worker.receive();
  equal(header?.toString(), 'MDPW02');
  deepEqual([...(request ?? [])], [2]);
  equal(delimiter?.length, 0);
  await worker.send(['MDPW02', Buffer.from([4]), token ?? '', '', body ?? '', 'done']);
  const reply = await client.receive();
  deepEqual(
    reply.map((frame) => frame.toString('latin1')),
    ['MDPC02', '\x03', 'echo', 'text', 'done'],
  );

  await broker.stop();
  worker.close();
  client.close();
}

void main();
