// SPDX-License-Identifier: Apache-2.0
// dispatcher.test - requests that wait: order, expiry, and the books about them

import { describe, expect, test } from '@jest/globals';
import { bytes } from '@mdp/protocol';
import { Bench, INTERVAL, type TestWorker } from '../support/state-peers.js';

/** Have a worker answer all that it is given, and tell what that was. */
function serveAll(worker: TestWorker): string[] {
  const served: string[] = [];
  for (let heard = worker.takeShort(); heard.length > 0; heard = worker.takeShort()) {
    served.push(...heard);
    worker.final('ok');
  }
  return served;
}

describe('a request without a free worker', () => {
  test('waits for a service that nobody offers yet, and is served by READY (MDP-B-14)', () => {
    const bench = new Bench();
    bench.client('c').request('later', 'a');
    expect(bench.state.dispatcher.queued).toBe(1);
    bench.advance(30_000);
    const worker = bench.worker('w').ready('later');
    expect(worker.takeShort()).toEqual(['request a']);
    expect(bench.state.dispatcher.queued).toBe(0);
  });

  test('waits while the worker is busy, which gets no second one (MDP-B-42)', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    const client = bench.client('c');
    client.request('s', 'a');
    client.request('s', 'b');
    expect(worker.takeShort()).toEqual(['request a']);
    worker.beat();
    worker.partial('more');
    expect(worker.takeShort()).toEqual([]);
    worker.final('done');
    expect(worker.takeShort()).toEqual(['request b']);
  });

  test('waits its turn among the clients (MDP-B-03)', () => {
    const bench = new Bench();
    const [flooder, other] = [bench.client('flooder'), bench.client('other')];
    for (let i = 0; i < 100; i++) flooder.request('s', `f${String(i)}`);
    other.request('s', 'mine');
    const worker = bench.worker('w').ready('s');
    expect(serveAll(worker).indexOf('request mine')).toBe(1);
  });

  test('is not overtaken by one that comes when a worker has become free', () => {
    const bench = new Bench();
    const worker = bench.worker('w');
    const client = bench.client('c');
    for (const name of ['1', '2', '3']) client.request('s', name);
    worker.ready('s');
    expect(serveAll(worker)).toEqual(['request 1', 'request 2', 'request 3']);
  });

  test('keeps its body though ZeroMQ uses the memory of its frames again', () => {
    const bench = new Bench();
    const arena = Buffer.alloc(8192, 'a');
    const client = bench.client('c');
    const view = arena.subarray(0, 1000);
    client.say([bytes('MDPC02'), Uint8Array.of(1), bytes('s'), view, Buffer.alloc(20_000, 'b')]);
    arena.fill('z');
    const worker = bench.worker('w').ready('s');
    const [{ body: [first = '', second = ''] = [] } = { body: [] }] = worker.take();
    expect(first).toBe('a'.repeat(1000));
    expect(second).toBe('b'.repeat(20_000));
  });
});

