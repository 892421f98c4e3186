// SPDX-License-Identifier: Apache-2.0
// retry.test - brokers that are silent, die and come back; each attempt on a socket of its own

import { describe, expect, test } from '@jest/globals';
import { text } from '@mdp/protocol';
import { freePort, waitUntil } from '@mdp/testkit';
import { Client } from '../../src/index.js';
import { ToyBroker } from './toy-broker.js';

const RETRY = { attempts: 3, baseMs: 5, maxMs: 20 };

describe('a silent broker', () => {
  test('gets the request again from a new socket; the late reply to the old one goes nowhere (MDP-C-09)', async () => {
    await using broker = await ToyBroker.bind();
    await using client = new Client(broker.endpoint, { wire: 'rfc18', attemptTimeoutMs: 1_000, retry: RETRY });
    const reply = client.request('echo', 'a');
    const first = await broker.next();
    const second = await broker.next();
    expect(second.peer).not.toBe(first.peer);
    expect(second.body).toEqual(['a']);
    await first.final('late').catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'EHOSTUNREACH' });
    });
    await second.final('second');
    expect((await reply).map(text)).toEqual(['second']);
    expect(client.stats().counters).toMatchObject({ requests: 1, replies: 1, retries: 1, timeouts: 0 });
  });

  test('after the last attempt the request fails, with the attempts made (MDP-C-10)', async () => {
    await using broker = await ToyBroker.bind();
    await using client = new Client(broker.endpoint, { wire: 'rfc18', attemptTimeoutMs: 400, retry: RETRY });
    await expect(client.request('echo', 'a')).rejects.toMatchObject({
      code: 'MDP_TIMEOUT',
      service: 'echo',
      attempts: 3,
    });
    for (let i = 0; i < 3; i++) await broker.next();
    expect(broker.peers.size).toBe(3);
    expect(broker.untaken).toBe(0);
  });
});

describe('a broker that dies', () => {
  test('with a request under way: it fails at once with MDP_DISCONNECTED', async () => {
    await using broker = await ToyBroker.bind();
    await using client = new Client(broker.endpoint, { wire: 'rfc18' });
    const reply = client.request('echo', 'a');
    await broker.next();
    await broker.close();
    await expect(reply).rejects.toMatchObject({ code: 'MDP_DISCONNECTED', service: 'echo', attempts: 1 });
    expect(client.stats()).toMatchObject({ pending: 0, counters: { disconnected: 1 } });
  });

  test('in the middle of a stream: the parts that came, then MDP_DISCONNECTED, and no repetition', async () => {
    const broker = await ToyBroker.bind();
    await using client = new Client(broker.endpoint, { wire: 'rfc18', retry: RETRY });
    const reply = client.request('report', 'a');
    const request = await broker.next();
    await request.partial('1');
    await request.partial('2');
    expect((await reply.receivePart())?.map(text)).toEqual(['1']);
    await broker.close();
    expect((await reply.receivePart())?.map(text)).toEqual(['2']);
    await expect(reply.receivePart()).rejects.toMatchObject({ code: 'MDP_DISCONNECTED', attempts: 1 });
  });

  test('right after its reply: nothing that was sent before is lost', async () => {
    for (let round = 0; round < 20; round++) {
      const broker = await ToyBroker.bind();
      await using client = new Client(broker.endpoint, { wire: 'rfc18', timeoutMs: 30_000 });
      const replies = Array.from({ length: 5 }, () => client.request('echo', 'a'));
      for (let i = 0; i < 5; i++) {
        const request = await broker.next();
        for (let part = 0; part < 10; part++) await request.partial(String(part));
        await request.final('end');
      }
      // Until every socket has got something, it is not certain that all is on its way.
      await Promise.all(replies.map((reply) => reply.receivePart()));
      await broker.close();
      for (const reply of replies) {
        let count = 1;
        for (let part = await reply.receivePart(); part !== null; part = await reply.receivePart()) count += 1;
        expect(count).toBe(11);
      }
    }
  });

  test('and comes back: a request that may be repeated survives it', async () => {
    const broker = await ToyBroker.mortal();
    const { endpoint } = broker;
    await using client = new Client(endpoint, { wire: 'rfc18', retry: RETRY, reconnectMs: 5, reconnectMaxMs: 20 });
    const reply = client.request('echo', 'a');
    await broker.next();
    await broker.close();
    await waitUntil('the client to notice', () => client.stats().endpoints[0]?.state === 'down');
    await using reborn = await ToyBroker.mortal(undefined, endpoint);
    const request = await reborn.next();
    await request.final('reborn');
    expect((await reply).map(text)).toEqual(['reborn']);
    expect(client.stats().counters).toMatchObject({ retries: 1, replies: 1 });
  });

  test('while nothing is under way: the next request waits for it and is sent once', async () => {
    const broker = await ToyBroker.mortal((request) => request.final('1'));
    const { endpoint } = broker;
    await using client = new Client(endpoint, { wire: 'rfc18', reconnectMs: 5, reconnectMaxMs: 20 });
    await client.request('echo', 'a');
    await broker.close();
    await waitUntil('the socket to be closed', () => client.stats().endpoints[0]?.open === 0);
    const reply = client.request('echo', 'b');
    await waitUntil('the client to be refused', () => client.stats().endpoints[0]?.state === 'down');
    await using reborn = await ToyBroker.mortal((request) => request.final('2'), endpoint);
    expect((await reply).map(text)).toEqual(['2']);
    expect(reborn.seen).toHaveLength(1);
    expect(client.stats().counters).toMatchObject({ retries: 0, disconnected: 0 });
  });
});

describe('a broker that starts late', () => {
  test('gets every request that waits, each once', async () => {
    const endpoint = `tcp://127.0.0.1:${String(await freePort())}`;
    await using client = new Client(endpoint, { wire: 'rfc18', reconnectMs: 5, reconnectMaxMs: 20 });
    const replies = Array.from({ length: 50 }, (_, i) => client.request('echo', String(i)));
    await waitUntil('the client to be refused', () => client.stats().endpoints[0]?.state === 'down');
    expect(client.stats()).toMatchObject({ queued: 50, endpoints: [{ open: 1 }] });
    await using broker = await ToyBroker.mortal((request) => request.final(...request.body), endpoint);
    const frames = (await Promise.all(replies)).flat();
    expect(frames.map((frame) => Number(text(frame)))).toEqual([...replies.keys()]);
    expect(broker.seen).toHaveLength(50);
  });
});

describe('error replies', () => {
  test.each([429, 502, 503])('status %i is repeated where that is allowed', async (status) => {
    let count = 0;
    await using broker = await ToyBroker.bind((request) =>
      ++count < 3 ? request.error(status, 'not now') : request.final('at last'),
    );
    await using client = new Client(broker.endpoint, { wire: 'rfc18' });
    expect((await client.request('echo', 'a', { retry: RETRY })).map(text)).toEqual(['at last']);
    expect(client.stats().counters).toMatchObject({ retries: 2, remoteErrors: 0, replies: 1 });
    count = 0;
    await expect(client.request('echo', 'a')).rejects.toMatchObject({ code: 'MDP_REMOTE', status, attempts: 1 });
  });

  test.each([400, 404, 413, 500])('status %i is not', async (status) => {
    await using broker = await ToyBroker.bind((request) => request.error(status, 'no'));
    await using client = new Client(broker.endpoint, { wire: 'rfc18', retry: RETRY });
    await expect(client.request('echo', 'a')).rejects.toMatchObject({ code: 'MDP_REMOTE', status, attempts: 1 });
    expect(broker.seen).toHaveLength(1);
  });
});
