// SPDX-License-Identifier: Apache-2.0
// names.test - which endpoints have a name, and when it is looked up

import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { WatchedName, isNamed, systemLookUp } from '../src/node.js';

test.each([
  ['tcp://brokers.example:5555', true],
  ['tcp://broker_1:1', true],
  ['tcp://localhost:5555', false],
  ['tcp://LOCALHOST:5555', false],
  ['tcp://127.0.0.1:5555', false],
  ['tcp://[::1]:5555', false],
  ['tcp://10.0.0.1:0;brokers.example:5555', false],
  ['tcp://*:5555', false],
  ['ipc://brokers.example', false],
  ['inproc://brokers.example:5555', false],
])('%s: %s', (endpoint, named) => {
  expect(isNamed(endpoint)).toBe(named);
});

test('the system knows localhost by its IPv4 address', async () => {
  expect(await systemLookUp('localhost')).toContain('127.0.0.1');
});

/** Look-ups that the test answers, and what came of them. */
class Fake {
  readonly asked: string[] = [];
  readonly told: unknown[] = [];
  readonly name: WatchedName;
  #answer: { resolve: (addresses: string[]) => void; reject: (error: unknown) => void } | undefined;

  constructor(intervalMs = 30_000) {
    const lookUp = (host: string): Promise<string[]> => {
      this.asked.push(host);
      return new Promise((resolve, reject) => {
        this.#answer = { resolve, reject };
      });
    };
    this.name = new WatchedName(
      'tcp://brokers.test:5555',
      { intervalMs, lookUp, random: () => 1 },
      {
        found: (endpoints) => this.told.push(endpoints),
        failed: (reason) => this.told.push(reason),
        waits: () => false,
      },
    );
    this.name.start();
  }

  async found(...addresses: string[]): Promise<void> {
    this.#answer?.resolve(addresses);
    await jest.advanceTimersByTimeAsync(0);
  }

  async failed(code = 'EAI_AGAIN'): Promise<void> {
    this.#answer?.reject(Object.assign(new Error('no'), { code }));
    await jest.advanceTimersByTimeAsync(0);
  }
}

describe('a name', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('stands for each of its addresses once, with its port', async () => {
    const fake = new Fake();
    await fake.found('10.0.0.2', '10.0.0.1', '10.0.0.2');
    expect(fake.asked).toEqual(['brokers.test']);
    expect(fake.told).toEqual([['tcp://10.0.0.2:5555', 'tcp://10.0.0.1:5555']]);
  });

  test('stands for 64 addresses at most, the same ones in whatever order they come', async () => {
    const fake = new Fake();
    const many = Array.from({ length: 100 }, (_, i) => `10.0.0.${String(i + 100)}`);
    await fake.found(...many);
    await jest.advanceTimersByTimeAsync(30_000);
    await fake.found(...many.reverse());
    expect(fake.told[0]).toHaveLength(64);
    expect(fake.told[1]).toEqual(fake.told[0]);
  });

  test('is looked up again after the interval, and not while that is under way', async () => {
    const fake = new Fake(30_000);
    await jest.advanceTimersByTimeAsync(60_000);
    fake.name.refresh();
    expect(fake.asked).toHaveLength(1);
    await fake.found('10.0.0.1');
    await jest.advanceTimersByTimeAsync(29_999);
    expect(fake.asked).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(fake.asked).toHaveLength(2);
  });

  test('is looked up when it is asked for, but not more than once in a second', async () => {
    const fake = new Fake(0);
    await fake.found('10.0.0.1');
    for (let i = 0; i < 10; i++) fake.name.refresh();
    await jest.advanceTimersByTimeAsync(999);
    expect(fake.asked).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(fake.asked).toHaveLength(2);
    await fake.found('10.0.0.1');
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(fake.asked).toHaveLength(2);
    fake.name.refresh();
    expect(fake.asked).toHaveLength(3);
  });

  test('is tried again after a failure, with pauses that grow and begin anew after a success', async () => {
    const fake = new Fake(0);
    for (const pause of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      await fake.failed();
      fake.name.refresh();
      const before = fake.asked.length;
      await jest.advanceTimersByTimeAsync(pause - 1);
      expect(fake.asked).toHaveLength(before);
      await jest.advanceTimersByTimeAsync(1);
      expect(fake.asked).toHaveLength(before + 1);
    }
    await fake.found('10.0.0.1');
    await jest.advanceTimersByTimeAsync(1_000);
    fake.name.refresh();
    await fake.failed();
    const before = fake.asked.length;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(fake.asked).toHaveLength(before + 1);
  });

  test('says in plain words why not', async () => {
    const fake = new Fake();
    await fake.failed('ENOTFOUND');
    await jest.advanceTimersByTimeAsync(1_000);
    await fake.found();
    expect(fake.told).toEqual([
      'brokers.test could not be looked up: there is no such name (ENOTFOUND)',
      'brokers.test could not be looked up: it has no IPv4 address',
    ]);
  });

  test('tells nothing and asks nothing once it is closed', async () => {
    const fake = new Fake();
    fake.name.close();
    await fake.found('10.0.0.1');
    await jest.advanceTimersByTimeAsync(60_000);
    expect([fake.told, fake.asked]).toEqual([[], ['brokers.test']]);
  });
});
