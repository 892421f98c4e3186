// SPDX-License-Identifier: Apache-2.0
// deadlines.test - timeouts on the real clock, and a process that stood still

import { describe, expect, test } from '@jest/globals';
import { text } from '@mdp/protocol';
import { Client } from '../../src/index.js';
import { ToyBroker } from './toy-broker.js';

describe('timeoutMs', () => {
  test('ends a request that is never answered', async () => {
    await using broker = await ToyBroker.bind();
    await using client = new Client(broker.endpoint, { wire: 'rfc18', timeoutMs: 400 });
    const start = performance.now();
    await expect(client.request('echo', 'a')).rejects.toMatchObject({
      code: 'MDP_TIMEOUT',
      message: 'no reply from "echo" within 400 ms',
      attempts: 1,
    });
    expect(performance.now() - start).toBeGreaterThanOrEqual(399);
  });

  test('of the request counts, not that of the client', async () => {
    await using broker = await ToyBroker.bind();
    await using client = new Client(broker.endpoint, { wire: 'rfc18', timeoutMs: 60_000 });
    await expect(client.request('echo', 'a', { timeoutMs: 20 })).rejects.toMatchObject({ code: 'MDP_TIMEOUT' });
  });

  test('covers a broker that is not there: the request was never sent', async () => {
    await using client = new Client('tcp://127.0.0.1:1', { wire: 'rfc18', timeoutMs: 1_000 });
    const error: unknown = await client.request('echo', 'a').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'MDP_TIMEOUT', attempts: 0 });
    expect((error as Error).message).toContain('no connection to tcp://127.0.0.1:1 (refused or unreachable)');
    expect(client.stats().endpoints[0]).toMatchObject({ state: 'down' });
  });

  test('in the middle of a stream gives first what had come', async () => {
    await using broker = await ToyBroker.bind(async (request) => {
      await request.partial('a');
      await request.partial('b');
    });
    await using client = new Client(broker.endpoint, { wire: 'rfc18' });
    const parts: (string | undefined)[] = [];
    const read = async (): Promise<void> => {
      for await (const [frame] of client.request('report', 'x', { timeoutMs: 1_500 }))
        parts.push(text(frame as Uint8Array));
    };
    await expect(read()).rejects.toMatchObject({ code: 'MDP_TIMEOUT' });
    expect(parts).toEqual(['a', 'b']);
  });
});

describe('idleTimeoutMs', () => {
  test('ends a stream that falls silent, however long it may take in all', async () => {
    await using broker = await ToyBroker.bind((request) => request.partial('a'));
    await using client = new Client(broker.endpoint, { wire: 'rfc18', timeoutMs: 0, idleTimeoutMs: 300 });
    await expect(client.request('report', 'x')).rejects.toMatchObject({
      code: 'MDP_TIMEOUT',
      message: 'nothing came from "report" for 300 ms',
    });
  });
});

describe('receivePart', () => {
  test('gives each part, then null', async () => {
    await using broker = await ToyBroker.bind(async (request) => {
      await request.partial('a', 'b');
      await request.final('c');
    });
    await using client = new Client(broker.endpoint, { wire: 'rfc18' });
    const reply = client.request('report', 'x');
    const parts = [];
    for (let part = await reply.receivePart(); part !== null; part = await reply.receivePart())
      parts.push(part.map(text));
    expect(parts).toEqual([['a', 'b'], ['c']]);
    expect(await reply.receivePart()).toBeNull();
  });

  test('its timeout ends the wait, not the request', async () => {
    await using broker = await ToyBroker.bind();
    await using client = new Client(broker.endpoint, { wire: 'rfc18' });
    const reply = client.request('report', 'x');
    const request = await broker.next();
    await expect(reply.receivePart({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'MDP_TIMEOUT' });
    await request.partial('a');
    expect((await reply.receivePart({ timeoutMs: 30_000 }))?.map(text)).toEqual(['a']);
    await expect(reply.receivePart({ timeoutMs: 20 })).rejects.toMatchObject({ code: 'MDP_TIMEOUT' });
    await request.final('b');
    expect((await reply.receivePart())?.map(text)).toEqual(['b']);
    expect(client.stats().counters).toMatchObject({ replies: 1, timeouts: 0 });
  });
});

test('a reply that came while the process stood still is read before anyone is judged', async () => {
  await using broker = await ToyBroker.bind();
  await using client = new Client(broker.endpoint, { wire: 'rfc18', timeoutMs: 1_500 });
  const reply = client.request('echo', 'a');
  const request = await broker.next();
  await request.final('in time');
  // The I/O threads go on: the reply is there when this ends, and so is the deadline.
  const end = performance.now() + 1_600;
  while (performance.now() < end);
  expect((await reply).map(text)).toEqual(['in time']);
});
