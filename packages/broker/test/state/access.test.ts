// SPDX-License-Identifier: Apache-2.0
// access.test - which services an endpoint lets its clients call, its workers register, and anybody see

import { describe, expect, test } from '@jest/globals';
import { Access } from '../../src/state/access.js';
import { MxTestPeer } from '../support/state-mx.js';
import { Bench } from '../support/state-peers.js';

const LIMITED = new Access('any', ['echo', 'report.*', 'mmi.broker']);

describe('patterns', () => {
  test.each([
    ['echo', true],
    ['echo2', false],
    ['ech', false],
    ['report.', true],
    ['report.daily', true],
    ['report', false],
    ['my.report.daily', false],
    ['mmi.broker', true],
    ['mmi.other', false],
  ])('%s: %p', (service, seen) => {
    expect(LIMITED.sees(service)).toBe(seen);
    expect(LIMITED.mayCall(service)).toBe(seen);
  });

  test('what tells only of what is seen may always be asked', () => {
    for (const question of ['mmi.service', 'mmi.services', 'mmi.mx']) expect(LIMITED.mayCall(question)).toBe(true);
  });

  test('a lone * is no limit', () => {
    for (const access of [new Access('any'), new Access('any', ['a', '*'])]) {
      expect(access.limited).toBe(false);
      expect(access.sees('anything')).toBe(true);
    }
  });
});

describe('at an endpoint with patterns', () => {
  test('a client gets 403 for what it may not call, and no worker hears of it', () => {
    const bench = new Bench();
    const worker = bench.worker('w');
    worker.ready('secret');
    const client = bench.client('c', { access: LIMITED });
    client.request('secret', 'x');
    client.request('mmi.other', 'x');
    expect(client.take().map(({ body }) => body)).toEqual([
      ['MDPE01', '403', 'the service may not be called at this endpoint'],
      ['MDPE01', '403', 'the service may not be called at this endpoint'],
    ]);
    expect(worker.take()).toEqual([]);
    expect(bench.counters.failed[403]).toBe(2);
  });

  test('MMI tells of nothing that is not seen', () => {
    const bench = new Bench();
    bench.worker('w1').ready('secret');
    bench.worker('w2').ready('report.daily');
    const client = bench.client('c', { access: LIMITED });
    const answer = (service: string, body: string): string => {
      client.request(service, body);
      return client.take().at(-1)?.body?.join(' ') ?? '';
    };
    expect(answer('mmi.service', 'secret')).toBe('404');
    expect(answer('mmi.service', 'report.daily')).toBe('200');
    const [, seen = ''] = answer('mmi.services', '').split('200 ');
    expect(JSON.parse(seen)).toMatchObject([{ name: 'report.daily', workers: 1 }]);
    const free = bench.client('f');
    free.request('mmi.services', '');
    expect(free.take().at(-1)?.body?.[1]).toContain('secret');
  });

  test('a worker is told DISCONNECT for what it may not register, and that is counted and told', () => {
    const bench = new Bench();
    const worker = bench.worker('w', { access: LIMITED });
    worker.ready('secret');
    expect(worker.take().map(({ type }) => type)).toEqual(['disconnect']);
    expect(bench.counters.dropped.forbidden).toBe(1);
    expect(bench.state.workers).toBe(0);
    const other = bench.worker('o', { access: LIMITED });
    other.ready('report.daily');
    expect(other.take()).toEqual([]);
    expect(bench.state.workers).toBe(1);
  });
});

describe('at an endpoint with patterns, over MX', () => {
  test('a client gets 403 for what it may not call, among requests that it may make', () => {
    const bench = new Bench();
    bench.worker('w').ready('echo');
    const client = new MxTestPeer(bench, 'c', { access: LIMITED });
    client.tell(
      { request: 'secret', id: 1 },
      { request: 'mmi.service', id: 2, body: ['echo'] },
      { request: 'echo', id: 3 },
    );
    expect(client.heard()).toEqual([
      'final 1: MDPE01 403 the service may not be called at this endpoint',
      'final 2: 200',
    ]);
    expect(bench.state.dispatcher.running).toBe(1);
  });

  test('a worker that offers one service too many is told DISCONNECT, and none of its services stays', () => {
    const bench = new Bench();
    const worker = new MxTestPeer(bench, 'w', { access: LIMITED });
    worker.tell({ ready: 'echo', credit: 4 }, { ready: 'secret', credit: 4 });
    expect(worker.heard()).toEqual(['disconnect']);
    expect(bench.state.workers).toBe(0);
    expect(bench.counters.dropped.forbidden).toBe(1);
  });
});

describe('at an endpoint for clients only', () => {
  const refusals = (bench: Bench): unknown[] =>
    bench.port.emitted('workerRefused').map(([{ service, dialect, reason }]) => [service, dialect, reason]);

  test('who says READY is told nothing, is counted, and is told of', () => {
    const bench = new Bench();
    const worker = bench.worker('w', { role: 'client' });
    worker.ready('s');
    worker.beat();
    expect(worker.take()).toEqual([]);
    expect(bench.counters.dropped.role).toBe(2);
    expect(refusals(bench)).toEqual([['s', 'rfc18', 'role']]);
    expect(bench.state.workers).toBe(0);
  });

  test('so is one that speaks MX, whose own requests go on', () => {
    const bench = new Bench();
    const peer = new MxTestPeer(bench, 'p', { role: 'client' });
    peer.tell({ ready: 's', credit: 4 }, 'heartbeat', { request: 'mmi.service', id: 1, body: ['s'] });
    expect(peer.heard()).toEqual(['final 1: 404']);
    expect(bench.counters.dropped.role).toBe(2);
    expect(refusals(bench)).toEqual([['s', 'mx', 'role']]);
  });
});
