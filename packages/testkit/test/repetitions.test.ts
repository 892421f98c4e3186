// SPDX-License-Identifier: Apache-2.0
// repetitions.test - a request that its client repeats, over real sockets: what the worker is told, and how often it works

import { afterEach, expect, test } from '@jest/globals';
import { Broker } from '@mdp/broker';
import type { ClientOptions } from '@mdp/client';
import { Client, text } from '@mdp/client';
import { waitUntil } from '@mdp/testkit';
import type { WorkerRequest } from '@mdp/worker';
import { Worker } from '@mdp/worker';

const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function startBroker(): Promise<Broker> {
  const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
  await broker.start();
  ends.unshift(() => broker.stop({ drainMs: 0 }));
  return broker;
}

/** A worker at these brokers whose handler waits until it may end, and the requests that it was given. */
async function startWorker(deduplicate: boolean, ...brokers: Broker[]) {
  const seen: WorkerRequest[] = [];
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const endpoints = brokers.flatMap((broker) => broker.endpoints);
  const worker = new Worker(
    endpoints,
    'pay',
    async (request) => {
      seen.push(request);
      await finished;
      return `paid ${String(seen.length)}`;
    },
    { wire: 'mx', concurrency: 4, deduplicate, reconnectBaseMs: 10 },
  );
  await worker.start();
  ends.unshift(() => worker.stop({ drainMs: 0 }));
  await waitUntil('the worker to be registered', () => worker.stats().registered === brokers.length);
  return { worker, seen, finish };
}

function newClient(brokers: readonly Broker[], options: ClientOptions = {}): Client {
  const client = new Client(
    brokers.flatMap((broker) => broker.endpoints),
    { wire: 'mx', timeoutMs: 30_000, ...options },
  );
  ends.unshift(() => client.close());
  return client;
}

const words = (frames: readonly Uint8Array[]): string[] => frames.map((frame) => text(frame) ?? '');

test.each([true, false])(
  'a client that repeats while the first attempt runs: one execution with the cache (%s), two without',
  async (deduplicate) => {
    const broker = await startBroker();
    const { worker, seen, finish } = await startWorker(deduplicate, broker);
    const client = newClient([broker], { attemptTimeoutMs: 300, retry: { attempts: 20, baseMs: 1 } });
    const reply = client.request('pay', 'order 17').then(words);
    await waitUntil('the repetition', () => worker.stats().counters.requests >= 2);
    finish();
    const [answer = ''] = await reply;
    const attempts = seen.map(({ attempt }) => attempt);
    if (deduplicate) {
      expect([answer, attempts]).toEqual(['paid 1', [1]]);
      expect(worker.stats()).toMatchObject({ orphans: 0, remembered: { replies: 1 } });
    } else {
      // On a machine that is slow there may be a third.
      expect(attempts.slice(0, 2)).toEqual([1, 2]);
      expect(answer).toBe(`paid ${String(seen.length)}`);
      expect(new Set(seen.map(({ id }) => Buffer.from(id ?? []).toString('hex'))).size).toBe(1);
      expect(seen[0]?.id).toHaveLength(16);
    }
    await waitUntil('all to have ended', () => worker.stats().inFlight === 0);
  },
);

test('a broker that is gone while the work is done: the repetition comes by another one, and joins it', async () => {
  const brokers = [await startBroker(), await startBroker()];
  const { worker, seen, finish } = await startWorker(true, ...brokers);
  const client = newClient(brokers, { retry: { attempts: 20, baseMs: 10 }, reconnectMs: 10 });
  const reply = client.request('pay', 'order 17').then(words);
  await waitUntil('the work to begin', () => seen.length === 1);
  const first = brokers.find(({ endpoints }) => endpoints.includes(seen[0]?.endpoint ?? ''));
  await first?.stop({ drainMs: 0 });
  await waitUntil('the repetition', () => worker.stats().counters.duplicates.joined === 1);
  finish();
  expect(await reply).toEqual(['paid 1']);
  expect(seen).toHaveLength(1);
  expect(worker.stats()).toMatchObject({ inFlight: 0, orphans: 0 });
});

test('another client that asks for the same work later gets the reply that the first one got', async () => {
  const broker = await startBroker();
  const { worker, seen, finish } = await startWorker(true, broker);
  finish();
  const ask = (id: string) => newClient([broker]).request('pay', 'order 17', { id }).then(words);
  expect(await ask('order 17')).toEqual(['paid 1']);
  expect(await ask('order 17')).toEqual(['paid 1']);
  expect(await ask('order 18')).toEqual(['paid 2']);
  expect(seen.map(({ id }) => text(id ?? Buffer.of()))).toEqual(['order 17', 'order 18']);
  expect(worker.stats()).toMatchObject({
    remembered: { replies: 2 },
    counters: { requests: 3, finals: 3, duplicates: { joined: 0, remembered: 1, forgotten: 0 } },
  });
});
