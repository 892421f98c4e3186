// SPDX-License-Identifier: Apache-2.0
// mx.test - what MX peers may do beyond RFC 18: ids, credits, deadlines, cancelling, several services

import { describe, expect, test } from '@jest/globals';
import { bytes, encodeMx } from '@mdp/protocol';
import { MAX_CREDIT } from '../../src/state/mx-intake.js';
import { MxTestPeer, mxSetup as setup, record } from '../support/state-mx.js';
import { Bench, INTERVAL } from '../support/state-peers.js';

describe('requests of one connection', () => {
  test('are answered by their ids, in whatever order the worker ends them', () => {
    const { client, worker } = setup();
    worker.tell({ ready: 's', credit: 3 });
    client.tell({ request: 's', id: 7, body: ['a'] }, { request: 's', id: 8, body: ['b'] });
    expect(worker.heard()).toEqual(['request 1 s: a', 'request 2 s: b']);
    worker.tell({ partial: 2, body: ['p'] }, { final: 2, body: ['B'] }, { final: 1, body: ['A'] });
    expect(client.heard()).toEqual(['partial 8: p', 'final 8: B', 'final 7: A']);
  });

  test('with an id that is under way are dropped: their replies could not be told apart', () => {
    const { bench, client, worker } = setup();
    worker.tell({ ready: 's', credit: 3 });
    client.tell({ request: 's', id: 7, body: ['a'] }, { request: 's', id: 7, body: ['again'] });
    expect(worker.heard()).toEqual(['request 1 s: a']);
    expect(bench.counters.dropped.unexpected).toBe(1);
    worker.tell({ final: 1, body: ['A'] });
    client.tell({ request: 's', id: 7, body: ['anew'] });
    expect(client.heard()).toEqual(['final 7: A']);
    expect(worker.heard()).toEqual(['request 2 s: anew']);
  });

  test('keep no more than a piece of the message that they came in alive while they run, and nothing while they wait', () => {
    const { client, worker } = setup();
    worker.tell({ ready: 's', credit: 1 });
    const long = 'x'.repeat(2000);
    client.tell(...Array.from({ length: 50 }, (_, id) => ({ request: 's', id, body: [long] })));
    const { running, queued } = client.connection;
    const kept = [...running, ...queued].map(({ body }) => body[0]?.buffer.byteLength);
    expect(kept).toEqual([8192, ...Array<number>(49).fill(2000)]);
  });

  test('to mmi. services, or that fail, are answered by their ids too', () => {
    const { client } = setup({ noWorkerTimeoutMs: 0 });
    client.tell({ request: 'mmi.service', id: 1, body: ['s'] }, { request: 's', id: 2 });
    expect(client.heard()).toEqual(['final 1: 404', expect.stringMatching(/^final 2: MDPE01 404 /)]);
  });

  test('from many addresses behind one proxy are kept apart', () => {
    const { bench, worker } = setup();
    const [a, b] = [new MxTestPeer(bench, 'p', { hops: ['a'] }), new MxTestPeer(bench, 'p', { hops: ['b'] })];
    worker.tell({ ready: 's', credit: 2 });
    a.tell({ request: 's', id: 1, body: ['a'] });
    b.tell({ request: 's', id: 1, body: ['b'] });
    worker.tell({ final: 2, body: ['B'] }, { final: 1, body: ['A'] });
    expect([a.heard(), b.heard()]).toEqual([['final 1: A'], ['final 1: B']]);
  });

  test('of more addresses than a connection may have are dropped, and those that have nothing under way forgotten', () => {
    const { bench } = setup({ maxWorkersPerConnection: 2 });
    const peers = ['a', 'b', 'c'].map((hop) => new MxTestPeer(bench, 'p', { hops: [hop] }));
    for (const peer of peers.slice(0, 2)) peer.tell({ request: 's', id: 1 });
    peers[2]?.tell({ request: 's', id: 1 });
    expect(bench.counters.dropped.tooManyConnections).toBe(1);
    peers[0]?.tell({ cancel: 1 });
    peers[2]?.tell({ request: 's', id: 1 });
    expect(bench.state.dispatcher.queued).toBe(2);
  });
});

