// SPDX-License-Identifier: Apache-2.0
// outbox.test - messages leave in order whatever the socket does

import { describe, expect, test } from '@jest/globals';
import type { Frame } from '@mdp/protocol';
import { text } from '@mdp/protocol';
import { FakeClock } from '@mdp/testkit';
import { Outbox } from '../src/outbox.js';

/** A socket that takes messages while it has room, and an owner that writes down what it is told. */
function bench(room = Infinity) {
  const clock = new FakeClock(0);
  const taken: string[] = [];
  const told: string[] = [];
  const socket = {
    room,
    error: 'EAGAIN',
    send(frames: Frame[]): Promise<void> {
      if (socket.room === 0) return Promise.reject(Object.assign(new Error(socket.error), { code: socket.error }));
      socket.room--;
      taken.push(String(text(frames[0] ?? Buffer.from('?'))));
      return Promise.resolve();
    },
  };
  const outbox = new Outbox(
    socket,
    {
      stuck: () => told.push('stuck'),
      emptied: () => told.push('emptied'),
      failed: (error) => told.push(`failed ${(error as Error).message}`),
    },
    clock.now,
  );
  const send = (message: string): Promise<boolean> =>
    new Promise((resolve) => {
      outbox.send([Buffer.from(message)], resolve);
    });
  return { outbox, socket, clock, taken, told, send };
}

/** Let everything that is already decided come to pass. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('an outbox', () => {
  test('hands each message to the socket at once when there is room', async () => {
    const { outbox, taken, told, send } = bench();
    const sent = send('a');
    expect(taken).toEqual(['a']);
    expect(outbox.size).toBe(1);
    expect(await sent).toBe(true);
    expect(outbox.size).toBe(0);
    expect(told).toEqual(['emptied']);
  });

  test('keeps the order of many that are given in one turn', async () => {
    const { taken, told, send } = bench();
    const messages = Array.from({ length: 1_000 }, (_, i) => String(i));
    expect(await Promise.all(messages.map(send))).toEqual(Array(1_000).fill(true));
    expect(taken).toEqual(messages);
    expect(told).toEqual(['emptied']);
  });

  test('a full socket holds back everything, and loses nothing', async () => {
    const { outbox, socket, clock, taken, told, send } = bench(1);
    const all = Promise.all(['a', 'b', 'c'].map(send));
    await settle();
    expect(taken).toEqual(['a']);
    expect(told).toEqual(['stuck']);
    expect(outbox.size).toBe(2);
    expect(outbox.retryAt).toBe(clock.now() + 1);
    // Room that comes meanwhile is not for messages that were given later.
    socket.room = 5;
    void send('d');
    await settle();
    expect(taken).toEqual(['a']);
    outbox.retry();
    expect(await all).toEqual([true, true, true]);
    await settle();
    expect(taken).toEqual(['a', 'b', 'c', 'd']);
    expect(outbox.retryAt).toBe(Infinity);
  });

  test('tries a full socket again after 1, 2, 4, 8, 16, 16 ms, and after a success from 1 ms on', async () => {
    const { outbox, socket, clock, send } = bench(0);
    void send('a');
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      await settle();
      waits.push(outbox.retryAt - clock.now());
      clock.advance(outbox.retryAt - clock.now());
      outbox.retry();
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 16]);
    socket.room = 1;
    outbox.retry();
    void send('b');
    await settle();
    expect(outbox.retryAt - clock.now()).toBe(1);
  });

  test.each([
    ['1,024 messages', 1_024, 1],
    ['16 MiB', 16, 2 ** 20],
  ])('is full with %s that wait, beside the one that is tried, until they are gone', async (_, count, bytes) => {
    const { outbox, socket } = bench(0);
    for (let i = 0; i < count; i++) outbox.send([Buffer.alloc(bytes)], undefined);
    expect(outbox.full).toBe(false);
    outbox.send([Buffer.alloc(bytes)], undefined);
    expect(outbox.full).toBe(true);
    await settle();
    socket.room = Infinity;
    outbox.retry();
    await settle();
    expect([outbox.full, outbox.size]).toEqual([false, 0]);
  });

  test('says that a socket fails for another reason', async () => {
    const { socket, told, send } = bench(0);
    socket.error = 'ETERM';
    void send('a');
    await settle();
    expect(told).toEqual(['failed ETERM']);
  });

  test('closed, it tells what was not sent, once, and sends nothing more', async () => {
    const { outbox, socket, taken, told, send } = bench(1);
    const sent = Promise.all(['a', 'b', 'c'].map(send));
    await settle();
    expect(outbox.close()).toBe(2);
    expect(outbox.close()).toBe(0);
    expect(await sent).toEqual([true, false, false]);
    socket.room = 5;
    outbox.retry();
    expect(await send('d')).toBe(false);
    await settle();
    expect(taken).toEqual(['a']);
    expect(told).toEqual(['stuck']);
    expect(outbox.size).toBe(0);
  });
});
