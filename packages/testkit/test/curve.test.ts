// SPDX-License-Identifier: Apache-2.0
// curve.test - client, broker and worker over encrypted connections, each with a key of its own, by every wire

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Broker } from '@mdp/broker';
import type { WireOption } from '@mdp/client';
import { Client, text } from '@mdp/client';
import { generateKeyPair } from '@mdp/protocol/node';
import { waitUntil } from '@mdp/testkit';
import { Worker } from '@mdp/worker';

const server = generateKeyPair();
const forClients = generateKeyPair();
const forWorkers = generateKeyPair();

const ends: (() => Promise<void>)[] = [];
let broker: Broker;

beforeEach(async () => {
  broker = new Broker({
    curve: { secretKey: server.secretKey },
    endpoints: [
      { endpoint: 'tcp://127.0.0.1:*', role: 'client', allow: ({ key }) => key === forClients.publicKey },
      { endpoint: 'tcp://127.0.0.1:*', role: 'worker', allow: ({ key }) => key === forWorkers.publicKey },
    ],
  });
  await broker.start();
  ends.unshift(() => broker.stop({ drainMs: 0 }));
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function start(wire: WireOption): Promise<Client> {
  const [front = '', back = ''] = broker.endpoints;
  const serverKey = server.publicKey;
  const worker = new Worker(
    back,
    {
      echo: ({ body }) => body,
      count: async function* ({ body: [frame = Buffer.of()] }) {
        for (let i = 1; i < Number(text(frame)); i++) yield String(i);
        return text(frame);
      },
    },
    { wire, concurrency: 8, curve: { serverKey, secretKey: forWorkers.secretKey } },
  );
  await worker.start();
  const client = new Client(front, {
    wire,
    timeoutMs: 30_000,
    maxSockets: 32,
    curve: { serverKey, secretKey: forClients.secretKey },
  });
  ends.unshift(async () => {
    await client.close();
    await worker.stop({ drainMs: 0 });
    expect([client.stats().pending, worker.stats().inFlight]).toEqual([0, 0]);
  });
  await waitUntil('the worker', () => broker.stats().workers.registered >= (wire === 'rfc18' ? 16 : 1));
  return client;
}

describe.each(['rfc18', 'mx', 'auto'] as const)('wire %s', (wire) => {
  test('requests, large and small, hundreds at once', async () => {
    const client = await start(wire);
    const bodies = Array.from({ length: 400 }, (_, i) => String(i).repeat(1 + (i % 7) * 100));
    const replies = await Promise.all(bodies.map((body) => client.request('echo', body)));
    expect(replies.map(([frame]) => text(frame ?? Buffer.of()))).toEqual(bodies);
    const megabyte = Buffer.alloc(1024 * 1024, 7);
    const [back = Buffer.of()] = await client.request('echo', megabyte);
    expect(megabyte.equals(back)).toBe(true);
    expect(client.stats().counters).toMatchObject({ replies: 401, retries: 0, refusals: 0, strays: 0 });
  });

  test('streams, several at once, each whole and in order', async () => {
    const client = await start(wire);
    const lengths = Array.from({ length: 12 }, (_, i) => 50 + i);
    const streams = lengths.map(async (length) => {
      const parts: (string | undefined)[] = [];
      for await (const [frame = Buffer.of()] of client.request('count', String(length))) parts.push(text(frame));
      return parts;
    });
    expect(await Promise.all(streams)).toEqual(
      lengths.map((length) => Array.from({ length }, (_, i) => String(i + 1))),
    );
  });
});

test("a client's key does not register a worker, and a worker's makes no requests", async () => {
  const [front = '', back = ''] = broker.endpoints;
  const serverKey = server.publicKey;
  const worker = new Worker(back, 'echo', () => 'ok', { curve: { serverKey, secretKey: forClients.secretKey } });
  ends.unshift(() => worker.stop({ drainMs: 0 }));
  const details: (string | undefined)[] = [];
  worker.on('disconnected', ({ detail }) => details.push(detail));
  await worker.start();
  await waitUntil('the worker to be refused', () => details.length > 0);
  expect(details[0]).toBe('this key is not allowed (curve)');
  const client = new Client(front, { curve: { serverKey, secretKey: forWorkers.secretKey } });
  ends.unshift(() => client.close());
  await expect(client.request('echo', 'x')).rejects.toMatchObject({ code: 'MDP_REFUSED', attempts: 0 });
  expect(broker.stats().workers.registered).toBe(0);
});
