// SPDX-License-Identifier: Apache-2.0
// failover.test - several brokers: spread, fail over, come back

import { describe, expect, test } from '@jest/globals';
import { text } from '@mdp/protocol';
import { waitUntil } from '@mdp/testkit';
import { Client } from '../../src/index.js';
import type { ToyRequest } from './toy-broker.js';
import { ToyBroker } from './toy-broker.js';

/** A broker that answers with its name. */
async function named(name: string, endpoint?: string): Promise<ToyBroker> {
  const answer = (request: ToyRequest): Promise<void> => request.final(name);
  return endpoint === undefined ? ToyBroker.bind(answer) : ToyBroker.mortal(answer, endpoint);
}

async function who(client: Client): Promise<string | undefined> {
  return text((await client.request('who', 'are you'))[0] as Uint8Array);
}

describe('several endpoints', () => {
  test('share the load', async () => {
    await using a = await named('a');
    await using b = await named('b');
    await using client = new Client([a.endpoint, b.endpoint], { wire: 'rfc18' });
    await Promise.all(Array.from({ length: 100 }, () => who(client)));
    for (let i = 0; i < 100; i++) await who(client);
    expect(a.seen.length).toBeGreaterThan(50);
    expect(b.seen.length).toBeGreaterThan(50);
  });

  test('one that was never there costs nothing: no request fails or is counted twice', async () => {
    await using b = await named('b');
    await using client = new Client(['tcp://127.0.0.1:1', b.endpoint], { wire: 'rfc18', timeoutMs: 30_000 });
    const names = await Promise.all(Array.from({ length: 20 }, () => who(client)));
    expect(new Set(names)).toEqual(new Set(['b']));
    expect(b.seen).toHaveLength(20);
    expect(client.stats()).toMatchObject({
      endpoints: [{ state: 'down' }, { state: 'up' }],
      counters: { retries: 0, replies: 20 },
    });
  });

  test('when one dies, what it held fails or is repeated at the other, and it gets its share when it is back', async () => {
    const a = await ToyBroker.mortal();
    const { endpoint } = a;
    await using b = await named('b');
    await using client = new Client([endpoint, b.endpoint], {
      wire: 'rfc18',
      retry: { attempts: 5, baseMs: 5, maxMs: 20 },
      reconnectMs: 5,
      reconnectMaxMs: 20,
    });
    const replies = Array.from({ length: 10 }, () => client.request('who', 'are you'));
    await waitUntil('requests at both', () => a.untaken > 0 && b.seen.length > 0);
    const held = a.untaken;
    await a.close();
    const names = (await Promise.all(replies)).map(([frame]) => text(frame as Uint8Array));
    expect(new Set(names)).toEqual(new Set(['b']));
    expect(client.stats().counters.retries).toBeGreaterThanOrEqual(held);
    for (let i = 0; i < 20; i++) expect(await who(client)).toBe('b');

    await using reborn = await named('a', endpoint);
    await waitUntil('the load to reach the broker that came back', async () => (await who(client)) === 'a');
    for (let i = 0; i < 100; i++) await who(client);
    expect(reborn.seen.length).toBeGreaterThan(30);
  });
});
