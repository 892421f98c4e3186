// SPDX-License-Identifier: Apache-2.0
// names.test - a name that stands for several brokers, which come and go

import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { NONCE_LENGTH, text } from '@mdp/protocol';
import { ClientIds } from '@mdp/protocol/internal';
import { freePort, waitUntil } from '@mdp/testkit';
import { BaseClient } from '../../src/base-client.js';
import { Connection } from '../../src/connection.js';
import { Client } from '../../src/index.js';
import { MxConnection } from '../../src/mx-connection.js';
import type { ClientOptions } from '../../src/options.js';
import { ToyBroker } from './toy-broker.js';

/** A client that is told by the test what names stand for. */
class NamedClient extends BaseClient {
  constructor(endpoint: string, options: ClientOptions, lookUp: (host: string) => Promise<readonly string[]>) {
    const ids = new ClientIds(randomBytes(NONCE_LENGTH));
    const nextRoutingId = (): string => ids.next();
    super(
      endpoint,
      options,
      (link, events, { connect }) => new Connection(link, events, connect, nextRoutingId),
      (link, events, { connect }) => new MxConnection(link, events, connect),
      lookUp,
    );
  }
}

async function who(client: BaseClient): Promise<string> {
  const [frame] = await client.request('who', 'are you');
  return text(frame as Uint8Array) ?? '';
}

const named = (name: string, endpoint: string): Promise<ToyBroker> =>
  ToyBroker.mortal((request) => request.final(name), endpoint);

test('its brokers share the load; when one is gone the name is looked up again, and the new one is found', async () => {
  const port = String(await freePort());
  const a = await named('a', `tcp://127.0.0.1:${port}`);
  await using b = await named('b', `tcp://127.0.0.2:${port}`);
  await using c = await named('c', `tcp://127.0.0.3:${port}`);
  const name = `tcp://brokers.test:${port}`;
  let addresses = ['127.0.0.1', '127.0.0.2'];
  const options = { wire: 'rfc18', retry: { attempts: 5, baseMs: 5, maxMs: 20 }, resolveIntervalMs: 0 } as const;
  await using client = new NamedClient(name, options, () => Promise.resolve(addresses));
  const met = new Set<string>();
  await waitUntil('both to have answered', async () => met.add(await who(client)).size === 2);
  expect(client.stats().endpoints).toMatchObject([
    { endpoint: `tcp://127.0.0.1:${port}`, name, state: 'up' },
    { endpoint: `tcp://127.0.0.2:${port}`, name, state: 'up' },
  ]);

  addresses = ['127.0.0.2', '127.0.0.3'];
  await a.close();
  await waitUntil('the new one to be found', async () => met.add(await who(client)).has('c'));
  expect(client.stats().endpoints.map(({ endpoint }) => endpoint)).toEqual([
    `tcp://127.0.0.2:${port}`,
    `tcp://127.0.0.3:${port}`,
  ]);
  expect(met).toEqual(new Set(['a', 'b', 'c']));
  expect(Math.min(b.seen.length, c.seen.length)).toBeGreaterThan(0);
});

test('one that does not exist is a broker that is not there, and the request says so', async () => {
  await using client = new NamedClient('tcp://nowhere.test:5555', { timeoutMs: 50 }, () =>
    Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
  );
  const failed = who(client);
  await expect(failed).rejects.toMatchObject({ code: 'MDP_TIMEOUT', attempts: 0 });
  await expect(failed).rejects.toThrow('nowhere.test could not be looked up: there is no such name (ENOTFOUND)');
  expect(client.stats().endpoints).toMatchObject([{ endpoint: 'tcp://nowhere.test:5555', state: 'down' }]);
});

test('localhost, addresses, and names with `names: one` are left as they are', async () => {
  await using client = new Client(['tcp://localhost:5555', 'tcp://127.0.0.1:5555', 'tcp://brokers.test:5555'], {
    names: 'one',
  });
  expect(client.stats().endpoints).toMatchObject([{ state: 'unknown' }, { state: 'unknown' }, { state: 'unknown' }]);
});
