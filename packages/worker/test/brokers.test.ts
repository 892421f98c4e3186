// SPDX-License-Identifier: Apache-2.0
// brokers.test - the brokers that names stand for come and go

import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Broker } from '../src/brokers.js';
import { Brokers } from '../src/brokers.js';

const NAME = 'tcp://brokers.test:5555';
const FIXED = 'tcp://127.0.0.1:5555';
const [A, B, C] = ['tcp://10.0.0.1:5555', 'tcp://10.0.0.2:5555', 'tcp://10.0.0.3:5555'] as const;

class FakeBroker implements Broker {
  started = false;
  left = false;
  stopped = false;

  constructor(readonly endpoint: string) {}

  start(): void {
    this.started = true;
  }
}

class World {
  addresses: string[] | Error = [];
  asked = 0;
  changes = 0;
  readonly brokers: Brokers<FakeBroker>;

  constructor(endpoints: string[], names: 'all' | 'one' = 'all') {
    this.brokers = new Brokers<FakeBroker>(
      endpoints,
      { names, resolveIntervalMs: 30_000 },
      {
        make: (endpoint) => new FakeBroker(endpoint),
        leave: (broker) => {
          broker.left = true;
        },
        changed: () => {
          this.changes++;
        },
      },
      () => {
        this.asked++;
        return this.addresses instanceof Error ? Promise.reject(this.addresses) : Promise.resolve(this.addresses);
      },
    );
  }

  /** Where it stands at each broker, in order. */
  get all(): string[] {
    return this.brokers.all.map(
      ({ endpoint, started, left }) => `${endpoint}${started ? '' : ' new'}${left ? ' left' : ''}`,
    );
  }
}

describe('the brokers of a worker', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('those that were given are there at once; a name stands for its addresses once it was looked up', async () => {
    const world = new World([FIXED, NAME]);
    expect(world.all).toEqual([`${FIXED} new`]);
    expect(world.asked).toBe(0);
    world.addresses = ['10.0.0.1', '10.0.0.2'];
    world.brokers.start(0);
    await jest.advanceTimersByTimeAsync(0);
    expect(world.all).toEqual([FIXED, A, B]);
    expect(world.changes).toBe(1);
  });

  test('new ones are started, those that are gone are left, and forgotten once they have stopped', async () => {
    const world = new World([NAME]);
    world.addresses = ['10.0.0.1', '10.0.0.2'];
    world.brokers.start(0);
    await jest.advanceTimersByTimeAsync(0);
    const [a] = world.brokers.all;
    world.addresses = ['10.0.0.3', '10.0.0.2'];
    await jest.advanceTimersByTimeAsync(30_000);
    expect(world.all).toEqual([B, C, `${A} left`]);
    world.brokers.sweep();
    expect(world.brokers.leaving.size).toBe(1);
    if (a !== undefined) a.stopped = true;
    world.brokers.sweep();
    expect(world.all).toEqual([B, C]);
  });

  test('a broker that comes back while it is being left is registered with anew', async () => {
    const world = new World([NAME]);
    for (const addresses of [['10.0.0.1'], ['10.0.0.2'], ['10.0.0.1']]) {
      world.addresses = addresses;
      world.brokers.start(0);
      await jest.advanceTimersByTimeAsync(30_000);
    }
    expect(world.all).toEqual([A, `${A} left`, `${B} left`]);
  });

  test('the loss of a connection to one of its addresses looks a name up, that of another does not', async () => {
    const world = new World([NAME, FIXED]);
    world.addresses = ['10.0.0.1'];
    world.brokers.start(0);
    await jest.advanceTimersByTimeAsync(1_000);
    world.brokers.refresh(FIXED);
    expect(world.asked).toBe(1);
    world.brokers.refresh(A);
    expect(world.asked).toBe(2);
  });

  test('a failure leaves all as it was, and says why while nothing is known', async () => {
    const world = new World([NAME]);
    world.addresses = Object.assign(new Error('no'), { code: 'ENOTFOUND' });
    world.brokers.start(0);
    await jest.advanceTimersByTimeAsync(0);
    expect(world.brokers.given).toMatchObject([
      { brokers: [], reason: 'brokers.test could not be looked up: there is no such name (ENOTFOUND)' },
    ]);
    world.addresses = ['10.0.0.1'];
    await jest.advanceTimersByTimeAsync(1_000);
    expect(world.all).toEqual([A]);
    world.addresses = new Error('no');
    await jest.advanceTimersByTimeAsync(30_000);
    expect(world.asked).toBe(3);
    expect(world.all).toEqual([A]);
  });

  test('nothing is looked up after the end, or when names are left to ZeroMQ', async () => {
    const world = new World([NAME]);
    world.addresses = ['10.0.0.1'];
    world.brokers.start(0);
    world.brokers.close();
    const other = new World([NAME], 'one');
    other.brokers.start(0);
    await jest.advanceTimersByTimeAsync(60_000);
    expect([world.all, other.all, other.asked]).toEqual([[], [NAME], 0]);
  });
});
