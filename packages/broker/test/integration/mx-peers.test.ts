// SPDX-License-Identifier: Apache-2.0
// mx-peers.test - clients and workers of this project find MX by themselves, mix with strict ones, and lose nothing by it

import { afterEach, describe, expect, test } from '@jest/globals';
import type { BrokerOptions } from '@mdp/broker';
import { Broker } from '@mdp/broker';
import type { ClientOptions } from '@mdp/client';
import { Client } from '@mdp/client';
import type { Frame } from '@mdp/protocol';
import { freePort, waitUntil } from '@mdp/testkit';
import type { Handler, WorkerOptions } from '@mdp/worker';
import { Worker } from '@mdp/worker';

const closers: (() => Promise<unknown>)[] = [];

async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*', ...options });
  await broker.start();
  closers.push(() => broker.stop({ drainMs: 0 }));
  return broker;
}

async function startWorker(
  broker: string | Broker,
  handler: Handler,
  options: WorkerOptions = {},
  service = 'echo',
): Promise<Worker> {
  const worker = new Worker(endpointOf(broker), service, handler, options);
  closers.push(() => worker.stop({ drainMs: 0 }));
  await worker.start();
  await waitUntil('the worker to be registered', () => worker.stats().registered > 0);
  return worker;
}

function newClient(broker: string | Broker, options: ClientOptions = {}): Client {
  const client = new Client(endpointOf(broker), { timeoutMs: 30_000, ...options });
  closers.push(() => client.close());
  return client;
}

function endpointOf(broker: string | Broker): string {
  return typeof broker === 'string' ? broker : (broker.endpoints[0] ?? '');
}

function wireOf(of: Client | Worker): string | undefined {
  return of.stats().endpoints[0]?.wire;
}

/** Ask until the client speaks MX. */
async function untilMx(client: Client): Promise<void> {
  await waitUntil('MX to be agreed upon', async () => {
    await client.request('echo', 'x');
    return wireOf(client) === 'mx';
  });
}

const echo: Handler = ({ body }) => body;

function texts(frames: readonly Frame[]): string {
  return frames.map(String).join(' ');
}

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

test('without being told, a worker speaks MX from its READY on, and a client after its first reply', async () => {
  const broker = await startBroker();
  const worker = await startWorker(broker, echo);
  expect(wireOf(worker)).toBe('mx');
  const client = newClient(broker);
  expect(texts(await client.request('echo', ['a', 'b']))).toBe('a b');
  await untilMx(client);
  expect(texts(await client.request('echo', ['a', 'b']))).toBe('a b');
});

test('a broker is replaced by one that does not speak MX, and by one that does again: no request is lost', async () => {
  const endpoint = `tcp://127.0.0.1:${String(await freePort())}`;
  let broker = await startBroker({ endpoints: endpoint });
  const worker = await startWorker(endpoint, echo, {
    heartbeatIntervalMs: 100,
    reconnectBaseMs: 10,
    reconnectMaxMs: 50,
  });
  const retry = { attempts: 100, baseMs: 10, maxMs: 50 };
  const client = newClient(endpoint, { retry, reconnectMs: 10, reconnectMaxMs: 50 });
  await untilMx(client);
  for (const mx of [false, true]) {
    await broker.stop({ drainMs: 0 });
    broker = await startBroker({ endpoints: endpoint, mx });
    const wire = mx ? 'mx' : 'rfc18';
    await waitUntil(`both to speak ${wire}`, async () => {
      expect(texts(await client.request('echo', 'x'))).toBe('x');
      return wireOf(client) === wire && wireOf(worker) === wire;
    });
    // A broker that speaks no MX takes it for rubbish.
    expect(broker.stats().counters.dropped.invalid).toBe(0);
  }
});

const WIRES = ['rfc18', 'mx'] as const;
const mixes = WIRES.flatMap((client) => WIRES.map((worker) => ({ client, worker })));

