// SPDX-License-Identifier: Apache-2.0
// client-replies.test - what reaches a client: in its dialect, in order, without a gap, and one end

import { describe, expect, test } from '@jest/globals';
import type { Dialect } from '@mdp/protocol';
import { BROKER_STATUSES, DIALECTS, bytes } from '@mdp/protocol';
import type { BrokerOptions } from '../../src/options.js';
import { Bench, INTERVAL, type TestClient, type TestWorker } from '../support/state-peers.js';

function pair(
  options: BrokerOptions = {},
  clientDialect: Dialect = 'rfc18',
  workerDialect: Dialect = 'rfc18',
): { bench: Bench; worker: TestWorker; client: TestClient } {
  const bench = new Bench(options);
  const worker = bench.worker('w', { dialect: workerDialect, hops: ['wp'] }).ready('s');
  const client = bench.client('c', { dialect: clientDialect, hops: ['cp', 'cq'] });
  client.request('s', 'a');
  worker.take();
  return { bench, worker, client };
}

const bridges = DIALECTS.flatMap((from) => DIALECTS.map((to) => [from, to] as const));

describe.each(bridges)('a %s client and a %s worker', (clientDialect, workerDialect) => {
  test('a reply of several frames, empty ones among them', () => {
    const { worker, client } = pair({}, clientDialect, workerDialect);
    worker.final('one', '', 'three');
    const service = clientDialect === 'majortomo' ? undefined : 's';
    expect(client.take()).toEqual([{ type: 'final', service, body: ['one', '', 'three'] }]);
  });

  test('an empty reply: one empty frame, where the dialect wants one', () => {
    const { worker, client } = pair({}, clientDialect, workerDialect);
    worker.final();
    const padded = clientDialect !== 'majortomo' || workerDialect !== 'majortomo';
    expect(client.take().map(({ body }) => body)).toEqual([padded ? [''] : []]);
  });

  if (workerDialect !== 'mdp01') {
    test('parts in their order, then the end (MDP-B-12)', () => {
      const { worker, client, bench } = pair({}, clientDialect, workerDialect);
      worker.partial('1');
      worker.partial('2', '3');
      expect(client.takeShort()).toEqual(clientDialect === 'mdp01' ? [] : ['partial 1', 'partial 2 3']);
      worker.final('4');
      expect(client.takeShort()).toEqual(clientDialect === 'mdp01' ? ['final 1 2 3 4'] : ['final 4']);
      expect(bench.counters.finals).toBe(1);
      expect(bench.counters.partials).toBe(clientDialect === 'mdp01' ? 0 : 2);
    });
  }
});

describe('an error reply of a worker', () => {
  test.each([400, 413, 422, 500, 999])('passes with its status: %i', (status) => {
    const { worker, client, bench } = pair();
    worker.final('MDPE01', String(status), 'why');
    expect(client.take()).toEqual([{ type: 'final', service: 's', body: ['MDPE01', String(status), 'why'] }]);
    expect(bench.counters.failed[status]).toBe(1);
    expect(bench.counters.finals).toBe(0);
  });

  test.each(BROKER_STATUSES)('becomes 500 when its status is the broker’s: %i', (status) => {
    const { worker, client, bench } = pair();
    worker.final('MDPE01', String(status), 'why');
    expect(client.takeShort()).toEqual(['error 500']);
    expect(bench.counters.failed[status]).toBe(0);
  });

  test.each(['majortomo', 'mdp01'] as const)(
    'is withheld from a %s client, which would take it for a result',
    (dialect) => {
      const { worker, client, bench } = pair({}, dialect);
      worker.final('MDPE01', '500', 'why');
      expect(client.take()).toEqual([]);
      expect(bench.counters.errorsWithheld).toBe(1);
      expect(bench.counters.failed[500]).toBe(1);
      expect(bench.port.emitted('requestFailed')).toEqual([
        [{ service: 's', status: 500, message: 'why', dialect, answered: false }],
      ]);
      expect(worker.registered).toBe(true);
    },
  );

  test.each(['majortomo', 'mdp01'] as const)('reaches a %s client with forwardErrors', (dialect) => {
    const { worker, client } = pair({ forwardErrors: true }, dialect);
    worker.final('MDPE01', '500', 'why');
    expect(client.takeShort()).toEqual(['error 500']);
  });

  test.each([
    ['a PARTIAL', (worker: TestWorker) => worker.partial('MDPE01', '500', 'x')],
    ['more frames', (worker: TestWorker) => worker.final('MDPE01', '500', 'x', '')],
    ['fewer frames', (worker: TestWorker) => worker.final('MDPE01', '500')],
    ['no digits', (worker: TestWorker) => worker.final('MDPE01', '5oo', 'x')],
    ['another header', (worker: TestWorker) => worker.final('MDPE02', '500', 'x')],
  ])('is only a FINAL of exactly its form: %s passes untouched', (_what, say) => {
    const { worker, client, bench } = pair();
    say(worker);
    expect(client.take()[0]?.body?.[0]).toMatch(/^MDPE0/);
    expect(bench.counters.failed[500]).toBe(0);
  });

  test('of a joined reply ends it, without the parts', () => {
    const { worker, client } = pair({ forwardErrors: true }, 'mdp01');
    worker.partial('part');
    worker.final('MDPE01', '500', 'why');
    expect(client.takeShort()).toEqual(['error 500']);
  });
});

