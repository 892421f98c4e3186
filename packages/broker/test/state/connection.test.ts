// SPDX-License-Identifier: Apache-2.0
// connection.test - which connections are remembered, and for how long

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytes } from '@mdp/protocol';
import { check } from '@mdp/testkit/fuzz';
import { Connection, ConnectionTable, addressKey } from '../../src/state/connection.js';
import { Bench, INTERVAL } from '../support/state-peers.js';
import { ANYBODY } from '../support/access.js';

describe('addressKey', () => {
  test('is different for different addresses', () => {
    const frames = fc.array(fc.uint8Array({ maxLength: 3 }), { maxLength: 4 });
    const hex = (list: readonly Uint8Array[]): string =>
      list.map((frame) => Buffer.from(frame).toString('hex')).join('/');
    check(
      fc.property(frames, frames, (a, b) => {
        const same = a.length === b.length && hex(a) === hex(b);
        expect(addressKey(a) === addressKey(b)).toBe(same);
      }),
      { runs: 500 },
    );
    expect(addressKey([])).not.toBe(addressKey([bytes('')]));
    expect(addressKey([bytes('1:a')])).not.toBe(addressKey([bytes('1'), bytes('a')]));
  });
});

describe('the envelope of an address', () => {
  test('is made once for a peer of its own, with the empty frame and without', () => {
    const connection = new Connection(0, ANYBODY, 'id', bytes('id'));
    expect(connection.envelopeOf([])).toEqual([bytes('id')]);
    expect(connection.envelopeOf([])).toBe(connection.envelopeOf([]));
    expect(connection.envelopeOf([bytes('')])).toEqual([bytes('id'), bytes('')]);
    expect(connection.envelopeOf([bytes('')])).toBe(connection.envelopeOf([bytes('')]));
  });

  test('behind proxies is that of each request, and keeps alive no more than it holds', () => {
    const connection = new Connection(0, ANYBODY, 'id', bytes('id'));
    const hop = new Uint8Array(100).subarray(0, 3);
    const envelope = connection.envelopeOf([hop, bytes('')]);
    expect(envelope).toEqual([bytes('id'), new Uint8Array(3), bytes('')]);
    expect(envelope[1]?.buffer.byteLength).toBe(3);
  });
});

describe('ConnectionTable', () => {
  test('knows a connection again by socket and routing id', () => {
    const table = new ConnectionTable(10);
    const one = table.require(1, 0, ANYBODY, bytes('a'));
    expect(table.require(2, 0, ANYBODY, bytes('a'))).toBe(one);
    expect(one?.seenAt).toBe(2);
    expect(table.require(3, 1, ANYBODY, bytes('a'))).not.toBe(one);
    expect(table.require(4, 0, ANYBODY, bytes('b'))).not.toBe(one);
    expect(table.size).toBe(3);
    expect([...table].map(({ key }) => key)).toEqual(['a', 'a', 'b']);
  });

  test('takes routing ids of any bytes, from a Buffer as from a Uint8Array', () => {
    const table = new ConnectionTable(10);
    const id = Uint8Array.from({ length: 255 }, (_, i) => i);
    expect(table.require(0, 0, ANYBODY, Buffer.from(id))).toBe(table.require(0, 0, ANYBODY, id));
    expect(table.require(0, 0, ANYBODY, Buffer.from([0xc3, 0xa4]))).not.toBe(
      table.require(0, 0, ANYBODY, Buffer.from([0xe4])),
    );
  });

  test('forgets the one that was silent for longest when there are too many', () => {
    const table = new ConnectionTable(3);
    const [a] = ['a', 'b', 'c'].map((id, i) => table.require(i, 0, ANYBODY, bytes(id)));
    table.require(4, 0, ANYBODY, bytes('a'));
    table.require(5, 0, ANYBODY, bytes('d'));
    expect([...table].map(({ key }) => key)).toEqual(['c', 'a', 'd']);
    expect(table.require(6, 0, ANYBODY, bytes('a'))).toBe(a);
  });

  test('never forgets what is in use, and refuses new ones when all are', () => {
    const table = new ConnectionTable(2);
    const a = table.require(0, 0, ANYBODY, bytes('a'));
    const b = table.require(1, 0, ANYBODY, bytes('b'));
    a?.workers.set('x', undefined as never);
    expect(table.require(2, 0, ANYBODY, bytes('c'))?.key).toBe('c');
    expect(table.require(3, 0, ANYBODY, bytes('b'))).not.toBe(b);
    for (const connection of table) connection.workers.set('x', undefined as never);
    expect(table.require(4, 0, ANYBODY, bytes('d'))).toBeUndefined();
    expect(table.require(5, 0, ANYBODY, bytes('a'))).toBe(a);
    expect(table.size).toBe(2);
  });

  test('a connection whose last message has an unknown outcome is in use', () => {
    const table = new ConnectionTable(2);
    const a = table.require(0, 0, ANYBODY, bytes('a'));
    if (a === undefined) throw new Error('no connection');
    expect(a.inUse).toBe(false);
    a.line = { sending: [bytes('a')], outbox: undefined } as never;
    expect(a.inUse).toBe(true);
  });

  test('sweeps what was silent for long and is not in use, so many at a time', () => {
    const table = new ConnectionTable(100);
    for (let i = 0; i < 10; i++) table.require(i, 0, ANYBODY, bytes(String(i)));
    const [first] = table;
    first?.workers.set('x', undefined as never);
    table.sweep(8, 4);
    expect([...table].map(({ key }) => key)).toEqual(['4', '5', '6', '7', '8', '9', '0']);
    table.sweep(8, 100);
    expect([...table].map(({ key }) => key)).toEqual(['8', '9', '0']);
    first?.workers.clear();
    table.sweep(99, 100);
    expect(table.size).toBe(0);
    expect(table.require(100, 0, ANYBODY, bytes('0'))).not.toBe(first);
  });
});

describe('BrokerState forgets connections', () => {
  test('after they were silent for a minute, and then waits for nothing', () => {
    const bench = new Bench();
    const client = bench.client('c');
    client.request('mmi.service', 'x');
    bench.advance(59_000);
    expect(bench.state.connections.size).toBe(1);
    bench.advance(20_000);
    expect(bench.state.connections.size).toBe(0);
    expect(bench.state.nextDeadline()).toBe(Infinity);
  });

  test('keeps those that it heard of meanwhile, and forgets them later', () => {
    const bench = new Bench();
    const [quiet, other] = [bench.client('quiet'), bench.client('other')];
    quiet.request('mmi.service', 'x');
    other.request('mmi.service', 'x');
    bench.advance(50_000);
    other.request('mmi.service', 'x');
    bench.advance(30_000);
    expect([...bench.state.connections].map(({ key }) => key)).toEqual(['other']);
    bench.advance(60_000);
    expect(bench.state.connections.size).toBe(0);
  });

  test('keeps the connection of a worker as long as the worker', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    for (let i = 0; i < 200; i++) {
      bench.advance(INTERVAL);
      worker.beat();
    }
    expect(worker.registered).toBe(true);
    expect(bench.state.connections.size).toBe(1);
  });

  test('a flood of connections that say one thing each is forgotten as fast as it came', () => {
    const bench = new Bench({ maxConnections: 100_000 });
    for (let i = 0; i < 5_000; i++) bench.client(`c${String(i)}`).request('mmi.service', 'x');
    expect(bench.state.connections.size).toBe(5_000);
    bench.advance(80_000);
    expect(bench.state.connections.size).toBe(0);
  });
});