describe.each(mixes)('a client on $client and a worker on $worker', ({ client: clientWire, worker: workerWire }) => {
  const client = { wire: clientWire } as const;
  const worker = { wire: workerWire, concurrency: 8 } as const;

  test('a thousand requests at once each get their own reply', async () => {
    const broker = await startBroker();
    await startWorker(broker, echo, worker);
    const asker = newClient(broker, client);
    const replies = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => asker.request('echo', `request ${String(i)}`)),
    );
    expect(replies.map(texts)).toEqual(replies.map((_, i) => `request ${String(i)}`));
    expect(broker.stats().counters.finals).toBe(1000);
  });

  test('a stream that is read slowly comes whole and in order, beside others', async () => {
    const broker = await startBroker();
    const part = Buffer.alloc(20_000, 'p');
    const stream: Handler = async function* () {
      for (let i = 0; i < 200; i++) yield [String(i), part];
      return 'end';
    };
    await startWorker(broker, stream, worker, 'stream');
    await startWorker(broker, echo, worker);
    const asker = newClient(broker, { ...client, maxBufferedBytes: 50_000 });
    const numbers: string[] = [];
    for await (const [number] of asker.request('stream', 'x')) {
      numbers.push(String(number));
      if (numbers.length % 20 === 0) expect(texts(await asker.request('echo', 'beside'))).toBe('beside');
    }
    expect(numbers).toEqual([...Array.from({ length: 200 }, (_, i) => String(i)), 'end']);
    expect(broker.stats().counters.dropped.slowReader).toBe(0);
  });

  test('bodies of every size pass as they are', async () => {
    const broker = await startBroker();
    await startWorker(broker, echo, worker);
    const asker = newClient(broker, client);
    for (const size of [0, 1, 4096, 4097, 100_000]) {
      const body = [Buffer.alloc(size, 'a'), Buffer.alloc(0), Buffer.alloc(size, 'b')];
      const reply = await asker.request('echo', body);
      expect(reply.map((frame) => Buffer.from(frame).equals(body[reply.indexOf(frame)] ?? Buffer.from('?')))).toEqual([
        true,
        true,
        true,
      ]);
    }
  });

  test('a handler that fails is MDP_REMOTE 500', async () => {
    const broker = await startBroker();
    const fails: Handler = () => {
      throw new Error('as told');
    };
    await startWorker(broker, fails, worker);
    await expect(newClient(broker, client).request('echo', 'x')).rejects.toMatchObject({
      code: 'MDP_REMOTE',
      status: 500,
    });
  });
});

test('over MX an abort reaches the handler, and the worker is free again', async () => {
  const broker = await startBroker();
  let begun = 0;
  let aborted = 0;
  const holds: Handler = (_request, { signal }) => {
    begun++;
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        aborted++;
        resolve('over');
      });
    });
  };
  await startWorker(broker, holds, { wire: 'mx' });
  const controller = new AbortController();
  const reply = newClient(broker, { wire: 'mx' }).request('echo', 'x', { signal: controller.signal });
  reply.catch(() => undefined);
  await waitUntil('the handler to begin', () => begun === 1);
  controller.abort();
  await expect(reply).rejects.toMatchObject({ code: 'MDP_ABORTED' });
  await waitUntil('the handler to hear of it', () => aborted === 1);
  await waitUntil('the worker to be free', () => broker.stats().requests.running === 0);
  expect(broker.stats().counters).toMatchObject({ cancelled: 1, dropped: { cancelled: 1 } });
});

test('over MX a worker that stops gives nothing back: what may be tried only once does not fail', async () => {
  const broker = await startBroker({ maxAttempts: 1 });
  const client = newClient(broker, { wire: 'mx' });
  const jobs =
    (): Handler =>
    async ({ body }) => {
      await new Promise(setImmediate);
      return body;
    };
  const options = { wire: 'mx', concurrency: 4 } as const;
  let worker = await startWorker(broker, jobs(), options);
  let over = false;
  let replies = 0;
  const lanes = Array.from({ length: 16 }, async () => {
    while (!over) {
      await client.request('echo', 'x');
      replies++;
    }
  });
  for (let round = 0; round < 5; round++) {
    const before = replies;
    const next = await startWorker(broker, jobs(), options);
    await worker.stop();
    worker = next;
    await waitUntil('the load to go on', () => replies > before + 100);
  }
  over = true;
  await Promise.all(lanes);
  expect(broker.stats().counters).toMatchObject({ recovered: 0, failed: { 502: 0 } });
});
