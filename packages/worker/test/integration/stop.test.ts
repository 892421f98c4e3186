// SPDX-License-Identifier: Apache-2.0
// stop.test - how a worker ends: what it still finishes, for how long, and what the broker is told

import { describe, expect, test } from '@jest/globals';
import { freePort, waitUntil } from '@mdp/testkit';
import { Router } from 'zeromq';
import { Worker } from '../../src/index.js';
import { Gate, HandBroker, onEnd, startWorker } from './support.js';

const never = new Promise<undefined>(() => undefined);

describe('stop', () => {
  test('sends DISCONNECT last (MDP-W-08), closes, and may be called twice', async () => {
    const broker = await HandBroker.bind();
    const worker = await startWorker(broker.endpoint, () => 'ok', { concurrency: 2 });
    const peers = [await broker.ready(), await broker.ready()];
    await waitUntil('the registrations', () => worker.stats().registered === 2);
    await Promise.all([worker.stop(), worker.stop(), worker[Symbol.asyncDispose]()]);
    expect(worker.stats().phase).toBe('stopped');
    const gone = [(await broker.take('disconnect')).peer, (await broker.take('disconnect')).peer];
    expect(gone.sort()).toEqual(peers.sort());
    expect(broker.said).toEqual([]);
    await worker.stop();
  });

  test('lets a running request end, and sends its reply', async () => {
    const broker = await HandBroker.bind();
    const gate = new Gate();
    const worker = await startWorker(broker.endpoint, async () => gate.passed.then(() => 'done'), { concurrency: 2 });
    const peer = await broker.ready();
    await broker.ready();
    await broker.request(peer, 't1');
    await waitUntil('the request to run', () => worker.stats().busy === 1);
    let stopped = false;
    const stop = worker.stop().then(() => (stopped = true));
    expect((await broker.take('disconnect')).peer).not.toBe(peer);
    expect(worker.stats()).toMatchObject({ phase: 'stopping', busy: 1 });
    expect(stopped).toBe(false);
    gate.open();
    expect(await broker.reply(peer, 't1')).toEqual([['done']]);
    expect((await broker.take('disconnect')).peer).toBe(peer);
    await stop;
  });

  test('aborts what does not end in time', async () => {
    const broker = await HandBroker.bind();
    const reasons: unknown[] = [];
    const worker = await startWorker(broker.endpoint, (_, { signal }) => {
      signal.addEventListener('abort', () => reasons.push((signal.reason as { code: string }).code));
      return never;
    });
    const peer = await broker.ready();
    await broker.request(peer, 't1');
    await waitUntil('the request to run', () => worker.stats().busy === 1);
    await worker.stop({ drainMs: 20 });
    expect(reasons).toEqual(['MDP_CLOSED']);
    expect((await broker.take('disconnect')).peer).toBe(peer);
    expect(broker.said).toEqual([]);
  });

  test('a later call may shorten the wait', async () => {
    const broker = await HandBroker.bind();
    const worker = await startWorker(broker.endpoint, () => never);
    const peer = await broker.ready();
    await broker.request(peer, 't1');
    await waitUntil('the request to run', () => worker.stats().busy === 1);
    const stopped = worker.stop({ drainMs: 1_000_000 });
    await worker.stop({ drainMs: 0 });
    await stopped;
    expect(worker.stats().phase).toBe('stopped');
  });

  test('a REQUEST that crosses the DISCONNECT is never executed', async () => {
    const broker = await HandBroker.bind();
    let executed = 0;
    const worker = await startWorker(broker.endpoint, () => {
      executed++;
      return 'ok';
    });
    const peer = await broker.ready();
    await waitUntil('the registration', () => worker.stats().registered === 1);
    const sent = broker.request(peer, 't1');
    const stopped = worker.stop();
    await Promise.all([sent, stopped]);
    await broker.take('disconnect');
    expect(executed).toBe(0);
    expect(broker.said).toEqual([]);
    expect(worker.stats().counters).toMatchObject({ requests: 0, finals: 0 });
  });

  test('a REQUEST that lies unread when the worker stops is refused and counted', async () => {
    const broker = await HandBroker.bind();
    const worker = await startWorker(broker.endpoint, () => 'ok');
    const peer = await broker.ready();
    await waitUntil('the registration', () => worker.stats().registered === 1);
    await broker.request(peer, 't1');
    // Hold the event loop until the REQUEST has come through: it is in the socket, and nobody has read it.
    const end = performance.now() + 500;
    while (performance.now() < end);
    await worker.stop();
    expect(worker.stats().counters).toMatchObject({ requests: 0, dropped: { refused: 1 } });
    await broker.take('disconnect');
    expect(broker.said).toEqual([]);
  });

  test('before start there is nothing to do; afterwards it cannot be started', async () => {
    const worker = new Worker('tcp://127.0.0.1:5555', 'echo', () => 'ok');
    await worker.stop();
    await expect(worker.start()).rejects.toMatchObject({ code: 'MDP_INVALID_STATE' });
    expect(() => worker.stopOnSignal()).toThrow(expect.objectContaining({ code: 'MDP_INVALID_STATE' }));
  });

  test('without a broker it is quick: there is nothing to flush', async () => {
    const worker = await startWorker(`tcp://127.0.0.1:${String(await freePort())}`, () => 'ok', { lingerMs: 60_000 });
    await worker.stop();
    expect(worker.stats().phase).toBe('stopped');
  });

  test('a broker that does not read holds it up for no longer than lingerMs', async () => {
    const router = new Router({ linger: 0, receiveHighWaterMark: 1 });
    onEnd(() => {
      router.close();
    });
    await router.bind('tcp://127.0.0.1:*');
    const bulk = Buffer.alloc(1024 * 1024);
    const worker = await startWorker(
      router.lastEndpoint ?? '',
      async function* () {
        for (;;) yield bulk;
      },
      { sendHighWaterMark: 2, lingerMs: 50 },
    );
    const [id] = await router.receive();
    await router.send([id ?? '', 'MDPW02', Buffer.of(2), 'token', '', 'body']);
    let last = -1;
    let still = 0;
    await waitUntil('the stream to stand still', () => {
      const { partials } = worker.stats().counters;
      still = partials === last && partials > 0 ? still + 1 : 0;
      last = partials;
      // So long that it is not just the system's turn to pass something on.
      return still > 250;
    });
    await worker.stop({ drainMs: 0 });
    expect(worker.stats().counters.dropped.unsent).toBeGreaterThan(0);
  });

  test('await using stops it', async () => {
    const broker = await HandBroker.bind();
    let outside: Worker | undefined;
    {
      await using worker = new Worker(broker.endpoint, 'echo', () => 'ok', { wire: 'rfc18' });
      outside = worker;
      await worker.start();
      await broker.ready();
      await waitUntil('the registration', () => worker.stats().registered === 1);
    }
    expect(outside.stats().phase).toBe('stopped');
    await broker.take('disconnect');
  });
});
