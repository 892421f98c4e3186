// SPDX-License-Identifier: Apache-2.0
// mx.test - MX over real sockets: what leaves as one message, what comes from a hostile broker, a stream, a full connection

import { describe, expect, test } from '@jest/globals';
import { MX_HEADER, bytes, text } from '@mdp/protocol';
import { waitUntil } from '@mdp/testkit';
import { Client } from '../../src/index.js';
import { ToyMxBroker, echo } from './toy-mx-broker.js';

const words = (frames: readonly Uint8Array[] | null): string[] => (frames ?? []).map((frame) => text(frame) ?? '');

/** A client by MX whose connection is made: the first request was answered. */
async function connected(broker: ToyMxBroker, options: ConstructorParameters<typeof Client>[1] = {}): Promise<Client> {
  const client = new Client(broker.endpoint, { wire: 'mx', ...options });
  const reply = client.request('warm', 'up');
  const request = await broker.next();
  if (!broker.answers) await request.final('up');
  await reply;
  return client;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('messages', () => {
  test('64 requests of one turn are one message, and their replies come to the right ones', async () => {
    await using broker = await ToyMxBroker.bind('yes', echo);
    await using client = await connected(broker);
    const replies = await Promise.all(Array.from({ length: 64 }, (_, i) => client.request('echo', String(i))));
    expect(replies.map(words).flat()).toEqual(Array.from({ length: 64 }, (_, i) => String(i)));
    expect(broker.messages.map((records) => records.length)).toEqual([1, 64]);
  });

  test('so are the 64 that the replies of one message bring forth', async () => {
    await using broker = await ToyMxBroker.bind('yes', echo);
    await using client = await connected(broker);
    const chain = async (i: number): Promise<void> => {
      for (let round = 0; round < 5; round++) await client.request('echo', `${String(i)} ${String(round)}`);
    };
    await Promise.all(Array.from({ length: 64 }, (_, i) => chain(i)));
    expect(broker.messages.map((records) => records.length)).toEqual([1, 64, 64, 64, 64, 64]);
  });

  test('one that is alone has left before the event loop goes on', async () => {
    await using broker = await ToyMxBroker.bind('yes', undefined, { reading: false });
    await using client = new Client(broker.endpoint, { wire: 'mx' });
    client.request('echo', 'first').catch(() => undefined);
    await waitUntil('the connection', () => client.stats().endpoints[0]?.inFlight === 1);
    await waitUntil('the first request', () => broker.socket.readable);
    await broker.socket.receive();
    await turn();
    client.request('echo', 'alone').catch(() => undefined);
    // The process does nothing but look: no timer, no socket of its own gets a turn.
    const arrived = await new Promise((resolve) => {
      process.nextTick(() => {
        const until = performance.now() + 10_000;
        while (!broker.socket.readable && performance.now() < until);
        resolve(broker.socket.readable);
      });
    });
    expect(arrived).toBe(true);
  });

  test('a body of any size comes through as it is', async () => {
    await using broker = await ToyMxBroker.bind('yes', echo);
    await using client = await connected(broker);
    const sizes = [0, 1, 128, 129, 4_096, 4_097, 100_000, 3_000_000];
    const body = sizes.map((size, i) => new Uint8Array(size).fill(i));
    const replies = await Promise.all(body.map((frame) => client.request('echo', [frame, 'x', frame])));
    replies.forEach((frames, i) => {
      expect(frames.map(({ length }) => length)).toEqual([sizes[i], 1, sizes[i]]);
      expect(Buffer.compare(frames[0] as Uint8Array, body[i] as Uint8Array)).toBe(0);
    });
  });

  test('5,000 at once go by one connection, no more than maxInFlight at a time', async () => {
    let most = 0;
    let underWay = 0;
    await using broker = await ToyMxBroker.bind('yes', async (requests, broker) => {
      underWay += requests.length;
      most = Math.max(most, underWay);
      underWay -= requests.length;
      await echo(requests, broker);
    });
    await using client = await connected(broker, { maxInFlight: 200 });
    const replies = await Promise.all(Array.from({ length: 5_000 }, (_, i) => client.request('echo', String(i))));
    expect(words(replies.flat())).toEqual(Array.from({ length: 5_000 }, (_, i) => String(i)));
    expect(most).toBeLessThanOrEqual(200);
    expect(new Set(broker.seen.map(({ peer }) => peer)).size).toBe(1);
    expect(client.stats()).toMatchObject({
      endpoints: [{ wire: 'mx', inFlight: 0, open: 1, idle: 1, busy: 0 }],
      counters: { opened: 1, replies: 5_001, strays: 0 },
    });
  });

  test('each says how much of its deadline is left', async () => {
    await using broker = await ToyMxBroker.bind('yes');
    await using client = new Client(broker.endpoint, { wire: 'mx' });
    const replies = [client.request('echo', 'a', { timeoutMs: 0 }), client.request('echo', 'b', { timeoutMs: 9_000 })];
    const [without, within] = [await broker.next(), await broker.next()];
    expect(without.deadlineMs).toBe(0);
    expect(within.deadlineMs).toBeGreaterThan(0);
    expect(within.deadlineMs).toBeLessThanOrEqual(9_000);
    await Promise.all([without.final('x'), within.final('y')]);
    await Promise.all(replies);
  });

  test.each([
    ['body', Array.from({ length: 65_536 }, () => '')],
    ['body[0]', [{ length: 2 ** 31 }]],
  ])('what MX cannot carry is refused within the call: %s', (argument, body) => {
    const client = new Client('tcp://127.0.0.1:1', { wire: 'mx' });
    // 2 GiB that nobody has to have.
    for (const frame of body) if (typeof frame === 'object') Object.setPrototypeOf(frame, Uint8Array.prototype);
    expect(() => client.request('echo', body as string[])).toThrow(
      expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT', argument }),
    );
  });
});

describe('giving up', () => {
  test.each(['abort', 'timeout', 'leaving the iteration', 'cancel'])(
    'after %s the broker is told, a late reply reaches nobody, and the connection stays',
    async (how) => {
      await using broker = await ToyMxBroker.bind('yes');
      await using client = await connected(broker);
      const controller = new AbortController();
      const options = how === 'timeout' ? { timeoutMs: 400 } : how === 'abort' ? { signal: controller.signal } : {};
      const reply = client.request('echo', 'first', options);
      const first = await broker.next();
      if (how === 'leaving the iteration') {
        await first.reply('partial', 'p');
        for await (const part of reply) {
          expect(part).toHaveLength(1);
          break;
        }
      } else {
        if (how === 'abort') controller.abort();
        if (how === 'cancel') reply.cancel();
        await expect(reply).rejects.toMatchObject({ code: how === 'timeout' ? 'MDP_TIMEOUT' : 'MDP_ABORTED' });
      }
      await waitUntil('the CANCEL', () => broker.of('cancel').length === 1);
      expect(broker.of('cancel')).toEqual([{ type: 'cancel', id: first.id }]);
      await first.final('late');
      const next = client.request('echo', 'next');
      const request = await broker.next();
      expect(request.peer).toBe(first.peer);
      await request.final('on time');
      expect(words(await next)).toEqual(['on time']);
      expect(client.stats().counters).toMatchObject({ strays: 1, burnt: 0, opened: 1 });
    },
  );
});

describe('a hostile broker', () => {
  test('replies to unknown ids, FINAL twice and commands of others are ignored and counted', async () => {
    await using broker = await ToyMxBroker.bind('yes');
    await using client = await connected(broker);
    const reply = client.request('echo', 'a');
    const request = await broker.next();
    const body = [bytes('x')];
    await broker.say(request.peer, { type: 'final', id: 4_000_000_000, body }, { type: 'heartbeat' });
    await broker.say(request.peer, { type: 'credit', id: request.id, amount: 9 }, { type: 'disconnect' });
    await broker.say(request.peer, { type: 'final', id: request.id, body }, { type: 'final', id: request.id, body });
    expect(words(await reply)).toEqual(['x']);
    expect(client.stats().counters).toMatchObject({ strays: 4, burnt: 0 });
  });

  test.each<[string, (Uint8Array | string)[]]>([
    ['noise', ['noise']],
    ['a header alone', [MX_HEADER]],
    ['a record that ends in the middle', [Buffer.from('MDPX01\x20\0\0\0\x04\0', 'latin1')]],
    ['a strict reply', ['MDPC02', Uint8Array.of(3), 'echo', 'x']],
    ['an empty frame', ['']],
  ])('%s ends all requests with MDP_PROTOCOL and burns the connection', async (_, frames) => {
    await using broker = await ToyMxBroker.bind('yes');
    await using client = await connected(broker);
    const replies = [client.request('echo', 'a', { retry: { attempts: 3 } }), client.request('echo', 'b')];
    const ends = replies.map((reply) => expect(reply).rejects.toMatchObject({ code: 'MDP_PROTOCOL', attempts: 1 }));
    const first = await broker.next();
    await broker.next();
    await broker.raw(first.peer, ...frames);
    await Promise.all(ends);
    expect(client.stats().counters).toMatchObject({ protocolErrors: 2, burnt: 1 });
    const next = client.request('echo', 'next');
    const request = await broker.next();
    expect(request.peer).not.toBe(first.peer);
    await request.final('ok');
    expect(words(await next)).toEqual(['ok']);
  });

  test('one that dies fails what is under way at once', async () => {
    const broker = await ToyMxBroker.mortal('yes', undefined);
    await using client = await connected(broker, { reconnectMs: 5, reconnectMaxMs: 20 });
    const replies = Array.from({ length: 10 }, () => client.request('echo', 'a'));
    const ends = replies.map((reply) => expect(reply).rejects.toMatchObject({ code: 'MDP_DISCONNECTED', attempts: 1 }));
    for (let i = 0; i < 10; i++) await broker.next();
    const { endpoint } = broker;
    await broker.close();
    await Promise.all(ends);
    const next = client.request('echo', 'next');
    await using reborn = await ToyMxBroker.mortal('yes', echo, endpoint);
    expect(words(await next)).toEqual(['next']);
    expect(reborn.seen).toHaveLength(1);
  });

  test('what had come before the connection broke is delivered', async () => {
    const broker = await ToyMxBroker.mortal('yes', undefined);
    await using client = await connected(broker);
    const replies = Array.from({ length: 100 }, (_, i) => client.request('echo', String(i)));
    for (let i = 0; i < 100; i++) {
      const request = await broker.next();
      await request.final(new Uint8Array(10_000), ...request.body);
    }
    // ZeroMQ drops what it has not sent when it is closed, so that has to be gone.
    await waitUntil('some replies', () => client.stats().counters.replies > 90);
    await broker.close();
    const ends = await Promise.allSettled(replies);
    expect(ends.filter(({ status }) => status === 'fulfilled').length).toBe(client.stats().counters.replies - 1);
  });
});

describe('streams', () => {
  const PART = 16 * 1024;

  test('a slow reader gets no more than it may keep, and all of it, in order, once it reads', async () => {
    await using broker = await ToyMxBroker.bind('yes');
    await using client = await connected(broker, { maxBufferedBytes: 8 * PART });
    const reply = client.request('stream', 'x');
    const request = await broker.next();
    let sent = 0;
    const mayCome = (): number =>
      broker.of('credit').reduce((sum, { amount }) => sum + amount, 65_536) - sent * (PART + 2 * 64);
    const send = async (): Promise<void> => {
      for (; mayCome() > 0; sent++) await request.reply('partial', String(sent), new Uint8Array(PART - 4));
    };
    await send();
    await waitUntil('a wider window', () => broker.of('credit').length === 1);
    await send();
    const most = sent;
    expect(most).toBeLessThanOrEqual(9);
    for (let i = 0; i < 200; i++) {
      const part = await reply.receivePart();
      expect(words(part)[0]).toBe(String(i));
      if (i + 1 === sent) await waitUntil('more to be granted', () => mayCome() > 0);
      await send();
    }
    // By half windows: a CREDIT stands for several parts.
    expect(broker.of('credit').length).toBeLessThan(60);
    await request.final('end');
    for (let i = 200; i < sent; i++) expect(words(await reply.receivePart())[0]).toBe(String(i));
    expect(words(await reply.receivePart())).toEqual(['end']);
    expect(await reply.receivePart()).toBeNull();
    expect(client.stats().counters).toMatchObject({ strays: 0, protocolErrors: 0 });
  });

  test('a reply that is awaited whole is not bounded', async () => {
    await using broker = await ToyMxBroker.bind('yes');
    await using client = await connected(broker, { maxBufferedBytes: 1 });
    const reply = client.request('stream', 'x').then((frames) => frames.length);
    const request = await broker.next();
    let granted = 65_536;
    for (let i = 0; i < 50; i++) {
      await waitUntil('credit', () => {
        granted = broker.of('credit').reduce((sum, { amount }) => sum + amount, 65_536);
        return granted > i * (PART + 64);
      });
      await request.reply('partial', new Uint8Array(PART));
    }
    await request.final('end');
    expect(await reply).toBe(51);
  });

  test('one that is not read does not slow the others, and one that sends too much is ended', async () => {
    await using broker = await ToyMxBroker.bind('yes');
    await using client = await connected(broker, { maxBufferedBytes: 1 });
    const slow = client.request('stream', 'x');
    const stream = await broker.next();
    const first = slow.receivePart();
    for (let i = 0; i < 4; i++) await stream.reply('partial', new Uint8Array(PART));
    expect((await first)?.[0]?.length).toBe(PART);
    const other = client.request('echo', 'a');
    await (await broker.next()).final('b');
    expect(words(await other)).toEqual(['b']);
    await stream.reply('partial', 'too much');
    await waitUntil('the end of the request', () => client.stats().counters.protocolErrors === 1);
    for (let i = 0; i < 3; i++) expect((await slow.receivePart())?.[0]?.length).toBe(PART);
    await expect(slow.receivePart()).rejects.toMatchObject({ code: 'MDP_PROTOCOL' });
    await waitUntil('the CANCEL', () => broker.of('cancel').length === 1);
    expect(client.stats().counters).toMatchObject({ burnt: 0 });
  });
});

test('a broker that does not read stops the client, which keeps everything, in order, for when it does', async () => {
  await using broker = await ToyMxBroker.bind('yes', echo, { reading: false, receiveHighWaterMark: 1 });
  await using client = new Client(broker.endpoint, { wire: 'mx', maxInFlight: 60_000 });
  const body = Buffer.alloc(256 * 1024);
  const replies: Promise<number>[] = [];
  const make = (): void => {
    replies.push(client.request('echo', body).then((frames) => frames.length));
  };
  make();
  await waitUntil('the connection', () => client.stats().queued === 0);
  // A turn each, so a message each: until ZeroMQ takes no more.
  while (client.stats().queued === 0 && replies.length < 5_000) {
    make();
    await turn();
  }
  expect(client.stats().queued).toBeGreaterThan(0);
  for (let i = 0; i < 10; i++) make();
  broker.read();
  expect(await Promise.all(replies)).toEqual(replies.map(() => 1));
  const ids = broker.seen.map(({ id }) => id);
  expect(ids).toEqual(replies.map((_, i) => i));
  expect(client.stats().counters).toMatchObject({ replies: replies.length, retries: 0, burnt: 0 });
});