describe('a request that waits too long', () => {
  test('ends with 404 at its time and not before, when no worker came (MDP-B-15)', () => {
    const bench = new Bench({ noWorkerTimeoutMs: 10_000 });
    const client = bench.client('c');
    client.request('nobody');
    bench.advance(9_999);
    expect(client.take()).toEqual([]);
    bench.advance(1);
    expect(client.takeShort()).toEqual(['error 404']);
    expect(bench.state.dispatcher.services.size).toBe(0);
    expect(bench.counters.failed[404]).toBe(1);
  });

  test('ends with 504 when workers were busy all the time (MDP-B-15)', () => {
    const bench = new Bench({ queueTimeoutMs: 5_000 });
    const worker = bench.worker('w').ready('s');
    const client = bench.client('c');
    client.request('s', 'a');
    bench.advance(100);
    client.request('s', 'b');
    bench.advance(4_999);
    worker.beat();
    expect(client.take()).toEqual([]);
    bench.advance(1);
    expect(client.takeShort()).toEqual(['error 504']);
    worker.take();
    worker.final('a done');
    expect(client.takeShort()).toEqual(['final a done']);
    expect(worker.takeShort()).toEqual([]);
  });

  test('each ends at its own time', () => {
    const bench = new Bench({ noWorkerTimeoutMs: 1_000 });
    const client = bench.client('c');
    const at: number[] = [];
    const start = bench.now;
    bench.port.onSend = () => at.push(bench.now - start);
    for (let i = 0; i < 4; i++) {
      client.request('nobody', String(i));
      bench.advance(10);
    }
    bench.advance(2_000);
    expect(at).toEqual([1_000, 1_010, 1_020, 1_030]);
  });

  test('with noWorkerTimeoutMs 0 ends at once when there is no worker, and waits when there is a busy one', () => {
    const bench = new Bench({ noWorkerTimeoutMs: 0 });
    const client = bench.client('c');
    client.request('s');
    expect(client.takeShort()).toEqual(['error 404']);
    expect(bench.state.dispatcher.services.size).toBe(0);
    const worker = bench.worker('w').ready('s');
    client.request('s', 'a');
    client.request('s', 'b');
    expect(client.take()).toEqual([]);
    worker.disconnect();
    bench.advance(0);
    expect(client.takeShort()).toEqual(['error 404', 'error 404']);
  });

  test('counts the time without workers from when the last one left', () => {
    const bench = new Bench({ noWorkerTimeoutMs: 1_000, queueTimeoutMs: 100_000 });
    const worker = bench.worker('w').ready('s');
    const client = bench.client('c');
    client.request('s', 'a');
    client.request('s', 'b');
    bench.advance(3_000);
    worker.beat();
    worker.take();
    worker.final('a done');
    client.request('s', 'c');
    client.take();
    worker.disconnect();
    bench.advance(999);
    expect(client.take()).toEqual([]);
    bench.advance(1);
    expect(client.takeShort()).toEqual(['error 404', 'error 404']);
  });

  test('a request taken from the last worker, which left, ends when noWorkerTimeoutMs has passed', () => {
    const bench = new Bench({ noWorkerTimeoutMs: 1_000, queueTimeoutMs: 100_000 });
    const worker = bench.worker('w').ready('s');
    const client = bench.client('c');
    client.request('s', 'a');
    client.request('s', 'b');
    worker.take();
    // The service's deadline was set when b had to wait, far away; then b is served and nothing waits.
    worker.final('a done');
    client.take();
    worker.disconnect();
    bench.advance(999);
    expect(client.take()).toEqual([]);
    bench.advance(1);
    expect(client.takeShort()).toEqual(['error 404']);
  });

  test('a worker that comes makes the shorter time hold, when that is queueTimeoutMs', () => {
    const bench = new Bench({ noWorkerTimeoutMs: 60_000, queueTimeoutMs: 1_000 });
    const client = bench.client('c');
    client.request('s', 'a');
    client.request('s', 'b');
    bench.advance(500);
    bench.worker('w').ready('s');
    bench.advance(499);
    expect(client.take()).toEqual([]);
    bench.advance(1);
    expect(client.takeShort()).toEqual(['error 504']);
  });

  test('differs from service to service', () => {
    const bench = new Bench({
      noWorkerTimeoutMs: 1_000,
      queueTimeoutMs: 2_000,
      services: { slow: { noWorkerTimeoutMs: 5_000, queueTimeoutMs: 7_000 } },
    });
    const [one, two] = [bench.client('1'), bench.client('2')];
    one.request('quick');
    two.request('slow');
    bench.advance(1_000);
    expect([one.takeShort(), two.takeShort()]).toEqual([['error 404'], []]);
    bench.advance(4_000);
    expect(two.takeShort()).toEqual(['error 404']);
    bench.worker('w').ready('slow');
    two.request('slow', 'a');
    two.request('slow', 'b');
    bench.advance(6_999);
    expect(two.take()).toEqual([]);
    bench.advance(1);
    expect(two.takeShort()).toEqual(['error 504']);
  });

  test('a worker that could not be given a request does not make it wait longer', () => {
    const bench = new Bench({ noWorkerTimeoutMs: 1_000 });
    const client = bench.client('c');
    client.request('s', 'a');
    client.request('s', 'b');
    bench.advance(600);
    const slow = bench.worker('slow');
    bench.port.full = (connection) => connection === slow.connection;
    slow.ready('s');
    expect(slow.registered).toBe(false);
    // The last worker left at 600; from there the time counts anew, for both alike and in their order.
    bench.advance(999);
    expect(client.take()).toEqual([]);
    bench.port.full = () => false;
    const good = bench.worker('good').ready('s');
    expect(serveAll(good)).toEqual(['request a', 'request b']);
  });
});