describe('a credit', () => {
  test('is what a worker holds at most; each FINAL makes room', () => {
    const { client, worker } = setup();
    worker.tell({ ready: 's', credit: 2 });
    client.tell(...[1, 2, 3, 4].map((id) => ({ request: 's', id, body: [String(id)] })));
    expect(worker.heard()).toEqual(['request 1 s: 1', 'request 2 s: 2']);
    worker.tell({ final: 2 });
    expect(worker.heard()).toEqual(['request 3 s: 3']);
    worker.tell({ final: 1 }, { final: 3 });
    expect(worker.heard()).toEqual(['request 4 s: 4']);
  });

  test('can be changed by another READY', () => {
    const { bench, client, worker } = setup();
    worker.tell({ ready: 's', credit: 1 });
    client.tell(...[1, 2, 3, 4].map((id) => ({ request: 's', id, body: [String(id)] })));
    worker.tell({ ready: 's', credit: 3 });
    expect(worker.heard()).toEqual(['request 1 s: 1', 'request 2 s: 2', 'request 3 s: 3']);
    worker.tell({ ready: 's', credit: 1 }, { final: 1 }, { final: 2 });
    expect(worker.heard()).toEqual([]);
    worker.tell({ final: 3 });
    expect(worker.heard()).toEqual(['request 4 s: 4']);
    expect(bench.counters.workersReady).toBe(1);
  });

  test('is bounded, whatever the worker says', () => {
    const { bench, client, worker } = setup({ maxQueuedPerClient: 10_000 });
    worker.tell({ ready: 's', credit: 2 ** 32 - 1 });
    client.tell(...Array.from({ length: MAX_CREDIT + 5 }, (_, id) => ({ request: 's', id })));
    expect(worker.heard()).toHaveLength(MAX_CREDIT);
    expect(bench.state.dispatcher.queued).toBe(5);
  });

  test('workers share the requests, the least recently used one first (MDP-B-04)', () => {
    const { bench, client, worker } = setup();
    const other = new MxTestPeer(bench, 'w2');
    worker.tell({ ready: 's', credit: 4 });
    other.tell({ ready: 's', credit: 4 });
    client.tell(...[1, 2, 3, 4].map((id) => ({ request: 's', id, body: [String(id)] })));
    expect(worker.heard()).toEqual(['request 1 s: 1', 'request 2 s: 3']);
    expect(other.heard()).toEqual(['request 1 s: 2', 'request 2 s: 4']);
  });
});

describe('a worker that takes its service back', () => {
  test('gets nothing more, ends what it holds, and is told when that was all', () => {
    const { bench, client, worker } = setup({ maxAttempts: 1 });
    worker.tell({ ready: 's', credit: 2 });
    client.tell({ request: 's', id: 1 }, { request: 's', id: 2 });
    worker.tell({ ready: 's', credit: 0 });
    client.tell({ request: 's', id: 3 });
    expect(worker.heard()).toEqual(['request 1 s: x', 'request 2 s: x']);
    worker.tell({ final: 1 });
    expect(worker.heard()).toEqual([]);
    worker.tell({ final: 2 });
    expect(worker.heard()).toEqual(['ready s: 0']);
    expect(client.heard()).toEqual(['final 1: x', 'final 2: x']);
    expect(bench.counters.workersLost).toMatchObject({ disconnect: 1 });
    expect([bench.state.workers, bench.state.dispatcher.queued]).toEqual([0, 1]);
  });

  test('is told at once when it holds nothing, or does not serve it', () => {
    const { worker } = setup();
    worker.tell({ ready: 's', credit: 2 }, { ready: 's', credit: 0 }, { ready: 't', credit: 0 });
    expect(worker.heard()).toEqual(['ready s: 0', 'ready t: 0']);
  });

  test('may change its mind', () => {
    const { client, worker } = setup();
    worker.tell({ ready: 's', credit: 1 });
    client.tell({ request: 's', id: 1, body: ['a'] }, { request: 's', id: 2, body: ['b'] });
    worker.tell({ ready: 's', credit: 0 }, { ready: 's', credit: 1 }, { final: 1 });
    expect(worker.heard()).toEqual(['request 1 s: a', 'request 2 s: b']);
  });
});

