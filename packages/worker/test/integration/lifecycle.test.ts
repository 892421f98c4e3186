// SPDX-License-Identifier: Apache-2.0
// lifecycle.test - start, reconnect, stop: on real sockets

import { describe, expect, test } from '@jest/globals';
import { RawBroker, freePort, waitUntil } from '@mdp/testkit';
import { Context, Router } from 'zeromq';
import type { Disconnection, Reconnection } from '../../src/index.js';
import { Worker } from '../../src/index.js';
import { Gate, HandBroker, onEnd, startWorker, stopAtEnd } from './support.js';

describe('start', () => {
  test('sends READY once, whatever follows (MDP-W-04, MDP-W-05, MDP-W-06)', async () => {
    const broker = await HandBroker.bind();
    broker.beat();
    const worker = await startWorker(broker.endpoint, () => 'ok', { heartbeatIntervalMs: 50, heartbeatLiveness: 20 });
    expect(worker.stats()).toMatchObject({ phase: 'running', connections: 1 });
    const { peer, message } = await broker.take('ready');
    expect(message.service).toBe('echo');
    for (let i = 0; i < 20; i++) {
      await broker.request(peer, `t${String(i)}`);
      await broker.reply(peer, `t${String(i)}`);
    }
    await waitUntil('heartbeats', () => worker.stats().counters.heartbeatsSent >= 3);
    expect(broker.said.filter((said) => said.message.type === 'ready')).toEqual([]);
    expect(worker.stats().counters.readys).toBe(1);
  });

  test('needs no broker: READY waits until one is there', async () => {
    const endpoint = `tcp://127.0.0.1:${String(await freePort())}`;
    const worker = await startWorker(endpoint, () => 'ok');
    expect(worker.stats()).toMatchObject({ phase: 'running', registered: 0 });
    const broker = await HandBroker.bind('rfc18', endpoint);
    await broker.ready();
    await waitUntil('the worker to know', () => worker.stats().registered === 1);
    expect(worker.stats().counters).toMatchObject({ readys: 1, heartbeatsSent: 0 });
  });

  test('is possible once', async () => {
    const broker = await HandBroker.bind();
    const worker = await startWorker(broker.endpoint, () => 'ok');
    await expect(worker.start()).rejects.toMatchObject({ code: 'MDP_INVALID_STATE' });
    await worker.stop();
    await expect(worker.start()).rejects.toMatchObject({ code: 'MDP_INVALID_STATE' });
  });

  test('says so when ZeroMQ does not like the endpoint, and leaves nothing behind', async () => {
    const worker = new Worker('ipc:///no/such/folder/'.padEnd(200, 'x'), 'echo', () => 'ok');
    stopAtEnd(worker);
    await expect(worker.start()).rejects.toMatchObject({
      code: 'MDP_INVALID_STATE',
      // An error of the addon is none of the test's own realm.
      cause: { message: expect.any(String) },
    });
    await worker.stop();
    expect(worker.stats().phase).toBe('stopped');
  });

  test('refuses more connections than ZeroMQ has sockets for, before ZeroMQ runs out of them', async () => {
    const broker = await HandBroker.bind();
    const context = new Context();
    context.maxSockets = 64 + 3 * 4;
    const few = await startWorker(broker.endpoint, () => 'ok', { context, concurrency: 3 });
    const many = new Worker(broker.endpoint, 'echo', () => 'ok', { wire: 'rfc18', context, concurrency: 2 });
    stopAtEnd(many);
    await expect(many.start()).rejects.toMatchObject({ code: 'MDP_INVALID_STATE', cause: { code: 'EMFILE' } });
    await many.stop();
    // What is gone counts no more.
    await few.stop();
    const next = await startWorker(broker.endpoint, () => 'ok', { context, concurrency: 4 });
    await waitUntil('the registrations', () => next.stats().registered === 4);
  });

  test('works over inproc, in a context of one’s own', async () => {
    const context = new Context();
    const router = new Router({ context, linger: 0 });
    onEnd(() => {
      router.close();
    });
    await router.bind('inproc://here');
    const worker = await startWorker('inproc://here', (request) => request.body, { context });
    const [id] = await router.receive();
    expect(worker.stats().registered).toBe(1);
    await router.send([id ?? '', 'MDPW02', Buffer.of(2), 'token', '', 'body']);
    expect((await router.receive()).slice(1).map(String)).toEqual(['MDPW02', '\u0004', 'token', '', 'body']);
    await worker.stop();
  });
});

