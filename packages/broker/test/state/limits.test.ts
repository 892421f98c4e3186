// SPDX-License-Identifier: Apache-2.0
// limits.test - what is beyond a limit is refused and counted, and there is room again later

import { describe, expect, test } from '@jest/globals';
import { Bench } from '../support/state-peers.js';

describe('limits', () => {
  test.each([
    ['maxQueuedPerService', { maxQueuedPerService: 2 }, 'the queue of the service is full'],
    ['maxQueued of one service', { services: { s: { maxQueued: 2 } } }, 'the queue of the service is full'],
    ['maxQueuedPerClient', { maxQueuedPerClient: 2 }, 'too many requests of this client wait'],
    ['maxQueued', { maxQueued: 2 }, 'the queues of the broker are full'],
  ])('%s: what is beyond it gets 429, and there is room again later', (_name, options, message) => {
    const bench = new Bench(options);
    const client = bench.client('c');
    const body = 'x'.repeat(1_000);
    for (let i = 0; i < 3; i++) client.request('s', body);
    expect(client.take()).toEqual([{ type: 'final', service: 's', body: ['MDPE01', '429', message] }]);
    expect(bench.counters.failed[429]).toBe(1);
    expect(bench.port.emitted('requestFailed')).toEqual([
      [{ service: 's', status: 429, message, dialect: 'rfc18', answered: true }],
    ]);
    const worker = bench.worker('w').ready('s');
    worker.take();
    client.request('s', body);
    expect(client.take()).toEqual([]);
    expect(bench.state.dispatcher.queued).toBe(2);
  });

  test('maxQueuedPerClient is for each connection; others are not concerned', () => {
    const bench = new Bench({ maxQueuedPerClient: 1 });
    const [one, two] = [bench.client('1'), bench.client('2')];
    one.request('s');
    one.request('s');
    two.request('s');
    expect([one.takeShort(), two.takeShort()]).toEqual([['error 429'], []]);
  });

  test('a limit of 0 lets nothing wait, but everything through that need not', () => {
    const bench = new Bench({ maxQueued: 0 });
    const client = bench.client('c');
    client.request('s');
    expect(client.takeShort()).toEqual(['error 429']);
    expect(bench.state.dispatcher.services.size).toBe(0);
    const worker = bench.worker('w').ready('s');
    client.request('s', 'a');
    expect(worker.takeShort()).toEqual(['request a']);
  });

  test('maxServices: a request for one service too many gets 429, one for a known service does not', () => {
    const bench = new Bench({ maxServices: 2 });
    const client = bench.client('c');
    client.request('one');
    client.request('two');
    client.request('three');
    client.request('two');
    expect(client.takeShort()).toEqual(['error 429']);
    expect(bench.state.dispatcher.services.size).toBe(2);
  });

  test.each([
    ['maxBodyBytes', { maxBodyBytes: 10 }, ['12345', '67890'], ['12345', '678901']],
    ['maxBodyFrames', { maxBodyFrames: 2 }, ['1', '2'], ['1', '2', '3']],
  ])('%s: a larger body gets 413, whether or not a worker is free', (_name, options, allowed, tooLarge) => {
    const bench = new Bench(options);
    const client = bench.client('c');
    client.request('s', ...tooLarge);
    expect(client.takeShort()).toEqual(['error 413']);
    expect(bench.state.dispatcher.services.size).toBe(0);
    const worker = bench.worker('w').ready('s');
    client.request('s', ...tooLarge);
    client.request('s', ...allowed);
    expect(client.takeShort()).toEqual(['error 413']);
    expect(worker.takeShort()).toEqual([['request', ...allowed].join(' ')]);
  });

  test('many empty frames are not free: they count as the memory that they take', () => {
    const bench = new Bench({ maxPendingBytes: 1_000_000 });
    const client = bench.client('c');
    const body = Array.from({ length: 200 }, () => '');
    for (let i = 0; i < 200; i++) client.request('s', ...body);
    expect(bench.counters.failed[429]).toBeGreaterThan(100);
  });
});