describe('a client that reads too slowly', () => {
  test('gets an error in place of the rest of its stream, never a gap', () => {
    const { bench, worker, client } = pair();
    worker.partial('1');
    worker.partial('2');
    bench.port.full = (_connection, urgent) => !urgent;
    worker.partial('3');
    bench.port.full = () => false;
    worker.partial('4');
    worker.final('5');
    expect(client.takeShort()).toEqual(['partial 1', 'partial 2', 'error 429']);
    expect(bench.counters.dropped).toMatchObject({ slowReader: 1, brokenStream: 2 });
    expect(bench.counters.failed[429]).toBe(1);
    expect(bench.ends).toEqual({ requests: 1, ended: 1, waiting: 0 });
    bench.client('other').request('s', 'b');
    expect(worker.takeShort()).toEqual(['request b']);
  });

  test('gets an error in place of a FINAL that it could not take', () => {
    const { bench, worker, client } = pair();
    bench.port.full = (_connection, urgent) => !urgent;
    worker.final('x');
    bench.port.full = () => false;
    expect(client.takeShort()).toEqual(['error 429']);
    expect(bench.counters.finals).toBe(0);
    expect(worker.registered).toBe(true);
  });

  test.each<[string, BrokerOptions, (worker: TestWorker) => void, number]>([
    ['was lost', { maxAttempts: 1 }, (worker) => worker.ready('s'), 502],
    ['failed', {}, (worker) => worker.final('MDPE01', '418', 'why'), 418],
    ['replied too much', { maxBodyBytes: 10 }, (worker) => worker.final('x'.repeat(11)), 413],
    ['worked when the broker stopped', {}, ({ bench }) => bench.state.shutDown(bench.now), 503],
  ])('is told of the end of a request whose worker %s', (_what, options, happens, status) => {
    const { bench, worker, client } = pair(options);
    bench.port.full = (connection, urgent) => connection === client.connection && !urgent;
    happens(worker);
    expect(client.takeShort()).toEqual([`error ${String(status)}`]);
    expect(bench.counters.dropped.slowReader).toBe(0);
  });

  test('is told of the end of a request that waited, not of the refusal of another one', () => {
    const bench = new Bench({ maxQueued: 1, noWorkerTimeoutMs: 1_000 });
    const client = bench.client('c');
    client.request('s', 'a');
    bench.port.full = (_connection, urgent) => !urgent;
    client.request('s', 'refused');
    expect(client.take()).toEqual([]);
    expect(bench.counters.dropped.slowReader).toBe(1);
    bench.advance(1_000);
    expect(client.takeShort()).toEqual(['error 404']);
    expect(bench.port.emitted('requestFailed')).toEqual([
      [expect.objectContaining({ status: 429, answered: false })],
      [expect.objectContaining({ status: 404, answered: true })],
    ]);
  });

  test("gets the beginning of the message of a worker's error that is long, or all of it where there is room", () => {
    for (const [isFull, length] of [
      [false, 5_000],
      [true, 1_000],
    ] as const) {
      const { bench, worker, client } = pair();
      bench.port.full = (_connection, urgent) => isFull && !urgent;
      worker.final('MDPE01', '418', 'x'.repeat(5_000));
      expect(client.take()).toEqual([{ type: 'final', service: 's', body: ['MDPE01', '418', 'x'.repeat(length)] }]);
      expect(bench.port.sent.at(-1)?.urgent).toBe(isFull);
      expect(bench.counters.dropped.slowReader).toBe(0);
    }
  });

  test('is told nothing when it can take nothing at all; it is counted, and the worker is free', () => {
    const { bench, worker, client } = pair();
    bench.port.full = (connection) => connection === client.connection;
    worker.partial('1');
    worker.final('2');
    expect(client.take()).toEqual([]);
    expect(bench.counters.dropped).toMatchObject({ slowReader: 2, brokenStream: 1 });
    expect(bench.port.emitted('requestFailed')).toEqual([[expect.objectContaining({ status: 429, answered: false })]]);
    bench.client('other').request('s', 'b');
    expect(worker.takeShort()).toEqual(['request b']);
  });

  test('a refusal that it cannot take is counted', () => {
    const bench = new Bench({ maxQueued: 0 });
    const client = bench.client('c');
    bench.port.full = () => true;
    client.request('s');
    client.request('mmi.service', 's');
    expect(bench.counters.dropped.slowReader).toBe(2);
    expect(bench.port.emitted('requestFailed')).toEqual([[expect.objectContaining({ status: 429, answered: false })]]);
  });

  test('its worker that is lost afterwards does not bring the request back', () => {
    const { bench, worker, client } = pair();
    bench.port.full = (_connection, urgent) => !urgent;
    worker.partial('1');
    bench.port.full = () => false;
    worker.disconnect();
    expect(client.takeShort()).toEqual(['error 429']);
    expect(bench.state.dispatcher.queued).toBe(0);
  });
});

