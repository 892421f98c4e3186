// SPDX-License-Identifier: Apache-2.0
// names.test - a worker registers with every broker that a name stands for, and takes leave of those that are gone

import { afterEach, expect, jest, test } from '@jest/globals';
import type { Broker as RunningBroker } from '@mdp/broker';
import { text } from '@mdp/protocol';
import { freePort, waitUntil } from '@mdp/testkit';

let addresses: string[] | Error = [];
jest.unstable_mockModule('node:dns/promises', () => ({
  lookup: () =>
    addresses instanceof Error
      ? Promise.reject(addresses)
      : Promise.resolve(addresses.map((address) => ({ address, family: 4 }))),
}));
// After that: whoever loads the protocol first decides what it finds.
const { Broker } = await import('@mdp/broker');
const { Client } = await import('@mdp/client');
const { Worker } = await import('../../src/index.js');

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

async function startBroker(endpoint: string): Promise<RunningBroker> {
  const broker = new Broker({ endpoints: endpoint });
  opened.push({ [Symbol.asyncDispose]: () => broker.stop({ drainMs: 0 }) });
  await broker.start();
  return broker;
}

test.each(['rfc18', 'mx', 'auto'] as const)(
  'wire %s: it registers at a new address, and finishes what it has from one that is gone',
  async (wire) => {
    const port = String(await freePort());
    const [first, second] = [`tcp://127.0.0.1:${port}`, `tcp://127.0.0.2:${port}`];
    const a = await startBroker(first);
    const b = await startBroker(second);
    const name = `tcp://brokers.test:${port}`;
    addresses = ['127.0.0.1'];
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const options = { wire, resolveIntervalMs: 1_000 };
    const worker = new Worker(name, 'slow', () => released.then(() => 'done'), options);
    opened.push(worker);
    await worker.start();
    await waitUntil('the worker at the first', () => a.stats().workers.registered === 1);
    await using client = new Client(first);
    const running = client.request('slow', 'x').then(([frame]) => text(frame as Uint8Array));
    await waitUntil('the request', () => worker.stats().inFlight === 1);

    addresses = ['127.0.0.2'];
    await waitUntil('the worker at the second', () => b.stats().workers.registered === 1);
    expect(worker.stats().endpoints).toMatchObject([
      { endpoint: second, name },
      { endpoint: first, inFlight: 1 },
    ]);
    release();
    expect(await running).toBe('done');
    await waitUntil('the first to be left', () => worker.stats().endpoints.length === 1);
    expect(a.stats().workers.registered).toBe(0);
    expect(b.stats().workers.registered).toBe(1);
  },
);

test('a name that does not exist keeps it waiting, with the reason, and it can be stopped', async () => {
  addresses = Object.assign(new Error('no'), { code: 'ENOTFOUND' });
  const worker = new Worker('tcp://nowhere.test:5555', 'echo', ({ body }) => body);
  opened.push(worker);
  await worker.start();
  await waitUntil('the reason', () => worker.stats().endpoints[0]?.reason?.includes('ENOTFOUND'));
  expect(worker.stats()).toMatchObject({ phase: 'running', connections: 0, endpoints: [{ wire: 'asking' }] });
  await worker.stop();
  expect(worker.stats().phase).toBe('stopped');
});
