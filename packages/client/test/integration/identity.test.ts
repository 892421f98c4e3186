// SPDX-License-Identifier: Apache-2.0
// identity.test - the names of requests on the wire: the caller's own, and those that a client makes for what it may repeat

import { expect, test } from '@jest/globals';
import type { Frame } from '@mdp/protocol';
import { Client } from '../../src/index.js';
import type { RequestOptions } from '../../src/options.js';
import { ToyMxBroker, echo } from './toy-mx-broker.js';

/** The names that the REQUESTs of these options carry, one after the other. */
async function names(broker: ToyMxBroker, client: Client, ...all: RequestOptions[]): Promise<(Frame | undefined)[]> {
  const from = broker.messages.length;
  for (const options of all) await client.request('echo', 'x', options);
  const records = broker.messages.slice(from).flat();
  return records.flatMap((record) => (record.type === 'request' ? [record.identity?.key] : []));
}

test('a name of its own for each request that may be repeated, 16 bytes, not the same in another client', async () => {
  await using broker = await ToyMxBroker.bind('yes', echo);
  await using client = new Client(broker.endpoint, { wire: 'mx', retry: { attempts: 2 } });
  await using other = new Client(broker.endpoint, { wire: 'mx' });
  const made = [
    ...(await names(broker, client, {}, {})),
    ...(await names(broker, other, { retry: { attempts: 2 } }, { retry: { attempts: 5 } })),
  ];
  expect(made.map((key) => key?.length)).toEqual([16, 16, 16, 16]);
  expect(new Set(made.map((key) => Buffer.from(key ?? []).toString('hex'))).size).toBe(4);
  expect(await names(broker, client, { retry: { attempts: 1 } })).toEqual([undefined]);
  expect(await names(broker, other, {})).toEqual([undefined]);
});

test("the caller's own name, as text or bytes, whether the request may be repeated or not", async () => {
  await using broker = await ToyMxBroker.bind('yes', echo);
  await using client = new Client(broker.endpoint, { wire: 'mx' });
  const id = Buffer.from([0, 255]);
  const made = await names(broker, client, { id: 'Ω 17' }, { id, retry: { attempts: 2 } });
  expect(made.map((key) => Buffer.from(key ?? []).toString('hex'))).toEqual([
    Buffer.from('Ω 17').toString('hex'),
    '00ff',
  ]);
});
