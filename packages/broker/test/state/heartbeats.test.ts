// SPDX-License-Identifier: Apache-2.0
// heartbeats.test - who is sent HEARTBEATs and when, and who is taken for disconnected

import { describe, expect, test } from '@jest/globals';
import { DIALECTS } from '@mdp/protocol';
import { Bench, INTERVAL, type TestWorker } from '../support/state-peers.js';

/** The times, from now on, at which something is sent. */
function record(bench: Bench): number[] {
  const start = bench.now;
  const at: number[] = [];
  bench.port.onSend = () => at.push(bench.now - start);
  return at;
}

/** A worker that beats exactly every interval. */
function live(bench: Bench, worker: TestWorker, intervals: number): void {
  for (let i = 0; i < intervals; i++) {
    bench.advance(INTERVAL);
    worker.beat();
  }
}

describe('HEARTBEAT to a worker', () => {
  test.each(DIALECTS)('that waits: every interval (%s) (MDP-B-38)', (dialect) => {
    const bench = new Bench();
    const at = record(bench);
    const worker = bench.worker('w', { dialect }).ready('s');
    live(bench, worker, 10);
    expect(at).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => n * INTERVAL));
    expect(new Set(worker.takeShort())).toEqual(new Set(['heartbeat']));
    expect(bench.counters.heartbeatsSent).toBe(10);
  });

  test.each(DIALECTS)('that works: every interval as well (%s) (MDP-B-38)', (dialect) => {
    const bench = new Bench();
    const worker = bench.worker('w', { dialect }).ready('s');
    bench.client('c').request('s');
    worker.take();
    bench.advance(10 * INTERVAL);
    expect(worker.takeShort()).toEqual(Array.from({ length: 10 }, () => 'heartbeat'));
  });

  test('none while other commands flow to it (MDP-B-37)', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    const client = bench.client('c');
    for (let i = 0; i < 50; i++) {
      bench.advance(INTERVAL * 0.98);
      client.request('s', String(i));
      worker.take();
      worker.final('ok');
    }
    expect(bench.counters.heartbeatsSent).toBe(0);
  });

  test('the next one is due an interval after the last command to it (MDP-B-37)', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    bench.advance(700);
    bench.client('c').request('s');
    worker.take();
    const at = record(bench);
    bench.advance(3_500);
    expect(at).toEqual([1_000, 2_000, 3_000]);
  });

  test('leaves with those of others, and never more than a fiftieth of the interval before its time', () => {
    const bench = new Bench();
    const ready = Array.from({ length: 100 }, (_, i) => {
      bench.advance(7);
      bench.worker(`w${String(i)}`).ready('s');
      return bench.now;
    });
    const sent = new Map<string, number>();
    bench.port.onSend = ({ connection }) => sent.set(connection.key, bench.now);
    bench.advance(INTERVAL);
    const waited = ready.map((at, i) => (sent.get(`w${String(i)}`) ?? Infinity) - at);
    expect(Math.max(...waited)).toBeLessThanOrEqual(INTERVAL);
    expect(Math.min(...waited)).toBeGreaterThan(INTERVAL * 0.98);
    expect(new Set(sent.values()).size).toBeLessThanOrEqual(36);
  });

  test('none to one that has expired (MDP-B-40)', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    const at = record(bench);
    bench.advance(100 * INTERVAL);
    expect(at).toEqual([1_000, 2_000, 3_000]);
    expect(worker.registered).toBe(false);
  });
});

describe('a worker that waits and is silent', () => {
  test('is taken for disconnected after the liveness, and not before (MDP-B-39)', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    bench.advance(4 * INTERVAL - 1);
    expect(worker.registered).toBe(true);
    bench.advance(1);
    expect(worker.registered).toBe(false);
    expect(bench.counters.workersLost['expired']).toBe(1);
    expect(bench.port.emitted('workerLost')).toEqual([[expect.objectContaining({ service: 's', reason: 'expired' })]]);
  });

  test('counts from the last thing that it said (MDP-B-36)', () => {
    const bench = new Bench({ heartbeatLiveness: 3 });
    const worker = bench.worker('w').ready('s');
    bench.advance(2_500);
    worker.beat();
    bench.advance(2_999);
    expect(worker.registered).toBe(true);
    bench.advance(1);
    expect(worker.registered).toBe(false);
  });

  test('is not kept alive by others on its connection', () => {
    const bench = new Bench();
    const [quiet, loud] = [
      bench.worker('p', { hops: ['1'] }).ready('s'),
      bench.worker('p', { hops: ['2'] }).ready('s'),
    ];
    live(bench, loud, 5);
    expect(quiet.registered).toBe(false);
    expect(loud.registered).toBe(true);
  });
});