describe('a lost broker', () => {
  test('DISCONNECT: READY comes from a new socket, and nothing more on the old one (MDP-W-09, MDP-W-10)', async () => {
    const broker = await HandBroker.bind();
    broker.beat();
    const gate = new Gate();
    const worker = await startWorker(
      broker.endpoint,
      async function* () {
        yield 'part';
        await gate.passed;
        return 'end';
      },
      { heartbeatIntervalMs: 50, heartbeatLiveness: 20 },
    );
    const old = await broker.ready();
    await broker.request(old, 't1');
    await broker.take('partial');
    await broker.signal(old, 'disconnect');
    const next = await broker.ready();
    expect(next).not.toBe(old);
    gate.open();
    await waitUntil('the handler to end', () => worker.stats().orphans === 0);
    await waitUntil('heartbeats', () => worker.stats().counters.heartbeatsSent >= 3);
    expect(broker.said.filter(({ peer }) => peer === old)).toEqual([]);
  });

  test('tells what happens to it', async () => {
    const broker = await HandBroker.bind();
    const worker = new Worker(broker.endpoint, 'echo', () => 'ok', { wire: 'rfc18' });
    stopAtEnd(worker);
    const events: [string, unknown?][] = [];
    const registered = (): number => events.filter(([name]) => name === 'registered').length;
    worker.on('registered', (event) => events.push(['registered', event]));
    worker.on('disconnected', (event: Disconnection) => events.push(['disconnected', event]));
    worker.on('reconnecting', (event: Reconnection) => events.push(['reconnecting', event]));
    worker.on('stopped', () => events.push(['stopped']));
    await worker.start();
    const peer = await broker.ready();
    await waitUntil('the registration', () => registered() === 1);
    await broker.signal(peer, 'disconnect');
    await broker.ready();
    await waitUntil('the second registration', () => registered() === 2);
    await worker.stop();
    const { endpoint } = broker;
    expect(events).toEqual([
      ['registered', { endpoint, wire: 'rfc18', services: ['echo'] }],
      ['disconnected', { endpoint, reason: 'disconnect' }],
      ['reconnecting', { endpoint, attempt: 1, delayMs: expect.any(Number) }],
      ['registered', { endpoint, wire: 'rfc18', services: ['echo'] }],
      ['disconnected', { endpoint, reason: 'stopped' }],
      ['stopped'],
    ]);
  });

  test('a broker that dies and comes back has its workers again within one heartbeat interval', async () => {
    const endpoint = `tcp://127.0.0.1:${String(await freePort())}`;
    const first = await HandBroker.bind('rfc18', endpoint);
    // Longer than any wait here: what comes back, comes back before the interval is over.
    const worker = await startWorker(endpoint, () => 'ok', { concurrency: 3, heartbeatIntervalMs: 60_000 });
    for (let i = 0; i < 3; i++) await first.ready();
    await waitUntil('the registrations', () => worker.stats().registered === 3);
    first.close();
    await waitUntil('the loss to be noticed', () => worker.stats().registered === 0);
    const second = await HandBroker.bind('rfc18', endpoint);
    const peers = new Set([await second.ready(), await second.ready(), await second.ready()]);
    expect(peers.size).toBe(3);
    expect(worker.stats().counters).toMatchObject({ readys: 6, disconnects: { unreachable: 3 } });
  });

  test('one that refuses the handshake is tried again, for ZeroMQ does not', async () => {
    // A ROUTER that wants a user name: the handshake of a worker without one is an error of the protocol.
    const router = new Router({ linger: 0, plainServer: true });
    onEnd(() => {
      router.close();
    });
    await router.bind('tcp://127.0.0.1:*');
    const worker = await startWorker(router.lastEndpoint ?? '', () => 'ok', {
      reconnectBaseMs: 10,
      reconnectMaxMs: 20,
    });
    await waitUntil('three tries', () => worker.stats().counters.disconnects.refused >= 3);
    expect(worker.stats().registered).toBe(0);
  });
});

