// SPDX-License-Identifier: Apache-2.0
// recovery.test - what becomes of a request whose worker is lost (MDP-B-41)

import { describe, expect, test } from '@jest/globals';
import type { BrokerOptions } from '../../src/options.js';
import type { Sent } from '../support/recording-port.js';
import { Bench, INTERVAL, type TestClient, type TestWorker } from '../support/state-peers.js';

/** A worker that holds request `a` of a client, and a second one to come. */
function busy(options: BrokerOptions = {}): { bench: Bench; worker: TestWorker; next: TestWorker; client: TestClient } {
  const bench = new Bench(options);
  const worker = bench.worker('first').ready('s');
  const client = bench.client('c');
  client.request('s', 'a');
  return { bench, worker, next: bench.worker('next'), client };
}

/** The message that was sent to a peer last. */
function lastSent(peer: TestWorker | TestClient): Sent {
  const last = peer.takeSent().at(-1);
  if (last === undefined) throw new Error('nothing was sent');
  return last;
}

/** The ways in which a worker that works is lost, but for those that give the request back. */
const LOSSES: Readonly<Record<string, (bench: Bench, worker: TestWorker) => void>> = {
  'expires: it beat and fell silent': (bench, worker) => {
    worker.beat();
    worker.beat();
    bench.advance(4 * INTERVAL);
  },
  'expires: it never beat and the busy timeout passed': (bench) => {
    bench.advance(900_000);
  },
  'has lost its connection': (bench, worker) => {
    bench.advance(INTERVAL);
    bench.unreachable(lastSent(worker));
    bench.drained();
  },
  'says READY again': (_bench, worker) => {
    worker.ready('s');
  },
  'replies with a token that is not its own': (_bench, worker) => {
    const { token } = worker;
    worker.token = Uint8Array.of(1);
    worker.final('x');
    worker.token = token;
  },
  'sends what is no message': (_bench, worker) => {
    worker.sayRaw('MDPW02', '\x63');
  },
};

describe('a worker that is lost while it holds a request', () => {
  test.each(Object.entries(LOSSES))('%s: another one gets it, with a new token (MDP-B-41)', (_how, lose) => {
    const { bench, worker, next, client } = busy();
    worker.take();
    const { token } = worker;
    lose(bench, worker);
    expect(worker.registered).toBe(false);
    next.ready('s');
    expect(next.takeShort()).toEqual(['request a']);
    expect(next.token).not.toEqual(token);
    expect(bench.counters.recovered).toBe(1);
    expect(bench.port.emitted('requestRecovered')).toEqual([[{ service: 's', attempts: 1 }]]);
    next.final('done');
    expect(client.takeShort()).toEqual(['final done']);
    expect(bench.ends).toEqual({ requests: 1, ended: 1, waiting: 0 });
  });

  test.each(Object.entries(LOSSES))('%s: 502 when a part of the reply has gone out (MDP-B-41)', (_how, lose) => {
    const { bench, worker, next, client } = busy();
    worker.take();
    worker.partial('p');
    lose(bench, worker);
    next.ready('s');
    expect(next.takeShort()).toEqual([]);
    expect(client.takeShort()).toEqual(['partial p', 'error 502']);
    expect(bench.counters.recovered).toBe(0);
  });

  test.each(Object.entries(LOSSES))('%s: 502 when it may not be repeated', (_how, lose) => {
    const { bench, worker, next, client } = busy({ maxAttempts: 1 });
    worker.take();
    lose(bench, worker);
    next.ready('s');
    expect(next.takeShort()).toEqual([]);
    expect(client.takeShort()).toEqual(['error 502']);
  });

  test('the request comes before all that wait, and is not counted against the limits of the queue', () => {
    const { bench, worker, next, client } = busy({ maxQueuedPerService: 2 });
    client.request('s', 'b');
    bench.client('d').request('s', 'c');
    worker.ready('s');
    expect(bench.state.dispatcher.queued).toBe(3);
    next.ready('s');
    const served: string[] = [];
    for (let heard = next.takeShort(); heard.length > 0; heard = next.takeShort()) {
      served.push(...heard);
      next.final('ok');
    }
    expect(served).toEqual(['request a', 'request b', 'request c']);
  });

  test('a worker that waits gets it at once', () => {
    const { worker, next } = busy();
    next.ready('s');
    worker.ready('s');
    expect(next.takeShort()).toEqual(['request a']);
  });

  test('after as many attempts as are allowed the request ends with 502', () => {
    const { bench, client } = busy({ maxAttempts: 3 });
    for (const id of ['first', 'second', 'third']) {
      const worker = bench.worker(id);
      if (id !== 'first') worker.ready('s');
      expect(worker.takeShort()).toEqual(['request a']);
      worker.ready('s');
    }
    expect(client.take()).toEqual([
      {
        type: 'final',
        service: 's',
        body: ['MDPE01', '502', 'the worker was lost, and 3 of 3 attempts are used'],
      },
    ]);
    expect(bench.state.dispatcher.services.size).toBe(0);
  });

  test('how often differs from service to service', () => {
    const bench = new Bench({ services: { s: { maxAttempts: 1 } } });
    const [once, twice] = [bench.worker('once').ready('s'), bench.worker('twice').ready('t')];
    const client = bench.client('c');
    client.request('s', 'a');
    client.request('t', 'b');
    once.ready('s');
    twice.ready('t');
    expect(client.takeShort()).toEqual(['error 502']);
    expect(bench.worker('other').ready('t').takeShort()).toEqual(['request b']);
  });

  test('it is not repeated for a client that is gone', () => {
    const { bench, worker, next, client } = busy();
    client.request('mmi.service', 's');
    bench.unreachable(lastSent(client));
    worker.ready('s');
    next.ready('s');
    expect(next.takeShort()).toEqual([]);
    expect(bench.counters.abandoned).toBe(1);
    expect(bench.ends).toEqual({ requests: 2, ended: 2, waiting: 0 });
  });
});

