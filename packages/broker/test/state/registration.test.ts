// SPDX-License-Identifier: Apache-2.0
// registration.test - READY and DISCONNECT: who is registered, and who is told to go

import { describe, expect, test } from '@jest/globals';
import { DIALECTS } from '@mdp/protocol';
import { Bench, INTERVAL } from '../support/state-peers.js';

describe.each(DIALECTS)('a worker that speaks %s', (dialect) => {
  test('is registered by READY, without an answer (MDP-B-24)', () => {
    const bench = new Bench();
    const worker = bench.worker('w', { dialect }).ready('s');
    expect(worker.registered).toBe(true);
    expect(worker.takeShort()).toEqual([]);
    expect(bench.state.workers).toBe(1);
    expect(bench.port.emitted('workerReady')).toEqual([
      [expect.objectContaining({ service: 's', dialect: dialect === 'mdp01' ? 'mdp01' : 'rfc18' })],
    ]);
  });

  test('is gone after its DISCONNECT, gets nothing more, and its service is forgotten (MDP-B-26)', () => {
    const bench = new Bench();
    const worker = bench.worker('w', { dialect }).ready('s');
    worker.disconnect();
    expect(worker.registered).toBe(false);
    expect(bench.state.workers).toBe(0);
    expect(bench.state.dispatcher.services.size).toBe(0);
    bench.client('c').request('s');
    bench.advance(20 * INTERVAL);
    worker.beat();
    worker.final('late');
    expect(worker.takeShort()).toEqual([]);
    expect(bench.counters.workersLost['disconnect']).toBe(1);
    expect(bench.counters.dropped.afterDisconnect).toBe(2);
  });

  test('may say DISCONNECT before READY: no answer (MDP-B-25)', () => {
    const bench = new Bench();
    const worker = bench.worker('w', { dialect });
    worker.disconnect();
    worker.disconnect();
    bench.advance(20 * INTERVAL);
    expect(worker.takeShort()).toEqual([]);
    expect(bench.counters.workersLost['disconnect']).toBe(0);
  });

  test('that says READY twice gets DISCONNECT and is not registered (MDP-B-23, MDP-B-28)', () => {
    const bench = new Bench();
    const worker = bench.worker('w', { dialect }).ready('s').ready('s');
    expect(worker.takeShort()).toEqual(['disconnect']);
    expect(worker.registered).toBe(false);
    expect(bench.state.workers).toBe(0);
    expect(bench.counters.workersLost['unexpected']).toBe(1);
  });

  test('may begin anew with READY after a DISCONNECT: a peer may have come back under its routing id', () => {
    const bench = new Bench();
    const worker = bench.worker('w', { dialect }).ready('s').ready('s');
    worker.take();
    worker.ready('s');
    expect(worker.registered).toBe(true);
    bench.client('c').request('s', 'a');
    expect(worker.takeShort()).toEqual(['request a']);
  });

  test('is reached through proxies, each address a worker of its own', () => {
    const bench = new Bench();
    const near = bench.worker('proxy', { dialect, hops: ['w1'] }).ready('s');
    const far = bench.worker('proxy', { dialect, hops: ['p2', 'p3', 'w1'] }).ready('s');
    expect(bench.state.workers).toBe(2);
    const client = bench.client('c');
    client.request('s', 'a');
    client.request('s', 'b');
    expect(near.takeShort()).toEqual(['request a']);
    expect(far.takeShort()).toEqual(['request b']);
    near.disconnect();
    expect(far.registered).toBe(true);
  });
});

