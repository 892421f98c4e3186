// SPDX-License-Identifier: Apache-2.0
// limits.test - what is too large is refused, and costs at most the connection that it came on

import { afterEach, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { Live } from '../support/live.js';
import { countEvents } from '../support/socket-events.js';

const MAX_BODY_BYTES = 1_000;
/** The largest frame that a broker with {@link MAX_BODY_BYTES} reads at all. */
const MAX_FRAME_BYTES = 2 * MAX_BODY_BYTES + 65_536;

let it: Live;

afterEach(async () => {
  await it.close();
});

test('a body of too many bytes is answered with 413, one of just so many is passed on', async () => {
  it = await Live.start({ maxBodyBytes: MAX_BODY_BYTES });
  const [worker, client] = [await it.registered('s'), it.client()];
  await client.request('s', 'x'.repeat(MAX_BODY_BYTES + 1));
  expect(await client.hear()).toBe('error 413');
  await client.request('s', 'x'.repeat(MAX_BODY_BYTES / 2), 'y'.repeat(MAX_BODY_BYTES / 2 + 1));
  expect(await client.hear()).toBe('error 413');
  await client.request('s', 'x'.repeat(MAX_FRAME_BYTES));
  expect(await client.hear()).toBe('error 413');
  const largest = 'z'.repeat(MAX_BODY_BYTES);
  await client.request('s', largest);
  // The first that the worker hears of.
  expect(await worker.hear()).toBe(`request ${largest}`);
  await worker.final(largest);
  expect(await client.hear()).toBe(`final ${largest}`);
  expect(it.broker.stats().counters).toMatchObject({ requests: 4, dispatched: 1, failed: { 413: 3 } });
});

test('a body of too many frames is answered with 413, one of just so many is passed on', async () => {
  it = await Live.start({ maxBodyFrames: 3 });
  const [worker, client] = [await it.registered('s'), it.client()];
  await client.request('s', '1', '2', '3', '4');
  expect(await client.hear()).toBe('error 413');
  await client.request('s', '1', '2', '3');
  expect(await worker.hear()).toBe('request 1 2 3');
  expect(it.broker.stats().counters.failed[413]).toBe(1);
});

test('a reply that is too large ends its request with 413, and its worker goes on', async () => {
  it = await Live.start({ maxBodyBytes: MAX_BODY_BYTES });
  const [worker, client] = [await it.registered('s'), it.client()];
  await client.request('s', 'a');
  expect(await worker.hear()).toBe('request a');
  await worker.partial('part');
  await worker.partial('x'.repeat(MAX_BODY_BYTES + 1));
  await worker.partial('part of a reply that has ended');
  await worker.final('its end');
  expect(await client.hearAll()).toEqual(['partial part', 'error 413']);
  await client.request('s', 'b');
  expect(await worker.hear()).toBe('request b');
  await worker.final('c');
  // Nothing of the reply that was broken off came between.
  expect(await client.hear()).toBe('final c');
  expect(it.broker.stats().counters.dropped.brokenStream).toBe(3);
});

test('a frame that is beyond all bounds closes the connection that it came on, and no other', async () => {
  it = await Live.start({ maxBodyBytes: MAX_BODY_BYTES, maxStrikes: 1 });
  const [worker, other] = [await it.registered('s'), it.client()];
  await other.request('s', 'running');
  expect(await worker.hear()).toBe('request running');
  const giant = it.client('rfc18', { reconnectInterval: 10 });
  const lost = countEvents(giant.peer, 'disconnect');
  await giant.request('mmi.service', 's');
  expect(await giant.hear()).toBe('final 200');
  await giant.request('s', 'x'.repeat(MAX_FRAME_BYTES + 1));
  await waitUntil('the connection to be closed', () => lost() === 1);
  await worker.final('done');
  expect(await other.hear()).toBe('final done');
  // Nobody was told, nothing was dispatched; and the socket comes back as somebody new.
  await waitUntil('an answer on a new connection', async () => {
    await giant.request('mmi.service', 's');
    return giant.waiting.length > 0;
  });
  expect(await giant.hear()).toBe('final 200');
  expect(lost()).toBe(1);
  const { counters, workers } = it.broker.stats();
  expect(counters).toMatchObject({ dispatched: 1, failed: { 413: 0 }, dropped: { invalid: 0 } });
  expect(workers).toEqual({ registered: 1, waiting: 1, busy: 0 });
});

test('a worker that sends such a frame is lost at once, and its request goes to another one', async () => {
  it = await Live.start({ maxBodyBytes: MAX_BODY_BYTES, heartbeatIntervalMs: 120_000 });
  const [first, second, client] = [await it.registered('s'), await it.registered('s'), it.client()];
  await client.request('s', 'a');
  expect(await first.hear()).toBe('request a');
  await first.final('x'.repeat(MAX_FRAME_BYTES + 1));
  expect(await second.hear()).toBe('request a');
  await second.final('b');
  expect(await client.hear()).toBe('final b');
  expect(it.broker.stats().counters.workersLost).toMatchObject({ unreachable: 1, expired: 0 });
});

test('requests beyond what may wait are answered with 429, and those that wait are served', async () => {
  it = await Live.start({ maxQueuedPerService: 3, maxQueuedPerClient: 2 });
  const [greedy, modest] = [it.client(), it.client()];
  for (const body of ['1', '2', '3']) await greedy.request('s', body);
  expect(await greedy.hear()).toBe('error 429');
  await modest.request('s', '4');
  await modest.request('s', '5');
  expect(await modest.hear()).toBe('error 429');
  const worker = await it.registered('s');
  for (const body of ['1', '4', '2']) {
    // The clients take turns (MDP-B-03).
    expect(await worker.hear()).toBe(`request ${body}`);
    await worker.final('done');
  }
  expect([await greedy.hear(), await greedy.hear(), await modest.hear()]).toEqual(Array(3).fill('final done'));
});

test('a connection with too many strikes is not listened to any more, others are', async () => {
  it = await Live.start({ maxStrikes: 3 });
  const [rude, polite] = [it.client(), it.client()];
  for (let i = 0; i < 3; i++) await rude.say('rubbish');
  await rude.request('mmi.service', 's');
  await it.until('all to have arrived', ({ counters }) => counters.received === 4);
  await polite.request('mmi.service', 's');
  expect(await polite.hear()).toBe('final 404');
  expect(rude.waiting).toEqual([]);
  expect(it.broker.stats().counters).toMatchObject({ mmi: 1, dropped: { invalid: 3, banned: 1 } });
});