describe('a worker that gives its request back with DISCONNECT', () => {
  test('does not use up an attempt', () => {
    const { bench, worker, client } = busy();
    worker.take();
    worker.disconnect();
    for (const id of ['2', '3', '4']) {
      const other = bench.worker(id).ready('s');
      expect(other.takeShort()).toEqual(['request a']);
      other.disconnect();
    }
    expect(client.take()).toEqual([]);
    expect(bench.counters.recovered).toBe(4);
  });

  test('but not without end', () => {
    const { bench, worker, client } = busy();
    worker.disconnect();
    let rounds = 1;
    for (; client.take().length === 0 && rounds < 50; rounds++) bench.worker(String(rounds)).ready('s').disconnect();
    expect(rounds).toBe(10);
    expect(bench.counters.failed[502]).toBe(1);
  });

  test('ends it with 502 when it may not be repeated: it may have been executed', () => {
    const { worker, client } = busy({ maxAttempts: 1 });
    worker.disconnect();
    expect(client.takeShort()).toEqual(['error 502']);
  });

  test('ends it with 502 when a part of the reply has gone out', () => {
    const { worker, client } = busy();
    worker.take();
    worker.partial('p');
    worker.disconnect();
    expect(client.takeShort()).toEqual(['partial p', 'error 502']);
  });
});