describe('several services on one connection', () => {
  test('have credits of their own, and go together', () => {
    const { bench, client, worker } = setup();
    worker.tell({ ready: 's', credit: 1 }, { ready: 't', credit: 2 });
    client.tell(...['s', 's', 't', 't', 't'].map((request, id) => ({ request, id })));
    expect(worker.heard()).toEqual(['request 1 s: x', 'request 2 t: x', 'request 3 t: x']);
    worker.tell('disconnect');
    expect(bench.state.workers).toBe(0);
    expect(bench.counters.workersLost).toMatchObject({ disconnect: 2 });
    // All are back in the queue, in their order, without an attempt being counted.
    worker.tell({ ready: 't', credit: 9 });
    expect(worker.hear().map((heard) => heard.type)).toEqual(['request', 'request', 'request']);
  });

  test('live by the same signs of life, and one HEARTBEAT is enough for all', () => {
    const { bench, worker } = setup();
    worker.tell({ ready: 's', credit: 1 }, { ready: 't', credit: 1 });
    for (let i = 0; i < 3; i++) {
      bench.advance(INTERVAL);
      expect(worker.heard()).toEqual(['heartbeat']);
      worker.tell('heartbeat');
    }
    bench.advance(3 * INTERVAL);
    expect(bench.state.workers).toBe(2);
    bench.advance(INTERVAL);
    expect(bench.counters.workersLost).toMatchObject({ expired: 2 });
  });

  test('all go when one of them says what it may not', () => {
    const { bench, worker } = setup();
    worker.tell({ ready: 's', credit: 1 }, { ready: 't', credit: 1 }, { final: 99 });
    expect(worker.heard()).toEqual(['disconnect']);
    expect(bench.counters.workersLost).toMatchObject({ unexpected: 2 });
    worker.tell({ final: 99 }, 'heartbeat');
    expect(worker.heard()).toEqual([]);
    expect(bench.counters.dropped.afterDisconnect).toBe(2);
  });

  test('an mmi. service costs all of them', () => {
    const { bench, worker } = setup();
    worker.tell({ ready: 's', credit: 1 }, { ready: 'mmi.mx', credit: 1 });
    expect(worker.heard()).toEqual(['disconnect']);
    expect(bench.state.workers).toBe(0);
  });

  test('a message that is none costs all of them, and no record of it counts', () => {
    const { bench, client, worker } = setup();
    worker.tell({ ready: 's', credit: 2 }, { ready: 't', credit: 1 });
    client.tell({ request: 's', id: 1 });
    worker.hear();
    const [batch] = encodeMx([record({ final: 1 }), record('heartbeat')]);
    worker.sayWhole([Buffer.concat([batch ?? bytes(''), bytes('?')])]);
    expect(bench.counters.invalid['bad-length']).toBe(1);
    expect(bench.counters.workersLost).toMatchObject({ invalid: 2 });
    expect(client.heard()).toEqual([]);
    expect(bench.state.dispatcher.queued).toBe(1);
  });
});