describe('READY', () => {
  test('for a second service does not register it, and ends the first one (MDP-B-21)', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('one').ready('two');
    expect(worker.takeShort()).toEqual(['disconnect']);
    expect(bench.state.dispatcher.services.size).toBe(0);
  });

  test('of a worker that holds a request gives the request to another one (MDP-B-23)', () => {
    const bench = new Bench();
    const [rogue, other] = [bench.worker('rogue').ready('s'), bench.worker('other')];
    bench.client('c').request('s', 'a');
    rogue.take();
    other.ready('s');
    rogue.ready('s');
    expect(rogue.takeShort()).toEqual(['disconnect']);
    expect(other.takeShort()).toEqual(['request a']);
  });

  test.each(['mmi.service', 'mmi.', 'mmi.anything'])('for %s gets DISCONNECT (MMI-02)', (service) => {
    const bench = new Bench();
    const worker = bench.worker('w').ready(service);
    expect(worker.takeShort()).toEqual(['disconnect']);
    expect(worker.registered).toBe(false);
    expect(bench.state.dispatcher.services.size).toBe(0);
    worker.beat();
    expect(worker.takeShort()).toEqual([]);
  });

  test('beyond maxWorkers gets DISCONNECT, until there is room', () => {
    const bench = new Bench({ maxWorkers: 2 });
    const one = bench.worker('1').ready('s');
    bench.worker('2').ready('s');
    const third = bench.worker('3').ready('s');
    expect(third.takeShort()).toEqual(['disconnect']);
    expect(bench.counters.dropped.tooManyWorkers).toBe(1);
    one.disconnect();
    third.ready('s');
    expect(third.registered).toBe(true);
  });

  test('beyond maxWorkersPerConnection gets DISCONNECT; other connections are not concerned', () => {
    const bench = new Bench({ maxWorkersPerConnection: 2 });
    for (const hop of ['1', '2', '3']) bench.worker('proxy', { hops: [hop] }).ready('s');
    bench.worker('w').ready('s');
    expect(bench.state.workers).toBe(3);
    expect(bench.counters.disconnectsSent).toBe(1);
  });

  test('for one service too many gets DISCONNECT', () => {
    const bench = new Bench({ maxServices: 1 });
    bench.worker('1').ready('one');
    const second = bench.worker('2').ready('two');
    expect(second.takeShort()).toEqual(['disconnect']);
    expect(bench.counters.dropped.tooManyWorkers).toBe(1);
    expect([...bench.state.dispatcher.services.keys()]).toEqual(['one']);
  });

  test('on an endpoint for clients is dropped and counted, as all that workers say', () => {
    const bench = new Bench();
    const worker = bench.worker('w', { role: 'client', socket: 1 }).ready('s');
    worker.beat();
    worker.final('x');
    worker.disconnect();
    expect(worker.takeShort()).toEqual([]);
    expect(bench.counters.dropped.role).toBe(4);
    expect(bench.state.workers).toBe(0);
  });

  test('a client and a worker may share one connection', () => {
    const bench = new Bench();
    const worker = bench.worker('both').ready('s');
    const client = bench.client('both');
    client.request('s', 'a');
    expect(worker.takeFrames()).toHaveLength(1);
    expect(worker.busy).toBe(true);
  });
});

describe('a REQUEST', () => {
  test('on an endpoint for workers is dropped and counted', () => {
    const bench = new Bench();
    const client = bench.client('c', { role: 'worker', socket: 2 });
    client.request('mmi.service', 's');
    client.request('s');
    expect(client.take()).toEqual([]);
    expect(bench.counters.dropped.role).toBe(2);
    expect(bench.counters.requests).toBe(0);
  });

  test('goes only to a worker of exactly that name (MDP-B-13)', () => {
    const bench = new Bench();
    const workers = ['echo', 'Echo', 'echo ', 'ech', 'echoo'].map((name) => bench.worker(`w ${name}`).ready(name));
    bench.client('c').request('Echo');
    expect(workers.map((worker) => worker.takeShort().length)).toEqual([0, 1, 0, 0, 0]);
  });

  test('three workers share the requests of one service, the least recently used one first (MDP-B-04, MDP-B-22)', () => {
    const bench = new Bench();
    const workers = ['1', '2', '3'].map((id) => bench.worker(id).ready('s'));
    const client = bench.client('c');
    const order: number[] = [];
    for (let i = 0; i < 9; i++) {
      client.request('s', String(i));
      const at = workers.findIndex((worker) => worker.busy);
      order.push(at);
      workers[at]?.take();
      workers[at]?.final('ok');
    }
    expect(order).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
  });
});