describe('the books', () => {
  test('count what waits and its bytes, until it is served, ended or abandoned', () => {
    const bench = new Bench({ noWorkerTimeoutMs: 1_000 });
    const { dispatcher } = bench.state;
    const [one, two] = [bench.client('1'), bench.client('2')];
    one.request('s', 'x'.repeat(500));
    const once = dispatcher.queuedBytes;
    expect(once).toBeGreaterThanOrEqual(500);
    two.request('s', 'x'.repeat(500));
    one.request('other', 'x'.repeat(500));
    expect([dispatcher.queued, dispatcher.queuedBytes]).toEqual([3, 3 * once]);
    const worker = bench.worker('w').ready('s');
    expect([dispatcher.queued, dispatcher.queuedBytes]).toEqual([2, 2 * once]);
    worker.take();
    worker.final('done');
    worker.take();
    expect([dispatcher.queued, dispatcher.queuedBytes]).toEqual([1, once]);
    const [answer] = one.takeSent();
    if (answer === undefined) throw new Error('no answer');
    bench.unreachable(answer);
    expect([dispatcher.queued, dispatcher.queuedBytes]).toEqual([0, 0]);
    expect(dispatcher.services.has('other')).toBe(false);
    expect(bench.counters.abandoned).toBe(1);
    expect(bench.ends).toEqual({ requests: 3, ended: 2, waiting: 1 });
  });

  test('a service is forgotten with its last request and worker', () => {
    const bench = new Bench({ noWorkerTimeoutMs: 1_000 });
    const { services } = bench.state.dispatcher;
    const worker = bench.worker('w').ready('s');
    const client = bench.client('c');
    client.request('s', 'a');
    client.request('s', 'b');
    worker.disconnect();
    expect(services.size).toBe(1);
    bench.advance(1_000);
    expect(services.size).toBe(0);
    expect(client.takeShort()).toEqual(['error 404', 'error 404']);
  });

  test('ten thousand names leave nothing behind', () => {
    const bench = new Bench({ maxServices: 20_000, maxQueuedPerClient: 20_000, maxServicesPerClient: 20_000 });
    const client = bench.client('c');
    for (let i = 0; i < 10_000; i++) client.request(`service ${String(i)}`);
    expect(bench.state.dispatcher.services.size).toBe(10_000);
    bench.advance(61_000);
    expect(bench.state.dispatcher.services.size).toBe(0);
    bench.advance(120_000);
    expect(bench.state.nextDeadline()).toBe(Infinity);
  });
});

describe('a worker that reads too slowly to be given a request', () => {
  test('is removed, and the next one gets it', () => {
    const bench = new Bench();
    const [slow, good] = [bench.worker('slow').ready('s'), bench.worker('good').ready('s')];
    bench.port.full = (connection) => connection === slow.connection;
    bench.client('c').request('s', 'a');
    expect(slow.registered).toBe(false);
    expect(bench.counters.workersLost['slow']).toBe(1);
    expect(good.takeShort()).toEqual(['request a']);
  });

  test('was the only one: the request waits, and the next worker gets it', () => {
    const bench = new Bench();
    const slow = bench.worker('slow').ready('s');
    bench.port.full = (connection) => connection === slow.connection;
    const client = bench.client('c');
    client.request('s', 'a');
    expect(bench.state.dispatcher.queued).toBe(1);
    expect([...bench.state.dispatcher.services.keys()]).toEqual(['s']);
    bench.port.full = () => false;
    const good = bench.worker('good').ready('s');
    expect(good.takeShort()).toEqual(['request a']);
    good.final('done');
    expect(client.takeShort()).toEqual(['final done']);
  });

  test('was the only one: what becomes of the request does not disturb the workers that come after', () => {
    const bench = new Bench({ noWorkerTimeoutMs: 1_000 });
    const slow = bench.worker('slow').ready('s');
    bench.port.full = (connection) => connection === slow.connection;
    const client = bench.client('c');
    client.request('s', 'a');
    bench.port.full = () => false;
    const good = bench.worker('good').ready('s');
    good.take();
    good.final('done');
    for (let i = 0; i < 5; i++) {
      bench.advance(INTERVAL);
      good.beat();
    }
    good.take();
    client.request('s', 'b');
    expect(good.takeShort()).toEqual(['request b']);
    expect([...bench.state.dispatcher.services.keys()]).toEqual(['s']);
  });

  test('was the only one while others waited in the queue: all stay in their order', () => {
    const bench = new Bench();
    const client = bench.client('c');
    const first = bench.worker('first').ready('s');
    client.request('s', 'a');
    client.request('s', 'b');
    client.request('s', 'c');
    first.take();
    bench.port.full = (connection) => connection === first.connection;
    first.final('a done');
    expect(first.registered).toBe(false);
    bench.port.full = () => false;
    expect(serveAll(bench.worker('second').ready('s'))).toEqual(['request b', 'request c']);
  });
});