describe('a deadline', () => {
  test('that passes while the request waits ends it', () => {
    const { bench, client } = setup();
    client.tell({ request: 's', id: 1, deadlineMs: 500 }, { request: 's', id: 2, deadlineMs: 800 });
    bench.advance(499);
    expect(client.heard()).toEqual([]);
    bench.advance(1);
    expect(client.heard()).toEqual([expect.stringMatching(/^final 1: MDPE01 504 .*deadline of the client/)]);
    expect(bench.state.dispatcher.queued).toBe(1);
  });

  test('that is nearer than the request has waited lets a newer one go first, which can still be done in time', () => {
    const { bench, client, worker } = setup();
    client.tell({ request: 's', id: 1, deadlineMs: 500 });
    bench.advance(260);
    client.tell({ request: 's', id: 2, deadlineMs: 500 }, { request: 's', id: 3, deadlineMs: 500 });
    worker.tell({ ready: 's', credit: 1 });
    expect(worker.heard()).toEqual(['request 1 s: x (500 ms)']);
    worker.tell({ final: 1 });
    expect(client.heard()).toEqual(['final 3: x']);
    expect(worker.heard()).toEqual(['request 2 s: x (500 ms)']);
    bench.advance(240);
    expect(client.heard()).toEqual([expect.stringMatching(/^final 1: MDPE01 504 /)]);
  });

  test('goes to an MX worker as what is left', () => {
    const { bench, client, worker } = setup();
    client.tell({ request: 's', id: 1, deadlineMs: 500 });
    bench.advance(200.5);
    worker.tell({ ready: 's', credit: 1 });
    expect(worker.heard()).toEqual(['request 1 s: x (300 ms)']);
    // From there on it is between the two of them.
    bench.advance(400);
    worker.tell({ final: 1 });
    expect(client.heard()).toEqual(['final 1: x']);
  });
});

describe('CANCEL', () => {
  test('takes a request out of the queue, and no FINAL follows', () => {
    const { bench, client, worker } = setup();
    client.tell({ request: 's', id: 1, body: ['a'] }, { request: 's', id: 2, body: ['b'] }, { cancel: 1 });
    worker.tell({ ready: 's', credit: 5 });
    expect(worker.heard()).toEqual(['request 1 s: b']);
    expect(client.heard()).toEqual([]);
    expect(bench.counters.cancelled).toBe(1);
  });

  test('reaches an MX worker, whose FINAL then makes room and goes nowhere', () => {
    const { bench, client, worker } = setup();
    worker.tell({ ready: 's', credit: 1 });
    client.tell({ request: 's', id: 1 }, { request: 's', id: 2, body: ['next'] }, { cancel: 1 });
    expect(worker.heard()).toEqual(['request 1 s: x', 'cancel 1']);
    worker.tell({ partial: 1 }, { final: 1 });
    expect(worker.heard()).toEqual(['request 2 s: next']);
    expect(client.heard()).toEqual([]);
    expect(bench.counters.dropped.cancelled).toBe(2);
  });

  test('of a request at a strict worker lets that end its job', () => {
    const { bench, client } = setup();
    const worker = bench.worker('w').ready('s');
    client.tell({ request: 's', id: 1 }, { cancel: 1 });
    expect(worker.takeShort()).toEqual(['request x']);
    worker.final('late');
    expect(client.heard()).toEqual([]);
    expect(bench.counters.dropped.cancelled).toBe(1);
    expect(worker.registered).toBe(true);
  });

  test('of an id that is not under way says nothing, and one of another peer least of all', () => {
    const { bench, client } = setup();
    client.tell({ request: 's', id: 1 }, { cancel: 2 });
    new MxTestPeer(bench, 'other').tell({ cancel: 1 }, { credit: 1, amount: 5 });
    expect(bench.state.dispatcher.queued).toBe(1);
  });

  test('a client that is gone cancels what runs for it', () => {
    const { bench, client, worker } = setup();
    worker.tell({ ready: 's', credit: 1 });
    client.tell({ request: 's', id: 1 });
    bench.state.unreachable(bench.now, client.connection, []);
    expect(worker.heard()).toEqual(['request 1 s: x', 'cancel 1']);
    expect(bench.counters.abandoned).toBe(1);
  });
});

