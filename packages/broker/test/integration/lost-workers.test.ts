// SPDX-License-Identifier: Apache-2.0
// lost-workers.test - a worker whose connection breaks is lost at once: not when its heartbeats are missed

import { afterEach, expect, test } from '@jest/globals';
import type { BrokerOptions } from '@mdp/broker';
import { waitUntil } from '@mdp/testkit';
import { Live } from '../support/live.js';

/** No heartbeat is missed, and nothing expires, while a test runs: what is noticed is noticed by the connection. */
const SLOW_HEARTBEATS: BrokerOptions = { heartbeatIntervalMs: 120_000, busyWorkerTimeoutMs: 600_000 };

let it: Live;
let log: string[];

async function start(options: BrokerOptions = {}): Promise<void> {
  it = await Live.start({ ...SLOW_HEARTBEATS, ...options });
  log = [];
  it.broker.on('workerLost', ({ service, reason }) => log.push(`${service} lost: ${reason}`));
  it.broker.on('requestRecovered', ({ service, attempts }) => log.push(`${service} recovered: ${String(attempts)}`));
  it.broker.on('requestFailed', ({ service, status }) => log.push(`${service} failed: ${String(status)}`));
}

afterEach(async () => {
  await it.close();
});

test('a worker that is gone while it is busy: another one gets its request at once (MDP-B-41)', async () => {
  await start();
  const [first, second, client] = [await it.registered('s'), await it.registered('s'), it.client()];
  await client.request('s', 'a', 'b');
  expect(await first.hear()).toBe('request a b');
  first.close();
  expect(await second.hear()).toBe('request a b');
  expect(second.address.equals(first.address)).toBe(false);
  await second.final('c');
  expect(await client.hear()).toBe('final c');
  expect(log).toEqual(['s lost: unreachable', 's recovered: 1']);
  const { counters, workers, requests } = it.broker.stats();
  expect(counters).toMatchObject({
    requests: 1,
    dispatched: 2,
    recovered: 1,
    finals: 1,
    workersLost: { unreachable: 1 },
  });
  expect(workers).toEqual({ registered: 1, waiting: 1, busy: 0 });
  expect(requests).toEqual({ queued: 0, queuedBytes: 0, running: 0, pendingBytes: 0 });
});

test('a busy worker that is gone without a successor: its request waits for the next one to come', async () => {
  await start();
  const [first, client] = [await it.registered('s'), it.client()];
  await client.request('s', 'a');
  expect(await first.hear()).toBe('request a');
  first.close();
  await it.until('the request to wait', ({ requests }) => requests.queued === 1);
  const second = await it.registered('s');
  expect(await second.hear()).toBe('request a');
  await second.final('b');
  expect(await client.hear()).toBe('final b');
});

test('a request whose attempts are used up ends with 502', async () => {
  await start({ maxAttempts: 2 });
  const client = it.client();
  await client.request('s', 'a');
  for (let i = 0; i < 2; i++) {
    const worker = await it.registered('s');
    expect(await worker.hear()).toBe('request a');
    worker.close();
  }
  expect(await client.hear()).toBe('error 502');
  expect(log).toEqual(['s lost: unreachable', 's recovered: 1', 's lost: unreachable', 's failed: 502']);
});

test('a request of which a part has gone out is not repeated: the client hears 502 in place of the rest', async () => {
  await start();
  const [first, second, client] = [await it.registered('s'), await it.registered('s'), it.client()];
  await client.request('s', 'a');
  expect(await first.hear()).toBe('request a');
  await first.partial('part');
  expect(await client.hear()).toBe('partial part');
  first.close();
  expect(await client.hear()).toBe('error 502');
  await client.request('s', 'b');
  expect(await second.hear()).toBe('request b');
});

