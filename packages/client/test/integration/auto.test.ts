// SPDX-License-Identifier: Apache-2.0
// auto.test - from strict to MX and back, over real sockets, and what brokers see of it that do not speak it

import { describe, expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { text } from '@mdp/protocol';
import { TestProcess, waitUntil } from '@mdp/testkit';
import { Client } from '../../src/index.js';
import type { MxAnswer } from './toy-mx-broker.js';
import { ToyMxBroker, echo } from './toy-mx-broker.js';

async function ask(client: Client, words = 'x'): Promise<string | undefined> {
  return text((await client.request('echo', words))[0] as Uint8Array);
}

const FOREIGN: MxAnswer[] = ['501', '404', 'silence', 'garbage'];

describe.each(FOREIGN)('a broker that does not speak MX and answers %s', (answer) => {
  test('is asked once, gets no other frame than before, and serves every request', async () => {
    await using broker = await ToyMxBroker.bind(answer);
    await using client = new Client(broker.endpoint, { wire: 'auto', maxSockets: 8 });
    expect(await ask(client, 'first')).toBe('first');
    await waitUntil('the question', () => broker.strict.includes('mmi.mx'));
    for (let i = 0; i < 20; i++) {
      const replies = await Promise.all(Array.from({ length: 20 }, (_, j) => ask(client, String(j))));
      expect(replies).toEqual(Array.from({ length: 20 }, (_, j) => String(j)));
    }
    expect(broker.strict.filter((service) => service === 'mmi.mx')).toHaveLength(1);
    expect([broker.count, broker.messages.length]).toEqual([402, 0]);
    expect(client.stats()).toMatchObject({ endpoints: [{ wire: 'rfc18' }], counters: { replies: 401, retries: 0 } });
  });
});

test('a client that is strict asks nothing', async () => {
  await using broker = await ToyMxBroker.bind('yes', echo);
  await using client = new Client(broker.endpoint, { wire: 'rfc18' });
  for (let i = 0; i < 20; i++) await ask(client);
  expect([broker.count, broker.messages.length]).toEqual([20, 0]);
});

test('a broker that speaks MX gets all that comes after its yes in that way', async () => {
  await using broker = await ToyMxBroker.bind('yes', echo);
  await using client = new Client(broker.endpoint, { wire: 'auto', maxInFlight: 5_000 });
  expect(await ask(client, 'first')).toBe('first');
  await waitUntil('MX', async () => {
    await ask(client);
    return client.stats().endpoints[0]?.wire === 'mx';
  });
  const strict = broker.strict.length;
  const replies = await Promise.all(Array.from({ length: 1_000 }, (_, i) => ask(client, String(i))));
  expect(replies).toEqual(Array.from({ length: 1_000 }, (_, i) => String(i)));
  expect(broker.strict).toHaveLength(strict);
  expect(client.stats().counters).toMatchObject({ retries: 0, burnt: 0, strays: 0 });
});

test('a broker that is replaced by one that does not speak MX, and back: every request is answered', async () => {
  const options = { wire: 'auto', reconnectMs: 5, reconnectMaxMs: 20 } as const;
  const first = await ToyMxBroker.mortal('yes', echo);
  const { endpoint } = first;
  await using client = new Client(endpoint, options);
  const until = (wire: string): Promise<unknown> =>
    waitUntil(`wire ${wire}`, async () => {
      await ask(client);
      return client.stats().endpoints[0]?.wire === wire;
    });
  const gone = (): Promise<unknown> => waitUntil('the loss', () => client.stats().endpoints[0]?.open === 0);
  await until('mx');
  await first.close();
  await gone();

  const foreign = await ToyMxBroker.mortal('501', undefined, endpoint);
  expect(await Promise.all(Array.from({ length: 20 }, (_, i) => ask(client, String(i))))).toHaveLength(20);
  await waitUntil('the question', () => foreign.strict.includes('mmi.mx'));
  for (let i = 0; i < 20; i++) await ask(client);
  expect(foreign.messages).toHaveLength(0);
  expect(client.stats().endpoints[0]?.wire).toBe('rfc18');
  await foreign.close();
  await gone();
  expect(client.stats().endpoints[0]?.wire).toBe('rfc18');

  await using back = await ToyMxBroker.mortal('yes', echo, endpoint);
  await until('mx');
  expect(await ask(client, 'again')).toBe('again');
  expect(back.seen.length).toBeGreaterThan(0);
  expect(client.stats().counters).toMatchObject({ disconnected: 0, timeouts: 0, protocolErrors: 0, retries: 0 });
});

test('a request that is repeated when its broker has come back has the same name, and says that it is repeated', async () => {
  const first = await ToyMxBroker.mortal('yes', undefined);
  const { endpoint } = first;
  const retry = { attempts: 5, baseMs: 5, maxMs: 20 };
  await using client = new Client(endpoint, { wire: 'auto', reconnectMs: 5, reconnectMaxMs: 20, retry });
  await ask(client);
  await waitUntil('MX', () => client.stats().endpoints[0]?.wire === 'mx');
  const reply = client.request('echo', 'x');
  await first.next();
  await first.close();
  await using back = await ToyMxBroker.mortal('yes', echo, endpoint);
  expect(text((await reply)[0] as Uint8Array)).toBe('x');
  const [key] = first.of('request').map(({ identity }) => identity?.key);
  expect(key?.length).toBe(16);
  expect(back.of('request').map(({ identity }) => identity)).toEqual([{ attempts: 1, key }]);
  expect(back.strict).toEqual(['mmi.mx']);
});

test('of two brokers only the one that speaks MX gets it, and both get requests', async () => {
  await using a = await ToyMxBroker.bind('yes', echo);
  await using b = await ToyMxBroker.bind('404');
  await using client = new Client([a.endpoint, b.endpoint], { wire: 'auto' });
  await waitUntil('both to be asked', async () => {
    await ask(client);
    return a.strict.includes('mmi.mx') && b.strict.includes('mmi.mx') && client.stats().endpoints[0]?.wire === 'mx';
  });
  const [before, strict] = [a.seen.length, b.strict.length];
  const chain = async (): Promise<void> => {
    for (let i = 0; i < 40; i++) await ask(client, String(i));
  };
  await Promise.all(Array.from({ length: 20 }, chain));
  expect(a.seen.length - before).toBeGreaterThan(50);
  expect(b.strict.length - strict).toBeGreaterThan(50);
  expect(b.messages).toHaveLength(0);
});

test('another dialect is never asked about', async () => {
  await using client = new Client('tcp://127.0.0.1:1', { wire: 'auto', dialect: 'majortomo' });
  expect(client.stats().endpoints[0]?.wire).toBe('majortomo');
});

test.each(['idle-mx', 'idle-auto'])('%s: an idle MX connection does not keep a process alive', async (what) => {
  await using broker = await ToyMxBroker.bind('yes', echo);
  const script = fileURLToPath(new URL('../fixtures/life.mjs', import.meta.url));
  await using child = TestProcess.node(script, [what, broker.endpoint]);
  expect(await child.exited).toEqual({ code: 0, signal: null });
  expect([child.stdout, child.stderr]).toEqual([expect.stringContaining('done'), '']);
});