describe('a worker that works', () => {
  test('and sends only PARTIALs does not expire, however long it takes (MDP-B-36)', () => {
    const bench = new Bench({ busyWorkerTimeoutMs: 20_000 });
    const worker = bench.worker('w').ready('s');
    const client = bench.client('c');
    client.request('s');
    worker.take();
    for (let i = 0; i < 100; i++) {
      bench.advance(INTERVAL);
      worker.partial(String(i));
    }
    expect(worker.registered).toBe(true);
    worker.final('end');
    expect(client.takeShort()).toHaveLength(101);
  });

  test('and never beats is held to the busy timeout, to the millisecond', () => {
    const bench = new Bench({ busyWorkerTimeoutMs: 60_000 });
    const worker = bench.worker('w').ready('s');
    bench.advance(INTERVAL / 2);
    bench.client('c').request('s');
    bench.advance(59_999);
    expect(worker.registered).toBe(true);
    bench.advance(1);
    expect(worker.registered).toBe(false);
    expect(bench.counters.workersLost['expired']).toBe(1);
  });

  test('a busy timeout shorter than a heartbeat interval holds to the millisecond too', () => {
    const bench = new Bench({ busyWorkerTimeoutMs: 100 });
    const worker = bench.worker('w').ready('s');
    bench.client('c').request('s');
    bench.advance(99);
    expect(worker.registered).toBe(true);
    bench.advance(1);
    expect(worker.registered).toBe(false);
  });

  test('one HEARTBEAT may have crossed the REQUEST: it proves nothing', () => {
    const bench = new Bench({ busyWorkerTimeoutMs: 60_000 });
    const worker = bench.worker('w').ready('s');
    bench.client('c').request('s');
    worker.beat();
    bench.advance(50 * INTERVAL);
    expect(worker.registered).toBe(true);
  });

  test('and has beaten twice in a job is held to the heartbeat from then on (MDP-B-39)', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    bench.client('c').request('s');
    bench.advance(INTERVAL);
    worker.beat();
    bench.advance(INTERVAL);
    worker.beat();
    bench.advance(4 * INTERVAL - 1);
    expect(worker.registered).toBe(true);
    bench.advance(1);
    expect(worker.registered).toBe(false);
  });

  test('what it has proved holds in its next job too', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    const client = bench.client('c');
    client.request('s');
    worker.take();
    worker.beat();
    worker.beat();
    worker.final('ok');
    client.request('s');
    bench.advance(4 * INTERVAL);
    expect(worker.registered).toBe(false);
  });

  test('beats while it waits prove nothing about jobs', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    live(bench, worker, 10);
    bench.client('c').request('s');
    bench.advance(50 * INTERVAL);
    expect(worker.registered).toBe(true);
  });

  test('after its job it is held to the heartbeat', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    bench.client('c').request('s');
    worker.take();
    bench.advance(100 * INTERVAL);
    worker.final('at last');
    bench.advance(4 * INTERVAL - 1);
    expect(worker.registered).toBe(true);
    bench.advance(1);
    expect(worker.registered).toBe(false);
  });
});

describe('probes', () => {
  test('a broken connection makes the broker look at its busy workers at once, and once more', () => {
    const bench = new Bench();
    const [busy, waiting] = [bench.worker('busy').ready('s'), bench.worker('waiting')];
    bench.client('c').request('s');
    waiting.ready('s');
    busy.take();
    const at = record(bench);
    bench.state.connectionLost(bench.now);
    expect(bench.state.nextDeadline()).toBe(bench.now);
    bench.advance(500);
    expect(at).toEqual([0, 50]);
    expect(busy.takeShort()).toEqual(['heartbeat', 'heartbeat']);
    expect(waiting.takeShort()).toEqual([]);
  });

  test('a worker that is given a request just after its connection broke is looked at too', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    bench.state.connectionLost(bench.now);
    bench.advance(10);
    expect(worker.takeShort()).toEqual([]);
    bench.client('c').request('s');
    worker.take();
    bench.advance(40);
    expect(worker.takeShort()).toEqual(['heartbeat']);
  });

  test('nobody is busy: nobody is sent anything, and the looking ends', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    const before = bench.state.nextDeadline();
    bench.state.connectionLost(bench.now);
    bench.advance(100);
    expect(worker.takeShort()).toEqual([]);
    expect(bench.state.nextDeadline()).toBe(before);
  });

  test('connections that come and go without end cost a bounded number of probes', () => {
    const bench = new Bench();
    for (let i = 0; i < 200; i++) bench.worker(`w${String(i)}`).ready('s');
    const client = bench.client('c');
    for (let i = 0; i < 200; i++) client.request('s');
    const before = bench.counters.heartbeatsSent;
    for (let i = 0; i < 900; i++) {
      bench.state.connectionLost(bench.now);
      bench.advance(1);
    }
    expect(bench.counters.heartbeatsSent - before).toBeLessThanOrEqual(5_000);
    expect(bench.counters.heartbeatsSent - before).toBeGreaterThan(1_000);
  });
});