describe('a worker that cannot take what is sent to it', () => {
  test('is still told DISCONNECT, though its outbox is full', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    bench.port.full = (_connection, urgent) => !urgent;
    worker.ready('s');
    expect(worker.takeShort()).toEqual(['disconnect']);
    worker.ready('s');
    bench.state.drain(bench.now);
    expect(worker.takeShort()).toEqual(['disconnect']);
  });

  test('heartbeats and DISCONNECTs that it could not take are not counted as sent', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    bench.port.full = () => true;
    bench.advance(2 * INTERVAL);
    worker.ready('s');
    expect(bench.counters.heartbeatsSent).toBe(0);
    expect(bench.counters.disconnectsSent).toBe(0);
    expect(bench.counters.dropped.slowReader).toBe(3);
  });
});

describe('a reply that is too large', () => {
  test.each([
    ['PARTIAL', { maxBodyBytes: 10 }, (worker: TestWorker) => worker.partial('x'.repeat(11))],
    ['PARTIAL of too many frames', { maxBodyFrames: 2 }, (worker: TestWorker) => worker.partial('1', '2', '3')],
    ['FINAL', { maxBodyBytes: 10 }, (worker: TestWorker) => worker.final('x'.repeat(11))],
  ])('%s: 413, and nothing after', (_what, options, say) => {
    const { bench, worker, client } = pair(options);
    worker.partial('ok');
    say(worker);
    if (worker.busy) {
      worker.partial('more');
      worker.final('end');
    }
    expect(client.takeShort()).toEqual(['partial ok', 'error 413']);
    expect(bench.counters.failed[413]).toBe(1);
    expect(worker.registered).toBe(true);
    expect(bench.ends).toEqual({ requests: 1, ended: 1, waiting: 0 });
  });

  test.each([
    ['bytes', { maxBodyBytes: 10 }, ['12345', '67890', '1']],
    ['frames', { maxBodyFrames: 2 }, ['1', '2', '3']],
  ])('parts that are together more %s than one REPLY of MDP/0.1 may have: 413 (MDP01-03)', (_what, options, parts) => {
    const { bench, worker, client } = pair({ ...options, forwardErrors: true }, 'mdp01');
    for (const part of parts) worker.partial(part);
    worker.partial('more');
    worker.final('end');
    expect(client.takeShort()).toEqual(['error 413']);
    expect(bench.ends).toEqual({ requests: 1, ended: 1, waiting: 0 });
  });

  test('the last part may be the one that is too much (MDP01-03)', () => {
    const { worker, client } = pair({ maxBodyBytes: 10, forwardErrors: true }, 'mdp01');
    worker.partial('12345');
    worker.final('678901');
    expect(client.takeShort()).toEqual(['error 413']);
  });
});

describe('parts for an MDP/0.1 client', () => {
  test('have not gone out until the end: a lost worker’s request is repeated, without its parts', () => {
    const { bench, worker, client } = pair({}, 'mdp01');
    worker.partial('of the first');
    worker.disconnect();
    const next = bench.worker('next').ready('s');
    next.take();
    next.partial('of the second');
    next.final('end');
    expect(client.takeShort()).toEqual(['final of the second end']);
  });
});

describe('bodies', () => {
  test('pass byte for byte: every byte value, empty frames, frames that look like headers (MDP-B-43)', () => {
    const { worker, client } = pair();
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const body = [all, bytes(''), bytes('MDPC02'), bytes('MDPW02'), Uint8Array.of(1), bytes('')];
    worker.say([bytes('MDPW02'), Uint8Array.of(4), worker.token, bytes(''), ...body]);
    expect(client.takeFrames()).toEqual([[bytes('MDPC02'), Uint8Array.of(3), bytes('s'), ...body]]);
  });
});
