// SPDX-License-Identifier: Apache-2.0
// proxy.test - peers behind ROUTER-DEALER proxies: one connection, many logical peers

import { afterEach, expect, test } from '@jest/globals';
import { RawPeer } from '@mdp/testkit';
import { ForwardingProxy } from '../support/forwarding-proxy.js';
import { Live, LiveClient, LiveWorker } from '../support/live.js';

let it: Live;

afterEach(async () => {
  await it.close();
});

test('two workers and two clients through one connection: everybody gets what is theirs', async () => {
  it = await Live.start({}, 'behind a proxy');
  const [first, second] = [await it.registered('s'), await it.registered('s')];
  const [ann, ben] = [it.client(), it.client()];
  await ann.request('s', 'from ann');
  expect(await first.hear()).toBe('request from ann');
  await ben.request('s', 'from ben');
  expect(await second.hear()).toBe('request from ben');
  expect(it.broker.stats()).toMatchObject({
    connections: 1,
    workers: { registered: 2, waiting: 0, busy: 2 },
    services: [{ name: 's', workers: 2, waiting: 0, busy: 2, queued: 0 }],
  });
  await second.partial('to ben');
  await first.partial('to ann');
  await second.final('end for ben');
  await first.final('end for ann');
  expect(await ann.hearAll()).toEqual(['partial to ann', 'final end for ann']);
  expect(await ben.hearAll()).toEqual(['partial to ben', 'final end for ben']);
  expect([ann.waiting, ben.waiting, first.waiting, second.waiting]).toEqual([[], [], [], []]);
});

test('one of two workers behind a connection goes: its request goes to the other one', async () => {
  it = await Live.start({}, 'behind a proxy');
  const [first, second, client] = [await it.registered('s'), await it.registered('s'), it.client()];
  await client.request('s', 'a');
  expect(await first.hear()).toBe('request a');
  await first.disconnect();
  expect(await second.hear()).toBe('request a');
  await second.final('b');
  expect(await client.hear()).toBe('final b');
  expect(it.broker.stats()).toMatchObject({ workers: { registered: 1 }, counters: { workersLost: { disconnect: 1 } } });
});

test('one that answers for the other is told DISCONNECT, and the other one’s request goes on', async () => {
  it = await Live.start({}, 'behind a proxy');
  const [honest, forger, client] = [await it.registered('s'), await it.registered('s'), it.client()];
  await client.request('s', 'a');
  expect(await honest.hear()).toBe('request a');
  forger.address = honest.address;
  await forger.final('forged');
  expect(await forger.hear()).toBe('disconnect');
  await honest.final('true');
  expect(await client.hear()).toBe('final true');
  expect(client.waiting).toEqual([]);
  expect(it.broker.stats().workers).toEqual({ registered: 1, waiting: 1, busy: 0 });
});

test('one that falls silent behind a connection expires, the other one that beats does not', async () => {
  it = await Live.start({ heartbeatIntervalMs: 50, heartbeatLiveness: 6 }, 'behind a proxy');
  const lively = (await it.registered('s')).beatEvery(20);
  await it.registered('s');
  await it.until('the silent one to expire', ({ counters }) => counters.workersLost['expired'] === 1);
  const client = it.client();
  await client.request('s', 'a');
  expect(await lively.hear()).toBe('request a');
  expect(it.broker.stats().workers).toEqual({ registered: 1, waiting: 0, busy: 1 });
});

test('the proxy goes: all its workers are lost at once, and none of them gets what another one held', async () => {
  it = await Live.start({ heartbeatIntervalMs: 120_000 });
  const direct = it.clientEndpoint;
  const proxy = await ForwardingProxy.start(direct);
  it.workerEndpoint = proxy.endpoint;
  const [first] = [await it.registered('s'), await it.registered('s')];
  const client = it.client();
  await client.request('s', 'a');
  expect(await first.hear()).toBe('request a');
  proxy.close();
  await it.until('both to be lost', ({ workers }) => workers.registered === 0);
  expect(it.broker.stats().counters).toMatchObject({ dispatched: 1, recovered: 1, workersLost: { unreachable: 2 } });
  it.workerEndpoint = direct;
  const successor = await it.registered('s');
  expect(await successor.hear()).toBe('request a');
  await successor.final('b');
  expect(await client.hear()).toBe('final b');
});

test('peers of every dialect behind three proxies', async () => {
  it = await Live.start();
  let endpoint = it.clientEndpoint;
  for (let i = 0; i < 3; i++) {
    const proxy = await ForwardingProxy.start(endpoint);
    it.onClose(() => {
      proxy.close();
    });
    endpoint = proxy.endpoint;
  }
  for (const dialect of ['rfc18', 'majortomo', 'mdp01'] as const) {
    const worker = new LiveWorker(dialect, new RawPeer(endpoint));
    const client = new LiveClient(dialect, new RawPeer(endpoint));
    it.onClose(() => {
      worker.close();
      client.close();
    });
    await worker.ready(dialect);
    await client.request(dialect, 'a', '', 'b');
    expect(await worker.hear()).toBe('request a  b');
    await worker.final('c', '');
    expect(await client.hear()).toBe('final c ');
  }
});
