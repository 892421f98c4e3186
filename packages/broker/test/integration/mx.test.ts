// SPDX-License-Identifier: Apache-2.0
// mx.test - MX on real sockets: many commands in one message, both wires on one connection, and large bodies apart

import { afterEach, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { Live } from '../support/live.js';
import { mx, readAtClient, splitMx } from '../support/wire.js';

const live: Live[] = [];

async function start(): Promise<Live> {
  const one = await Live.start();
  live.push(one);
  return one;
}

afterEach(async () => {
  await Promise.all(live.splice(0).map((each) => each.close()));
});

test('what comes in one message goes on in one message, there and back', async () => {
  const one = await start();
  const worker = one.worker('mx');
  await worker.ready('s', 100);
  await one.until('it to be registered', ({ counters }) => counters.workersReady === 1);
  const client = one.client('mx');
  const requests = Array.from({ length: 50 }, (_, id) => ({ command: 'request' as const, id, name: 's', body: ['a'] }));
  await client.say(...mx(...requests));
  const there = await worker.peer.receive();
  expect(there).toHaveLength(1);
  const records = splitMx(there);
  expect(records).toHaveLength(50);
  await worker.say(...mx(...records.map((_, i) => ({ command: 'final' as const, id: i + 1, body: ['b'] }))));
  const back = splitMx(await client.peer.receive());
  expect(back.map((frames) => readAtClient('mx', frames).type)).toEqual(Array.from({ length: 50 }, () => 'final'));
  expect(one.broker.stats().counters).toMatchObject({ received: 3, sent: 2, requests: 50, finals: 50 });
});

test('asked over RFC 18 whether it speaks MX, it says so, and then both wires work on that connection', async () => {
  const one = await start();
  const client = one.client();
  await client.request('mmi.mx', '1');
  expect(await client.hear()).toBe('final 200 1 1000');
  await client.say(...mx({ command: 'request', id: 5, name: 'mmi.service', body: ['s'] }));
  const [answer = []] = splitMx(await client.peer.receive());
  expect(readAtClient('mx', answer)).toMatchObject({ type: 'final', address: Buffer.of(5, 0, 0, 0) });
  await client.request('mmi.service', 's');
  expect(await client.hear()).toBe('final 404');
});

test('a broker that is told not to speaks no MX, and takes it for rubbish', async () => {
  const one = await Live.start({ mx: false });
  live.push(one);
  const client = one.client();
  await client.request('mmi.mx', '1');
  expect(await client.hear()).toBe('final 501');
  await client.say(...mx({ command: 'request', id: 5, name: 's', body: ['x'] }));
  await one.until('it to be dropped', ({ counters }) => counters.dropped.invalid === 1);
});

test('large bodies travel as frames of their own', async () => {
  const one = await start();
  const worker = await one.registered('s', 'mx');
  const client = one.client('mx');
  const large = Buffer.alloc(100_000, 'l');
  await client.request('s', large, 'small');
  const there = await worker.peer.receive();
  expect(there.map(({ length }) => length)).toEqual([expect.any(Number), 100_000]);
  await worker.say(...mx({ command: 'final', id: 1, body: ['done'] }));
  expect(await client.hear()).toBe('final done');
});

test('a client that vanishes with many requests under way leaves nothing behind', async () => {
  const one = await start();
  const worker = one.worker('mx');
  await worker.ready('s', 10);
  const client = one.client('mx');
  const requests = Array.from({ length: 30 }, (_, id) => ({ command: 'request' as const, id, name: 's', body: ['a'] }));
  await client.say(...mx(...requests));
  await one.until('all to be there', ({ requests: { queued, running } }) => queued === 20 && running === 10);
  client.close();
  // The broker learns of it when it sends something there.
  let id = 0;
  await waitUntil('the rest to be abandoned', async () => {
    await worker.say(...mx({ command: 'final', id: ++id, body: ['b'] }));
    return one.broker.stats().counters.abandoned > 0;
  });
  await one.until('nothing to wait', ({ requests: { queued } }) => queued === 0);
});