test('what a worker had said before it was gone counts: its FINAL reaches the client, and nothing is repeated', async () => {
  await start();
  for (let i = 0; i < 20; i++) {
    const service = `s${String(i)}`;
    const [worker, client] = [it.worker('rfc18', { linger: 1_000 }), it.client()];
    await worker.ready(service);
    await client.request(service, 'a');
    expect(await worker.hear()).toBe('request a');
    await worker.final('b');
    worker.close();
    expect(await client.hear()).toBe('final b');
  }
  expect(it.broker.stats().counters).toMatchObject({ finals: 20, recovered: 0 });
});

test('a worker that is gone while it waits: the next request goes to the other one', async () => {
  await start();
  const client = it.client();
  const steady = await it.registered('s');
  for (let i = 0; i < 20; i++) {
    // The one that waits for longest comes first (MDP-B-04), and that one is about to go.
    const goner = await it.registered('s');
    await client.request('s', 'turn');
    expect(await steady.hear()).toBe('request turn');
    await steady.final('turned');
    expect(await client.hear()).toBe('final turned');
    goner.close();
    await client.request('s', String(i));
    expect(await steady.hear()).toBe(`request ${String(i)}`);
    await steady.final(String(i));
    expect(await client.hear()).toBe(`final ${String(i)}`);
  }
  expect(it.broker.stats()).toMatchObject({
    workers: { registered: 1, waiting: 1, busy: 0 },
    counters: { finals: 40, failed: { 502: 0 }, workersLost: { unreachable: 20 } },
  });
});

test('a request that is sent just when an idle worker’s connection breaks is not stranded there', async () => {
  await start();
  const client = it.client();
  for (let i = 0; i < 20; i++) {
    const goner = await it.registered('s');
    goner.close();
    // From before the broker hears of it to after: one turn of the event loop later each time.
    for (let turn = 0; turn < i; turn++) await new Promise(setImmediate);
    await client.request('s', String(i));
    await it.until('the worker to be missed', ({ workers }) => workers.registered === 0);
    const next = await it.registered('s');
    expect(await next.hear()).toBe(`request ${String(i)}`);
    await next.final(String(i));
    expect(await client.hear()).toBe(`final ${String(i)}`);
    await next.disconnect();
    await it.until('the worker to leave', ({ workers }) => workers.registered === 0);
  }
});

test('a worker that says DISCONNECT while it is busy gives its request back, and that is no attempt', async () => {
  await start();
  const [first, second, client] = [await it.registered('s'), await it.registered('s'), it.client()];
  await client.request('s', 'a');
  expect(await first.hear()).toBe('request a');
  await first.disconnect();
  expect(await second.hear()).toBe('request a');
  expect(log).toEqual(['s lost: disconnect', 's recovered: 0']);
});

test('a worker that falls silent is lost when its heartbeats are missed, with its connection still there', async () => {
  await start({ heartbeatIntervalMs: 20, heartbeatLiveness: 3 });
  const silent = await it.registered('s');
  await it.until('its end', ({ workers }) => workers.registered === 0);
  expect(log).toEqual(['s lost: expired']);
  await waitUntil('its HEARTBEATs to arrive', () => silent.waiting.includes('heartbeat'));
  // It is not known any more: what it says now is answered with DISCONNECT.
  await silent.beat();
  expect(await silent.hear()).toBe('disconnect');
});

test('a worker that beats while it is busy, and then no more, loses its request to another one', async () => {
  await start({ heartbeatIntervalMs: 25, heartbeatLiveness: 8 });
  const [first, client] = [await it.registered('s'), it.client()];
  await client.request('s', 'a');
  expect(await first.hear()).toBe('request a');
  await first.beat();
  await first.beat();
  await it.until('its end', ({ workers }) => workers.registered === 0);
  const second = await it.registered('s');
  expect(await second.hear()).toBe('request a');
  await second.final('b');
  expect(await client.hear()).toBe('final b');
  expect(log.slice(0, 2)).toEqual(['s lost: expired', 's recovered: 1']);
  // The first one's reply comes too late and reaches nobody.
  await first.final('late');
  expect(await first.hear()).toBe('disconnect');
  await client.request('mmi.service', 't');
  expect(await client.hear()).toBe('final 404');
  expect(it.broker.stats().counters.dropped.lateToken).toBe(1);
});
