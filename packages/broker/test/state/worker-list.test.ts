// SPDX-License-Identifier: Apache-2.0
// worker-list.test - what a broker tells of single workers

import { describe, expect, test } from '@jest/globals';
import { ArgumentError, Broker } from '@mdp/broker';
import { describeWorkers } from '../../src/state/worker-list.js';
import type { WorkerStats } from '../../src/stats.js';
import { MxTestPeer } from '../support/state-mx.js';
import { Bench, INTERVAL } from '../support/state-peers.js';

function workers(bench: Bench, most = 1_000): WorkerStats[] {
  return describeWorkers(bench.now, bench.state.connections, most).sort((a, b) => b.ageMs - a.ageMs);
}

describe('the list of workers', () => {
  test('tells who they are, for how long they are there, and what they hold', () => {
    const bench = new Bench();
    bench.worker('a').ready('s');
    bench.advance(300);
    const second = bench.worker('b').ready('t');
    bench.advance(200);
    bench.client('c').request('t');
    second.beat();
    bench.advance(50);
    expect(workers(bench)).toEqual([
      { peer: '61', service: 's', dialect: 'rfc18', ageMs: 550, silentMs: 550, held: 0, credit: 1 },
      { peer: '62', service: 't', dialect: 'rfc18', ageMs: 250, silentMs: 50, held: 1, credit: 1 },
    ]);
  });

  test('has one for each service of an MX connection, with what it takes at once', () => {
    const bench = new Bench();
    const peer = new MxTestPeer(bench, 'm');
    peer.tell({ ready: 's', credit: 8 }, { ready: 't', credit: 2 });
    bench.client('c').request('s');
    const told = workers(bench).map(({ service, dialect, held, credit }) => ({ service, dialect, held, credit }));
    expect(told).toEqual([
      { service: 's', dialect: 'mx', held: 1, credit: 8 },
      { service: 't', dialect: 'mx', held: 0, credit: 2 },
    ]);
  });

  test('forgets those that are gone; one that comes back begins anew', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    bench.advance(INTERVAL);
    worker.disconnect();
    expect(workers(bench)).toEqual([]);
    worker.ready('s');
    expect(workers(bench)).toMatchObject([{ ageMs: 0 }]);
  });

  test('ends where it is told to', () => {
    const bench = new Bench();
    for (let i = 0; i < 20; i++) bench.worker(`w${String(i)}`).ready('s');
    expect([workers(bench).length, workers(bench, 7).length, workers(bench, 0).length]).toEqual([20, 7, 0]);
  });

  test('is empty at a new broker, and takes a number only', () => {
    const broker = new Broker();
    expect(broker.workers()).toEqual([]);
    expect(() => broker.workers(-1)).toThrow(ArgumentError);
    expect(() => broker.workers(1.5)).toThrow('most');
  });
});