describe('recovery', () => {
  test('what never left costs no attempt; what may have run does; both keep their order', () => {
    const { bench, client, worker } = setup({ maxAttempts: 1 });
    worker.tell({ ready: 's', credit: 2 });
    client.tell({ request: 's', id: 1, body: ['a'] });
    const [first] = worker.takeSent();
    client.tell({ request: 's', id: 2, body: ['b'] });
    const [second] = worker.takeSent();
    if (first === undefined || second === undefined) throw new Error('two were sent');
    bench.unreachable(second);
    bench.drained();
    expect(client.heard()).toEqual([expect.stringMatching(/^final 1: MDPE01 502 /)]);
    const next = new MxTestPeer(bench, 'w2').tell({ ready: 's', credit: 2 });
    expect(next.heard()).toEqual(['request 1 s: b']);
  });

  test('a FINAL that was sent before the connection broke still counts', () => {
    const { bench, client, worker } = setup();
    worker.tell({ ready: 's', credit: 2 });
    client.tell({ request: 's', id: 1, body: ['a'] }, { request: 's', id: 2, body: ['b'] });
    const [, second] = worker.takeSent();
    if (second === undefined) throw new Error('two were sent');
    bench.unreachable(second);
    worker.tell({ final: 1, body: ['A'] });
    bench.drained();
    expect(client.heard()).toEqual(['final 1: A']);
    expect(bench.state.dispatcher.queued).toBe(1);
    expect(bench.counters.recovered).toBe(1);
  });

  test('all that a lost worker held goes to the next one, in its order, before what waits', () => {
    const { bench, client, worker } = setup();
    worker.tell({ ready: 's', credit: 3 });
    client.tell(...[1, 2, 3, 4].map((id) => ({ request: 's', id, body: [String(id)] })));
    worker.hear();
    bench.advance(4 * INTERVAL);
    expect(bench.counters.workersLost).toMatchObject({ expired: 1 });
    const next = new MxTestPeer(bench, 'w2').tell({ ready: 's', credit: 9 });
    expect(next.hear().map((heard) => ('body' in heard ? Buffer.from(heard.body[0] ?? '').toString() : ''))).toEqual([
      '1',
      '2',
      '3',
      '4',
    ]);
  });
});

describe('when the broker stops', () => {
  test('a worker goes when nothing runs on any of its services', () => {
    const { bench, client, worker } = setup();
    worker.tell({ ready: 's', credit: 1 }, { ready: 't', credit: 1 });
    client.tell({ request: 's', id: 1 });
    worker.hear();
    bench.state.drain(bench.now);
    expect(worker.heard()).toEqual([]);
    client.tell({ request: 's', id: 2 });
    worker.tell({ final: 1 });
    expect(worker.heard()).toEqual(['disconnect']);
    expect(client.heard()).toEqual([expect.stringMatching(/^final 2: MDPE01 503 /), 'final 1: x']);
    expect(bench.state.workers).toBe(0);
  });

  test('what still runs then is ended, and its worker told once', () => {
    const { bench, client, worker } = setup();
    worker.tell({ ready: 's', credit: 1 }, { ready: 't', credit: 1 });
    client.tell({ request: 's', id: 1 });
    worker.hear();
    bench.state.shutDown(bench.now);
    expect(worker.heard()).toEqual(['disconnect']);
    expect(client.heard()).toEqual([expect.stringMatching(/^final 1: MDPE01 503 /)]);
  });
});

describe('roles', () => {
  test('clients say nothing that is for workers on their endpoint, nor the other way round', () => {
    const bench = new Bench();
    const client = new MxTestPeer(bench, 'c', { role: 'client', socket: 0 });
    const worker = new MxTestPeer(bench, 'w', { role: 'worker', socket: 1 });
    client.tell({ ready: 's', credit: 1 }, { final: 1 }, 'heartbeat', 'disconnect');
    worker.tell({ request: 's', id: 1 }, { cancel: 1 }, { credit: 1, amount: 1 });
    expect(bench.counters.dropped.role).toBe(7);
    expect([client.heard(), worker.heard()]).toEqual([[], []]);
    expect(bench.state.workers).toBe(0);
  });
});