describe('the bytes of what has not ended', () => {
  const body = 'x'.repeat(1_000);

  test('count those that workers hold: a worker that holds many leaves no room for more', () => {
    const bench = new Bench({ maxPendingBytes: 4_000 });
    const [one, two, three] = [bench.client('1'), bench.client('2'), bench.client('3')];
    const workers = ['w1', 'w2', 'w3'].map((id) => bench.worker(id).ready('s'));
    for (const client of [one, two, three]) client.request('s', body);
    expect(three.take().map((heard) => heard.body)).toEqual([
      ['MDPE01', '429', 'the requests that have not ended are too large'],
    ]);
    expect(bench.state.dispatcher).toMatchObject({ running: 2, queued: 0 });
    workers[0]?.take();
    workers[0]?.final('done');
    expect(one.takeShort()).toEqual(['final done']);
    three.request('s', body);
    expect(three.takeShort()).toEqual([]);
  });

  test('are shared: a client takes no more than it leaves, so that those who take all they can leave something', () => {
    const most = 256_000;
    const bench = new Bench({ maxPendingBytes: most });
    const left: number[] = [];
    for (const id of ['1', '2', '3', '4']) {
      const greedy = bench.client(id);
      for (let i = 0; i < 200; i++) greedy.request('s', body);
      left.push((most - bench.state.connections.pending.used) / most);
    }
    // A half, a quarter, an eighth, a sixteenth; a request is less than a hundredth.
    left.forEach((share, i) => {
      expect(Math.abs(share - 0.5 ** (i + 1))).toBeLessThan(0.01);
    });
    const modest = bench.client('modest');
    modest.request('s', body);
    expect(modest.takeShort()).toEqual([]);
  });

  test('are those of each client: one that has too many leaves others their room', () => {
    const bench = new Bench({ maxPendingBytesPerClient: 2_000 });
    const [one, two] = [bench.client('1'), bench.client('2')];
    one.request('s', body);
    one.request('s', body);
    two.request('s', body);
    expect(one.take().map((heard) => heard.body)).toEqual([
      ['MDPE01', '429', 'the requests of this client that have not ended are too large'],
    ]);
    expect(two.take()).toEqual([]);
  });

  test('are free again when the client is gone, while its worker goes on', () => {
    const bench = new Bench();
    const client = bench.client('c');
    bench.worker('w').ready('s');
    client.request('s', body);
    const { pending } = bench.state.connections;
    expect(pending.used).toBeGreaterThan(1_000);
    bench.state.dispatcher.abandon(client.connection);
    expect(pending.used).toBe(0);
    expect(bench.state.dispatcher.running).toBe(1);
  });
});

describe('services that only requests wait for', () => {
  test('are limited for each connection, until a worker comes or the requests have ended', () => {
    const bench = new Bench({ maxServicesPerClient: 2, noWorkerTimeoutMs: 1_000 });
    const [one, two] = [bench.client('1'), bench.client('2')];
    one.request('a');
    one.request('b');
    one.request('b');
    one.request('c');
    expect(one.takeShort()).toEqual(['error 429']);
    two.request('c');
    one.request('c');
    expect([one.takeShort(), two.takeShort()]).toEqual([[], []]);
    bench.worker('w').ready('a');
    one.request('d');
    one.request('e');
    expect(one.takeShort()).toEqual(['error 429']);
    bench.advance(1_000);
    expect(one.connection.servicesMade).toBe(0);
    expect(two.connection.servicesMade).toBe(0);
  });
});

describe('requests a second', () => {
  test('are limited for each connection; after a pause as many come at once', () => {
    const bench = new Bench({ maxRequestsPerSecond: 3 });
    const worker = bench.worker('w').ready('s');
    const [one, two] = [bench.client('1'), bench.client('2')];
    const ask = (times: number): string[] => {
      for (let i = 0; i < times; i++) one.request('mmi.service', 's');
      return one.takeShort();
    };
    expect(ask(4)).toEqual(['final 200', 'final 200', 'final 200', 'error 429']);
    two.request('s');
    expect(two.takeShort()).toEqual([]);
    expect(worker.take()).toHaveLength(1);
    bench.advance(334);
    expect(ask(2)).toEqual(['final 200', 'error 429']);
    bench.advance(5_000);
    expect(ask(4)).toEqual(['final 200', 'final 200', 'final 200', 'error 429']);
    expect(bench.counters.failed[429]).toBe(3);
  });
});
