// SPDX-License-Identifier: Apache-2.0
// abandon.test - requests that are given up, and late replies that reach nobody

import { describe, expect, test } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { text } from '@mdp/protocol';
import { Client } from '../../src/index.js';
import type { ToyRequest } from './toy-broker.js';
import { ToyBroker } from './toy-broker.js';

/** Send a late reply: the connection may be gone, which is as good. */
async function late(request: ToyRequest): Promise<void> {
  await request.final('late').catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'EHOSTUNREACH' });
  });
}

describe('a late reply', () => {
  test.each(['abort', 'timeout', 'leaving the iteration', 'cancel'])(
    'after %s reaches nobody, and its socket is closed (MDP-C-08)',
    async (how) => {
      await using broker = await ToyBroker.bind();
      await using client = new Client(broker.endpoint, { wire: 'rfc18' });
      const controller = new AbortController();
      const options = how === 'timeout' ? { timeoutMs: 400 } : how === 'abort' ? { signal: controller.signal } : {};
      const reply = client.request('echo', 'first', options);
      const first = await broker.next();
      if (how === 'leaving the iteration') {
        await first.partial('p');
        for await (const part of reply) {
          expect(part).toHaveLength(1);
          break;
        }
        expect(client.stats()).toMatchObject({ pending: 0, counters: { aborted: 1 } });
      } else {
        if (how === 'abort') controller.abort(new Error('changed my mind'));
        if (how === 'cancel') reply.cancel('changed my mind');
        const code = how === 'timeout' ? 'MDP_TIMEOUT' : 'MDP_ABORTED';
        await expect(reply).rejects.toMatchObject({ code, service: 'echo', attempts: 1 });
      }
      const replies = Array.from({ length: 20 }, (_, i) => client.request('echo', String(i)));
      await late(first);
      for (let i = 0; i < 20; i++) {
        const request = await broker.next();
        expect(request.peer).not.toBe(first.peer);
        await request.final(...request.body);
      }
      for (const [i, reply] of replies.entries()) {
        expect(text((await reply)[0] as Uint8Array)).toBe(String(i));
      }
      expect(client.stats().counters).toMatchObject({ burnt: 1, replies: 20 });
    },
  );
});

describe('AbortSignal', () => {
  test('one that is aborted already refuses the request, which is never sent', async () => {
    await using broker = await ToyBroker.bind((request) => request.final('ok'));
    await using client = new Client(broker.endpoint, { wire: 'rfc18' });
    const signal = AbortSignal.abort('early');
    await expect(client.request('echo', 'a', { signal })).rejects.toMatchObject({
      code: 'MDP_ABORTED',
      cause: 'early',
      attempts: 0,
    });
    const parts = async (): Promise<void> => {
      for await (const part of client.request('echo', 'a', { signal })) expect(part).toBeUndefined();
    };
    await expect(parts()).rejects.toMatchObject({ code: 'MDP_ABORTED' });
    await client.request('echo', 'b');
    expect(broker.seen.map(({ body }) => body)).toEqual([['b']]);
  });

  test('aborting what waits for a socket costs none and disturbs nobody', async () => {
    await using broker = await ToyBroker.bind();
    await using client = new Client(broker.endpoint, { wire: 'rfc18', maxSockets: 1 });
    const controller = new AbortController();
    const first = client.request('echo', 'first');
    const request = await broker.next();
    const second = client.request('echo', 'second', { signal: controller.signal });
    const third = client.request('echo', 'third');
    controller.abort();
    await expect(second).rejects.toMatchObject({ code: 'MDP_ABORTED', attempts: 0 });
    await request.final('1');
    await (await broker.next()).final('3');
    await Promise.all([first, third]);
    expect(broker.seen.map(({ body }) => body[0])).toEqual(['first', 'third']);
    expect(client.stats().counters).toMatchObject({ aborted: 1, burnt: 0, opened: 1 });
  });

  test('it has no listeners left once the request has ended', async () => {
    await using broker = await ToyBroker.bind((request) => request.final('ok'));
    await using client = new Client(broker.endpoint, { wire: 'rfc18' });
    const controller = new AbortController();
    const reply = client.request('echo', 'a', { signal: controller.signal });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    await reply;
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    controller.abort();
    expect(client.stats().counters).toMatchObject({ replies: 1, aborted: 0 });
  });

  test("the client's own ends all requests, and refuses new ones", async () => {
    await using broker = await ToyBroker.bind();
    const controller = new AbortController();
    await using client = new Client(broker.endpoint, { wire: 'rfc18', signal: controller.signal, maxSockets: 1 });
    const replies = Array.from({ length: 3 }, () => client.request('echo', 'a'));
    await broker.next();
    controller.abort('shutdown');
    for (const reply of replies) await expect(reply).rejects.toMatchObject({ code: 'MDP_ABORTED', cause: 'shutdown' });
    await expect(client.request('echo', 'a')).rejects.toMatchObject({ code: 'MDP_ABORTED', cause: 'shutdown' });
  });
});

test('what a rogue broker sends after the FINAL never reaches a request (MDP-C-08)', async () => {
  await using broker = await ToyBroker.bind();
  await using client = new Client(broker.endpoint, { wire: 'rfc18' });
  const replies = [client.request('echo', '0'), client.request('echo', '1')];
  const rogue = await broker.next();
  const honest = await broker.next();
  await rogue.final('real');
  await rogue.final('stray');
  await rogue.partial('stray');
  await replies[Number(rogue.body[0])];
  await honest.final('real');
  await replies[Number(honest.body[0])];
  // The connection that was used last is used first: these pass by the one with the strays, until they have arrived there.
  for (let i = 0; i < 20; i++) {
    const reply = client.request('echo', 'pass');
    const request = await broker.next();
    expect(request.peer).toBe(honest.peer);
    await request.final('passed');
    await reply;
  }
  const both = [client.request('echo', 'a'), client.request('echo', 'b')];
  for (let i = 0; i < 2; i++) {
    const request = await broker.next();
    expect(request.peer).not.toBe(rogue.peer);
    await request.final(...request.body);
  }
  expect((await Promise.all(both)).map(([frame]) => text(frame as Uint8Array))).toEqual(['a', 'b']);
  expect(client.stats().counters).toMatchObject({ strays: 1, burnt: 1, opened: 3 });
});