describe('a worker whose connection is gone', () => {
  test('before its REQUEST could leave: the next one gets it at once, and no attempt is used', () => {
    const { bench, worker, next, client } = busy({ maxAttempts: 1 });
    next.ready('s');
    bench.unreachable(lastSent(worker));
    expect(worker.registered).toBe(false);
    expect(next.takeShort()).toEqual(['request a']);
    next.final('done');
    expect(client.takeShort()).toEqual(['final done']);
    expect(bench.counters.workersLost['unreachable']).toBe(1);
  });

  test('may have sent its FINAL before: what waits to be read counts', () => {
    const { bench, worker, next, client } = busy();
    worker.take();
    next.ready('s');
    bench.advance(INTERVAL);
    bench.unreachable(lastSent(worker));
    expect(next.takeShort()).toEqual(['heartbeat']);
    worker.final('it was on its way');
    bench.drained();
    expect(client.takeShort()).toEqual(['final it was on its way']);
    expect(worker.registered).toBe(false);
    expect(next.takeShort()).toEqual([]);
  });

  test('is given nothing more after such a FINAL, though work waits', () => {
    const { bench, worker, next, client } = busy();
    worker.take();
    client.request('s', 'b');
    bench.advance(INTERVAL);
    bench.unreachable(lastSent(worker));
    worker.final('a done');
    expect(worker.takeShort()).toEqual([]);
    next.ready('s');
    expect(next.takeShort()).toEqual(['request b']);
    bench.drained();
    expect(bench.state.workers).toBe(1);
    expect(bench.counters.dispatched).toBe(2);
  });

  test('may have sent a part before: then its request is not repeated', () => {
    const { bench, worker, next, client } = busy();
    worker.take();
    next.ready('s');
    bench.advance(INTERVAL);
    bench.unreachable(lastSent(worker));
    worker.partial('on its way');
    bench.drained();
    expect(client.takeShort()).toEqual(['partial on its way', 'error 502']);
  });

  test('is removed only when its own socket is read', () => {
    const bench = new Bench();
    const worker = bench.worker('w', { socket: 1, role: 'worker' }).ready('s');
    bench.client('c').request('s');
    bench.advance(INTERVAL);
    bench.unreachable(lastSent(worker));
    bench.drained(0);
    expect(worker.registered).toBe(true);
    bench.drained(1);
    expect(worker.registered).toBe(false);
  });

  test('is told of several times: it is lost once', () => {
    const { bench, worker } = busy();
    bench.advance(2 * INTERVAL);
    for (const message of worker.takeSent().slice(1)) bench.unreachable(message);
    bench.drained();
    bench.drained();
    expect(bench.counters.workersLost['unreachable']).toBe(1);
    expect(bench.state.workers).toBe(0);
  });

  test('all workers behind it are lost, those behind others are not', () => {
    const bench = new Bench();
    const behind = ['1', '2', '3'].map((hop) => bench.worker('proxy', { hops: [hop] }).ready('s'));
    const other = bench.worker('other').ready('s');
    bench.advance(INTERVAL);
    bench.unreachable(lastSent(behind[0] as TestWorker));
    bench.drained();
    expect(behind.map((worker) => worker.registered)).toEqual([false, false, false]);
    expect(other.registered).toBe(true);
  });

  test('none of those behind it is given what another one held', () => {
    const bench = new Bench();
    const [busy] = ['1', '2', '3'].map((hop) => bench.worker('proxy', { hops: [hop] }).ready('s'));
    const other = bench.worker('other').ready('s');
    const client = bench.client('c');
    client.request('s', 'a');
    bench.advance(INTERVAL);
    other.take();
    bench.unreachable(lastSent(busy as TestWorker));
    bench.drained();
    expect(other.takeShort()).toEqual(['request a']);
    expect(bench.counters.dispatched).toBe(2);
  });

  test('its successor, which has chosen the same routing id, is registered', () => {
    const { bench, worker, client } = busy();
    worker.take();
    bench.advance(INTERVAL);
    bench.unreachable(lastSent(worker));
    worker.ready('s');
    expect(worker.takeShort()).toEqual(['request a']);
    bench.drained();
    expect(worker.registered).toBe(true);
    worker.final('done');
    expect(client.takeShort()).toEqual(['final done']);
  });

  test('a waiting one whose connection is gone gives way to the next when it is given a request', () => {
    const bench = new Bench();
    const workers = ['1', '2', '3'].map((id) => bench.worker(id).ready('s'));
    const client = bench.client('c');
    client.request('s', 'a');
    // ZeroMQ tells of each only when a message to it is tried.
    bench.unreachable(lastSent(workers[0] as TestWorker));
    bench.unreachable(lastSent(workers[1] as TestWorker));
    expect(workers[2]?.takeShort()).toEqual(['request a']);
    workers[2]?.final('done');
    expect(client.takeShort()).toEqual(['final done']);
  });
});

describe('a client whose connection is gone', () => {
  test('its requests end: those that wait at once, those that run when their worker is done', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    const [gone, other] = [bench.client('gone'), bench.client('other')];
    gone.request('s', 'runs');
    gone.request('s', 'waits');
    gone.request('elsewhere', 'waits too');
    other.request('s', 'mine');
    gone.request('mmi.service', 's');
    bench.unreachable(lastSent(gone));
    expect(bench.counters.abandoned).toBe(3);
    expect(bench.state.dispatcher.services.has('elsewhere')).toBe(false);
    worker.take();
    worker.partial('p');
    worker.final('f');
    expect(gone.take()).toEqual([]);
    expect(bench.counters.dropped.clientGone).toBe(2);
    expect(worker.takeShort()).toEqual(['request mine']);
    expect(bench.ends).toEqual({ requests: 5, ended: 4, waiting: 1 });
  });
});

test('what a lost worker had said to an MDP/0.1 client counts no more: the next one may say as much', () => {
  const bench = new Bench({ maxPendingBytesPerClient: 3_500 });
  const worker = bench.worker('first').ready('s');
  const next = bench.worker('next');
  const client = bench.client('c', { dialect: 'mdp01' });
  client.request('s', 'a');
  const { pendingBytes } = client.connection;
  worker.take();
  worker.partial('x'.repeat(1_000));
  expect(client.connection.pendingBytes).toBeGreaterThan(pendingBytes + 1_000);
  worker.disconnect();
  expect(client.connection.pendingBytes).toBe(pendingBytes);
  next.ready('s').take();
  next.partial('y'.repeat(1_000));
  next.final('z');
  expect(client.takeShort()).toEqual([`final ${'y'.repeat(1_000)} z`]);
  expect(client.connection.pendingBytes).toBe(0);
});
