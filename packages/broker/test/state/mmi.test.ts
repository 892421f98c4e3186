// SPDX-License-Identifier: Apache-2.0
// mmi.test - the services that the broker answers itself

import { describe, expect, test } from '@jest/globals';
import { DIALECTS, bytes } from '@mdp/protocol';
import { Bench, INTERVAL } from '../support/state-peers.js';

/** What `mmi.service` says about a name. */
function ask(bench: Bench, name: string): string {
  const client = bench.client('asker');
  client.take();
  client.request('mmi.service', name);
  return client.takeShort().join();
}

describe.each(DIALECTS)('mmi.service, asked in %s', (dialect) => {
  test('says 200 for a service with a worker and 404 for one without (MMI-03, MMI-04, MMI-06)', () => {
    const bench = new Bench();
    bench.worker('w').ready('s');
    const client = bench.client('c', { dialect, hops: ['p'] });
    client.request('mmi.service', 's');
    client.request('mmi.service', 't');
    expect(client.takeShort()).toEqual(['final 200', 'final 404']);
  });
});

describe('mmi.service', () => {
  test('says 200 for a busy worker as for an idle one (MMI-03)', () => {
    const bench = new Bench();
    bench.worker('w').ready('s');
    expect(ask(bench, 's')).toBe('final 200');
    bench.client('c').request('s');
    expect(ask(bench, 's')).toBe('final 200');
  });

  test.each<[string, (bench: Bench) => void]>([
    ['that never was', () => undefined],
    ['whose worker said DISCONNECT', (bench) => bench.worker('w').ready('s').disconnect()],
    [
      'whose worker expired',
      (bench) => {
        bench.worker('w').ready('s');
        bench.advance(4 * INTERVAL);
      },
    ],
    ['that only requests wait for', (bench) => bench.client('c').request('s')],
  ])('says 404 for a service %s (MMI-04)', (_what, before) => {
    const bench = new Bench();
    before(bench);
    expect(ask(bench, 's')).toBe('final 404');
  });

  test.each([
    ['an empty name', bytes('')],
    ['a name that is not printable', bytes('\n')],
    ['a name that is too long', bytes('x'.repeat(256))],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe)],
    ['the name of a property of every object', bytes('__proto__')],
  ])('says 404 for %s (MMI-04)', (_what, name) => {
    const bench = new Bench();
    const client = bench.client('c');
    client.say([bytes('MDPC02'), Uint8Array.of(1), bytes('mmi.service'), name]);
    expect(client.takeShort()).toEqual(['final 404']);
  });

  test('looks at the first frame and leaves others alone (MMI-03)', () => {
    const bench = new Bench();
    bench.worker('w').ready('s');
    const client = bench.client('c');
    client.request('mmi.service', 's', 'ignored');
    expect(client.takeShort()).toEqual(['final 200']);
  });
});

describe('the namespace', () => {
  test.each(['mmi.', 'mmi.nope', 'mmi.service.', 'mmi.Service'])('%s is answered with 501 (MMI-05)', (name) => {
    const bench = new Bench();
    const client = bench.client('c');
    client.request(name);
    expect(client.takeShort()).toEqual(['final 501']);
    expect(bench.state.dispatcher.services.size).toBe(0);
  });

  test('is the broker’s alone: no worker ever sees a request for it, and none waits (MMI-01)', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('mmi.nope');
    bench.client('c').request('mmi.nope');
    expect(worker.takeShort()).toEqual(['disconnect']);
    expect(bench.state.dispatcher.queued).toBe(0);
    expect(bench.counters.mmi).toBe(1);
  });

  test.each(['mmi', 'xmmi.service', 'MMI.service', 'mmi service', ' mmi.service'])(
    '%s is an ordinary name (MMI-01)',
    (name) => {
      const bench = new Bench();
      const worker = bench.worker('w').ready(name);
      bench.client('c').request(name, 'a');
      expect(worker.takeShort()).toEqual(['request a']);
    },
  );
});

describe('the extensions', () => {
  test('mmi.services lists names, workers and queues', () => {
    const bench = new Bench();
    bench.worker('1').ready('s');
    bench.worker('2').ready('s');
    const client = bench.client('c');
    client.request('s');
    client.request('other');
    client.request('mmi.services');
    const [{ body = [] } = { body: [] }] = client.take();
    expect(body[0]).toBe('200');
    expect(JSON.parse(body[1] ?? '')).toMatchObject([
      { name: 's', workers: 2, waiting: 1, busy: 1, queued: 0, requests: 1, dispatched: 1, waitMs: { count: 1 } },
      { name: 'other', workers: 0, waiting: 0, busy: 0, queued: 1, requests: 1, dispatched: 0, waitMs: { count: 0 } },
    ]);
  });

  test('mmi.broker describes the broker', () => {
    const bench = new Bench();
    const client = bench.client('c');
    client.request('mmi.broker');
    const [{ body = [] } = { body: [] }] = client.take();
    expect([body[0], JSON.parse(body[1] ?? '')]).toEqual(['200', { about: 'this broker' }]);
  });

  test('a flood of mmi.services does not cost a walk over all services for each', () => {
    const bench = new Bench();
    for (let i = 0; i < 5_000; i++) bench.worker(`w${String(i)}`).ready(`service ${String(i)}`);
    const client = bench.client('c');
    client.request('mmi.services');
    const [first] = client.takeFrames();
    client.request('mmi.services');
    const [second] = client.takeFrames();
    expect(second?.at(-1)).toBe(first?.at(-1));
    bench.advance(INTERVAL);
    client.request('mmi.services');
    const [third] = client.takeFrames();
    expect(third?.at(-1)).not.toBe(first?.at(-1));
  });
});

test('mmi.mx tells the version and the window, unless the broker does not speak MX', () => {
  const speaks = new Bench({ maxQueuedPerClient: 70 }).client('c');
  speaks.request('mmi.mx', '1');
  expect(speaks.takeShort()).toEqual(['final 200 1 70']);
  const silent = new Bench({ mx: false }).client('c');
  silent.request('mmi.mx', '1');
  expect(silent.takeShort()).toEqual(['final 501']);
});

test('mmi.mx is answered on endpoints for workers, too, where nothing else that a client asks is', () => {
  const bench = new Bench();
  const worker = bench.client('w', { role: 'worker' });
  worker.request('mmi.mx', '1');
  worker.request('mmi.service', 's');
  expect(worker.takeShort()).toEqual(['final 200 1 1000']);
  expect(bench.counters.dropped.role).toBe(1);
});
