// SPDX-License-Identifier: Apache-2.0
// stopping.test - a state that drains, and one that is shut down

import { describe, expect, test } from '@jest/globals';
import { Bench, INTERVAL } from '../support/state-peers.js';

describe('draining', () => {
  test('refuses what waits and what comes with 503', () => {
    const bench = new Bench();
    const client = bench.client('c');
    client.request('s', 'waits');
    bench.state.drain(bench.now);
    client.request('s', 'comes');
    expect(client.takeShort()).toEqual(['error 503', 'error 503']);
    expect(bench.state.dispatcher.services.size).toBe(0);
    expect(bench.ends).toEqual({ requests: 2, ended: 2, waiting: 0 });
  });

  test('still answers mmi', () => {
    const bench = new Bench();
    bench.state.drain(bench.now);
    const client = bench.client('c');
    client.request('mmi.service', 's');
    expect(client.takeShort()).toEqual(['final 404']);
  });

  test('sends workers away: those that wait at once, those that come at once, those that work when they are done', () => {
    const bench = new Bench();
    const [busy, idle, late] = [bench.worker('busy').ready('s'), bench.worker('idle'), bench.worker('late')];
    const client = bench.client('c');
    client.request('s', 'a');
    idle.ready('s');
    busy.take();
    bench.state.drain(bench.now);
    late.ready('s');
    expect([busy.takeShort(), idle.takeShort(), late.takeShort()]).toEqual([[], ['disconnect'], ['disconnect']]);
    busy.partial('p');
    busy.final('f');
    expect(client.takeShort()).toEqual(['partial p', 'final f']);
    expect(busy.takeShort()).toEqual(['disconnect']);
    expect(bench.state.workers).toBe(0);
    expect(bench.counters.workersLost['stopped']).toBe(2);
    for (const worker of [busy, idle, late]) worker.beat();
    expect([busy.takeShort(), idle.takeShort(), late.takeShort()]).toEqual([[], [], []]);
  });

  test('a request that a lost worker held goes to another one that becomes free', () => {
    const bench = new Bench();
    const [lost, other] = [bench.worker('lost').ready('s'), bench.worker('other').ready('s')];
    const client = bench.client('c');
    client.request('s', 'a');
    client.request('s', 'b');
    lost.take();
    other.take();
    bench.state.drain(bench.now);
    lost.disconnect();
    other.final('b done');
    expect(other.takeShort()).toEqual(['request a']);
    other.final('a done');
    expect(other.takeShort()).toEqual(['disconnect']);
    expect(client.takeShort()).toEqual(['final b done', 'final a done']);
    expect(bench.state.workers).toBe(0);
  });

  test('a request that a lost worker held, and that nobody can take, ends with 503 at once', () => {
    const bench = new Bench();
    const lost = bench.worker('lost').ready('s');
    const client = bench.client('c');
    client.request('s', 'a');
    bench.state.drain(bench.now);
    lost.disconnect();
    expect(client.takeShort()).toEqual(['error 503']);
    expect(bench.ends).toEqual({ requests: 1, ended: 1, waiting: 0 });
  });

  test('workers that work are still beaten and judged', () => {
    const bench = new Bench({ busyWorkerTimeoutMs: 10_000 });
    const worker = bench.worker('w').ready('s');
    const client = bench.client('c');
    client.request('s', 'a');
    worker.take();
    bench.state.drain(bench.now);
    bench.advance(2 * INTERVAL);
    expect(worker.takeShort()).toEqual(['heartbeat', 'heartbeat']);
    bench.advance(10_000);
    expect(worker.registered).toBe(false);
    expect(client.takeShort()).toEqual(['error 503']);
  });
});

describe('shutting down', () => {
  test('ends what runs with 503 and sends every worker away', () => {
    const bench = new Bench();
    const workers = ['1', '2', '3'].map((id) => bench.worker(id).ready('s'));
    const client = bench.client('c');
    client.request('s', 'a');
    client.request('s', 'b');
    workers[0]?.take();
    workers[0]?.partial('p');
    bench.state.drain(bench.now);
    bench.state.shutDown(bench.now);
    expect(client.takeShort()).toEqual(['partial p', 'error 503', 'error 503']);
    expect(workers.map((worker) => worker.takeShort().at(-1))).toEqual(['disconnect', 'disconnect', 'disconnect']);
    expect(bench.state.workers).toBe(0);
    expect(bench.state.dispatcher.busy.size).toBe(0);
    expect(bench.ends).toEqual({ requests: 2, ended: 2, waiting: 0 });
  });

  test('leaves nothing that waits without an end, also what was recovered while it drained', () => {
    const bench = new Bench();
    const [lost, other] = [bench.worker('lost').ready('s'), bench.worker('other').ready('s')];
    const client = bench.client('c');
    client.request('s', 'a');
    client.request('s', 'b');
    bench.state.drain(bench.now);
    lost.disconnect();
    expect(client.take()).toEqual([]);
    bench.state.shutDown(bench.now);
    expect(client.takeShort()).toEqual(['error 503', 'error 503']);
    expect(other.takeShort().at(-1)).toBe('disconnect');
    expect(bench.ends).toEqual({ requests: 2, ended: 2, waiting: 0 });
    expect(bench.state.dispatcher.services.size).toBe(0);
  });

  test('without a drain before it does the same', () => {
    const bench = new Bench();
    const [busy, idle] = [bench.worker('busy').ready('s'), bench.worker('idle')];
    const client = bench.client('c');
    client.request('s', 'a');
    client.request('other', 'b');
    idle.ready('s');
    bench.state.shutDown(bench.now);
    expect(client.takeShort().sort()).toEqual(['error 503', 'error 503']);
    expect([busy.takeShort().at(-1), idle.takeShort().at(-1)]).toEqual(['disconnect', 'disconnect']);
    expect(bench.state.workers).toBe(0);
  });

  test('tells legacy clients nothing, and counts', () => {
    const bench = new Bench();
    bench.worker('w').ready('s');
    const client = bench.client('c', { dialect: 'majortomo' });
    client.request('s', 'a');
    bench.state.shutDown(bench.now);
    expect(client.take()).toEqual([]);
    expect(bench.counters.errorsWithheld).toBe(1);
  });
});
