// SPDX-License-Identifier: Apache-2.0
// stall.test - an event loop that is blocked for longer than a broker waits

import { describe, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { HandBroker, startWorker } from './support.js';

/** Long enough that a busy machine does not make a stall of its own. */
const OPTIONS = { heartbeatIntervalMs: 150, heartbeatLiveness: 4 };
const EXPIRY_MS = OPTIONS.heartbeatIntervalMs * OPTIONS.heartbeatLiveness;

/** Hold the event loop for longer than the expiry. */
function block(): void {
  const end = performance.now() + 1.25 * EXPIRY_MS;
  while (performance.now() < end);
}

describe('a blocked event loop', () => {
  test('makes an idle worker discard what came meanwhile, and register anew', async () => {
    const broker = await HandBroker.bind();
    broker.beat();
    const executed: string[] = [];
    const worker = await startWorker(
      broker.endpoint,
      ({ body: [word] }) => {
        executed.push(String(word));
        return word;
      },
      OPTIONS,
    );
    const peer = await broker.ready();
    await waitUntil('the registration', () => worker.stats().registered === 1);
    await broker.request(peer, 't1', 'stale');
    block();
    expect((await broker.take('disconnect')).peer).toBe(peer);
    const next = await broker.ready();
    await broker.request(next, 't2', 'fresh');
    expect(await broker.reply(next, 't2')).toEqual([['fresh']]);
    expect(executed).toEqual(['fresh']);
    expect(worker.stats().counters).toMatchObject({ disconnects: { stalled: 1 }, dropped: { stale: 1 } });
  });

  test('a handler that was the blocker replies, and the next request comes on the same connection', async () => {
    const broker = await HandBroker.bind();
    broker.beat();
    const worker = await startWorker(
      broker.endpoint,
      ({ body: [word] }) => {
        block();
        return word;
      },
      OPTIONS,
    );
    const peer = await broker.ready();
    for (const token of ['t1', 't2']) {
      await broker.request(peer, token, token);
      expect(await broker.reply(peer, token)).toEqual([[token]]);
    }
    expect(worker.stats().counters).toMatchObject({ readys: 1, finals: 2, disconnects: { stalled: 0, silent: 0 } });
  });

  test('discards nothing in dialect majortomo: its broker gives no request to another worker', async () => {
    const broker = await HandBroker.bind('majortomo');
    const worker = await startWorker(broker.endpoint, ({ body }) => body, { ...OPTIONS, dialect: 'majortomo' });
    const peer = await broker.ready();
    await waitUntil('the registration', () => worker.stats().registered === 1);
    await broker.request(peer, 't1', 'late');
    block();
    expect(await broker.reply(peer, 't1')).toEqual([['late']]);
    expect(worker.stats().counters.disconnects.stalled).toBe(0);
  });

  test('many messages at once, and then a lone one, are no failure of the socket', async () => {
    const broker = await HandBroker.bind();
    const worker = await startWorker(broker.endpoint, ({ body }) => body);
    const peer = await broker.ready();
    await waitUntil('the registration', () => worker.stats().registered === 1);
    for (const token of ['t1', 't2', 't3']) {
      for (let i = 0; i < 20; i++) await broker.signal(peer, 'heartbeat');
      // All of them come through to the socket before the worker gets to read.
      block();
      await broker.request(peer, token);
      expect(await broker.reply(peer, token)).toEqual([['body']]);
    }
    expect(worker.stats().counters).toMatchObject({ readys: 1, heartbeatsReceived: 60, disconnects: { socket: 0 } });
  });

  test('a REQUEST that a DISCONNECT follows is not begun, after however short a block', async () => {
    const broker = await HandBroker.bind();
    let executed = 0;
    const worker = await startWorker(broker.endpoint, () => {
      executed++;
    });
    const peer = await broker.ready();
    await waitUntil('the registration', () => worker.stats().registered === 1);
    await broker.request(peer, 't1');
    await broker.signal(peer, 'disconnect');
    // Both come through to the socket before the worker gets to read.
    block();
    expect(await broker.ready()).not.toBe(peer);
    expect(executed).toBe(0);
    expect(worker.stats().counters).toMatchObject({ disconnects: { disconnect: 1 }, dropped: { stale: 1 } });
  });
});
