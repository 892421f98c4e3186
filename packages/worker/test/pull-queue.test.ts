// SPDX-License-Identifier: Apache-2.0
// pull-queue.test - requests and those who wait for them find each other, in order

import { describe, expect, test } from '@jest/globals';
import { PullQueue } from '../src/pull-queue.js';
import type { PulledJob } from '../src/pulled-request.js';

/** A job that writes down what happens to it. */
function job(name: string, log: string[] = []): PulledJob {
  return {
    name,
    begin: () => log.push(`${name} begins`),
    takenUp: () => undefined,
    drop: () => log.push(`${name} dropped`),
  } as unknown as PulledJob;
}

describe('a queue of requests', () => {
  test('gives them out in order; each begins when it is taken', async () => {
    const log: string[] = [];
    const queue = new PullQueue();
    const [a, b] = [job('a', log), job('b', log)];
    expect([queue.offer(a), queue.offer(b)]).toEqual([false, false]);
    expect(log).toEqual([]);
    const consumer = queue.iterate(false);
    expect((await consumer.next()).value).toBe(a);
    expect((await consumer.next()).value).toBe(b);
    expect(log).toEqual(['a begins', 'b begins']);
  });

  test('gives one at once to whoever waits, the first one first', async () => {
    const queue = new PullQueue();
    const first = queue.iterate(true).next();
    const second = queue.iterate(true).next();
    const [a, b] = [job('a'), job('b')];
    expect([queue.offer(a), queue.offer(b)]).toEqual([true, true]);
    expect((await first).value).toBe(a);
    expect((await second).value).toBe(b);
  });

  test('one that is withdrawn is given to nobody', async () => {
    const queue = new PullQueue();
    const [a, b] = [job('a'), job('b')];
    queue.offer(a);
    queue.offer(b);
    queue.withdraw(a);
    queue.withdraw(a);
    expect((await queue.iterate(true).next()).value).toBe(b);
  });

  test('closed, it ends every loop', async () => {
    const queue = new PullQueue();
    const waiting = queue.iterate(true).next();
    queue.close();
    expect(await waiting).toEqual({ value: undefined, done: true });
    expect((await queue.iterate(true).next()).done).toBe(true);
  });

  test('one at a time: the last one is dropped by asking for the next, and by leaving', async () => {
    const log: string[] = [];
    const queue = new PullQueue();
    queue.offer(job('a', log));
    queue.offer(job('b', log));
    for await (const request of queue.iterate(true)) {
      log.push(`${(request as unknown as { name: string }).name} taken`);
      if (log.includes('b taken')) break;
    }
    expect(log).toEqual(['a begins', 'a taken', 'a dropped', 'b begins', 'b taken', 'b dropped']);
  });

  test('several at a time: nothing is dropped', async () => {
    const log: string[] = [];
    const queue = new PullQueue();
    queue.offer(job('a', log));
    queue.offer(job('b', log));
    const consumer = queue.iterate(false);
    await consumer.next();
    await consumer.next();
    await consumer.return?.();
    expect(log).toEqual(['a begins', 'b begins']);
    expect((await consumer.next()).done).toBe(true);
  });
});
