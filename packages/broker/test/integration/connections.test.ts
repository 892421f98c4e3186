// SPDX-License-Identifier: Apache-2.0
// connections.test - more peers than are remembered, addresses as long as may be, routing ids that peers choose

import { afterEach, expect, test } from '@jest/globals';
import type { BrokerOptions } from '@mdp/broker';
import { Live } from '../support/live.js';
import type { Frames } from '../support/wire.js';
import { ZmtpPeer } from '../support/zmtp-peer.js';

let live: Live;

async function start(options: BrokerOptions = {}): Promise<void> {
  live = await Live.start({ heartbeatIntervalMs: 120_000, ...options });
}

afterEach(async () => {
  await live.close();
});

test('when as many connections as may be are in use, a new one is not heard, until there is room', async () => {
  await start({ maxConnections: 100 });
  const workers = [];
  for (let i = 0; i < 100; i++) workers.push(await live.registered(`service ${String(i)}`));
  const late = live.client();
  await late.request('mmi.service', 'service 0');
  await live.until('it to be dropped', ({ counters }) => counters.dropped.tooManyConnections === 1);
  expect(live.broker.stats()).toMatchObject({
    connections: 100,
    workers: { registered: 100 },
    counters: { requests: 0 },
  });
  await workers[50]?.disconnect();
  await live.until('it to be gone', ({ workers: { registered } }) => registered === 99);
  await late.request('mmi.service', 'service 0');
  expect(await late.hear()).toBe('final 200');
  expect(live.broker.stats().connections).toBe(100);
});

test('connections that nobody needs make room for new ones: no worker is forgotten for them', async () => {
  await start({ maxConnections: 100 });
  const worker = await live.registered('s');
  for (let i = 0; i < 150; i++) expect(await live.knows('s')).toBe(true);
  expect(live.broker.stats().connections).toBe(100);
  const client = live.client();
  await client.request('s', 'a');
  expect(await worker.hear()).toBe('request a');
  await worker.final('b');
  expect(await client.hear()).toBe('final b');
  expect(live.broker.stats().counters.dropped.tooManyConnections).toBe(0);
});

test('an address of eight frames of 255 bytes is answered, frame for frame; a longer one is no address (MDP-B-05)', async () => {
  await start();
  const peer = live.client();
  const address = Array.from({ length: 8 }, (_, i) => Buffer.alloc(255, 0xf0 + i));
  const request: Frames = ['MDPC02', Buffer.of(1), 'mmi.service', 's'];
  await peer.say(...address, ...request);
  const answer = (await peer.peer.receive()).map((frame) => frame.toString('hex'));
  const expected = [...address, Buffer.from('MDPC02'), Buffer.of(3), Buffer.from('mmi.service'), Buffer.from('404')];
  expect(answer).toEqual(expected.map((frame) => frame.toString('hex')));
  await peer.say('one more', ...address, ...request);
  await peer.say(Buffer.alloc(256), ...request);
  await live.until('both to be dropped', ({ counters }) => counters.invalid['address-too-long'] === 2);
});

test('a worker and a client may sit behind addresses of eight frames', async () => {
  await start();
  const [worker, client] = [live.worker(), live.client()];
  const front = Array.from({ length: 8 }, (_, i) => `hop ${String(i)}`);
  await worker.say(...front, 'MDPW02', Buffer.of(1), 's');
  await live.until('it to be registered', ({ workers }) => workers.registered === 1);
  await client.say(...front, 'MDPC02', Buffer.of(1), 's', 'a');
  const request = await worker.peer.receive();
  expect(request.slice(0, 8).map(String)).toEqual(front);
  const [token] = request.slice(10) as [Buffer];
  await worker.say(...front, 'MDPW02', Buffer.of(4), token, '', 'b');
  expect((await client.peer.receive()).map(String)).toEqual([...front, 'MDPC02', '\x03', 's', 'b']);
});

test('a peer that takes the routing id of another one does not get what is that one’s', async () => {
  await start();
  const worker = await live.registered('s');
  const first = live.client('rfc18', { routingId: 'chosen' });
  await first.request('s', 'a');
  expect(await worker.hear()).toBe('request a');
  const thief = live.client('rfc18', { routingId: 'chosen' });
  await thief.request('s', 'mine');
  await worker.final('for the first');
  expect(await first.hear()).toBe('final for the first');
  // ZeroMQ hears nothing from the second one while the first is there.
  expect(await live.knows('s')).toBe(true);
  expect(thief.waiting).toEqual([]);
  expect(live.broker.stats().counters).toMatchObject({ dispatched: 1, finals: 1 });
});

test('a routing id that is longer than ZMTP allows is not remembered, and its peer not heard', async () => {
  await start();
  const longest = new ZmtpPeer(live.clientEndpoint, true, Buffer.alloc(255, 'x'));
  const longer = new ZmtpPeer(live.clientEndpoint, true, Buffer.alloc(100_000, 'x'));
  longest.say('MDPC02', '\x01', 'mmi.service', 's');
  await live.until('the first to be answered', ({ counters }) => counters.mmi === 1);
  longer.say('MDPC02', '\x01', 'mmi.service', 's');
  await live.until('the second to be dropped', ({ counters }) => counters.invalid['address-too-long'] === 1);
  expect(live.broker.stats()).toMatchObject({ connections: 1, counters: { mmi: 1, dropped: { invalid: 1 } } });
  longest.close();
  longer.close();
});