describe('several connections', () => {
  test('concurrency: one for each request, each with at most one (MDP-W-20)', async () => {
    const broker = await HandBroker.bind();
    const gates = new Map<string, Gate>();
    const worker = await startWorker(
      broker.endpoint,
      async ({ body: [name] }) => {
        const gate = new Gate();
        gates.set(String(name), gate);
        await gate.passed;
        return name;
      },
      { concurrency: 3 },
    );
    const peers = [await broker.ready(), await broker.ready(), await broker.ready()];
    expect(new Set(peers).size).toBe(3);
    for (const [i, peer] of peers.entries()) await broker.request(peer, `t${String(i)}`, String(i));
    await waitUntil('all three to run', () => gates.size === 3);
    expect(worker.stats().busy).toBe(3);
    for (const i of [2, 0, 1]) {
      gates.get(String(i))?.open();
      expect(await broker.reply(peers[i] ?? '', `t${String(i)}`)).toEqual([[String(i)]]);
    }
  });

  test('several brokers: it registers with each, and one that goes away does not disturb the other', async () => {
    const [first, second] = [await HandBroker.bind(), await HandBroker.bind()];
    const worker = await startWorker([first.endpoint, second.endpoint], ({ endpoint }) => endpoint);
    await first.ready();
    const peer = await second.ready();
    await waitUntil('the registrations', () => worker.stats().registered === 2);
    first.close();
    await waitUntil('the loss to be noticed', () => worker.stats().registered === 1);
    await second.request(peer, 't1');
    expect(await second.reply(peer, 't1')).toEqual([[second.endpoint]]);
  });
});

describe('a broker that breaks the rules', () => {
  test('a second REQUEST is not executed beside the first; after the FINAL the worker leaves (MDP-W-20)', async () => {
    const broker = await HandBroker.bind();
    const gate = new Gate();
    const executed: string[] = [];
    const worker = await startWorker(broker.endpoint, async ({ body: [name] }) => {
      executed.push(String(name));
      await gate.passed;
      return 'ok';
    });
    const peer = await broker.ready();
    await broker.request(peer, 't1', 'first');
    await broker.request(peer, 't2', 'second');
    await waitUntil('the second to be dropped', () => worker.stats().counters.dropped.second === 1);
    gate.open();
    expect(await broker.reply(peer, 't1')).toEqual([['ok']]);
    expect((await broker.take('disconnect')).peer).toBe(peer);
    expect(await broker.ready()).not.toBe(peer);
    expect(executed).toEqual(['first']);
  });

  test('garbage throws nothing, and is not listened to for ever (MDP-W-02)', async () => {
    const broker = await RawBroker.bind();
    onEnd(() => {
      broker.close();
    });
    const worker = await startWorker(broker.endpoint, () => 'ok');
    const [id] = await broker.receive();
    const peer = id ?? Buffer.alloc(0);
    await broker.send(peer, '');
    await broker.send(peer, 'MDPW02', Buffer.of(2), 'token', 'no delimiter', 'body');
    await broker.send(peer, ...Array<string>(50).fill('MDPW02'));
    await broker.send(peer, Buffer.alloc(100_000, 255));
    expect((await broker.receive()).slice(1).map(String)).toEqual(['MDPW02', '\u0006']);
    const [next, ...ready] = await broker.receive();
    expect(next).not.toEqual(id);
    expect(ready.map(String)).toEqual(['MDPW02', '\u0001', 'echo']);
    expect(worker.stats().counters).toMatchObject({ dropped: { invalid: 4 }, disconnects: { unexpected: 1 } });
  });
});
