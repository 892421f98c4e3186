// SPDX-License-Identifier: Apache-2.0
// strikes.test - what is no message is dropped, counted, never answered, and its sender taken for invalid

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { INVALID_REASONS } from '@mdp/protocol';
import { check } from '@mdp/testkit/fuzz';
import { ConnectionTable, addressKey } from '../../src/state/connection.js';
import { Bench, INTERVAL } from '../support/state-peers.js';
import { ANYBODY } from '../support/access.js';

const SAMPLES: Readonly<Record<(typeof INVALID_REASONS)[number], string[]>> = {
  'no-header': ['nothing', 'of', 'ours'],
  'address-too-long': ['x'.repeat(256), 'MDPC02', '\x01', 's', 'b'],
  'no-command': ['MDPW02'],
  'unknown-command': ['MDPW02', '\x63'],
  'no-service': ['MDPC02', '\x01'],
  'bad-service-name': ['MDPC02', '\x01', '', 'b'],
  'no-client-address': ['MDPW02', '\x04'],
  'no-delimiter': ['MDPW02', '\x04', 'token', 'x', 'b'],
  'no-body': ['MDPC02', '\x01', 's'],
  'extra-frames': ['MDPW02', '\x05', 'x'],
};

describe('what is no message', () => {
  test.each(INVALID_REASONS.map((reason) => [reason, SAMPLES[reason]] as const))(
    '%s: dropped, counted by its reason, not answered (MDP-B-30, MDP-B-31)',
    (reason, frames) => {
      const bench = new Bench();
      const peer = bench.client('peer');
      peer.sayRaw(...frames);
      expect(bench.port.sent).toEqual([]);
      expect(bench.counters.invalid[reason]).toBe(1);
      expect(bench.counters.dropped.invalid).toBe(1);
      expect(bench.port.emitted('invalidMessage')).toEqual([[{ peer: '70656572', reason, strikes: 1 }]]);
    },
  );

  test('whatever arrives, nothing throws and nothing is answered to who is not understood (MDP-B-30)', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 8 }),
      fc
        .constantFrom('', 'MDPC02', 'MDPW02', 'MDPC01', 'MDPW01', '\x01', '\x02', '\x03', '\x04', '\x05', '\x06', 's')
        .map((text) => Uint8Array.from(Buffer.from(text, 'latin1'))),
    );
    check(
      fc.property(fc.array(fc.array(piece, { maxLength: 8 }), { maxLength: 20 }), (messages) => {
        const bench = new Bench({ maxStrikes: 1_000 });
        const peer = bench.client('peer');
        for (const frames of messages) peer.say(frames);
        bench.advance(100 * INTERVAL);
        const { invalid, dropped, received } = bench.counters;
        expect(received).toBe(messages.length);
        expect(Object.values(invalid).reduce((sum, count) => sum + count, 0)).toBe(dropped.invalid);
        expect(bench.ends.requests).toBe(bench.ends.ended + bench.ends.waiting);
      }),
      { runs: 300 },
    );
  });
});

describe('strikes', () => {
  test('after too many nothing more from the connection is read (MDP-B-31)', () => {
    const bench = new Bench({ maxStrikes: 3 });
    const peer = bench.client('peer');
    for (let i = 0; i < 2; i++) peer.sayRaw('rubbish');
    peer.request('mmi.service', 's');
    expect(peer.takeShort()).toEqual(['final 404']);
    peer.sayRaw('rubbish');
    for (let i = 0; i < 5; i++) peer.request('mmi.service', 's');
    expect(peer.take()).toEqual([]);
    expect(bench.counters.dropped).toMatchObject({ invalid: 3, banned: 5 });
    expect(bench.counters.requests).toBe(1);
    bench.client('other').request('mmi.service', 's');
    expect(bench.counters.requests).toBe(2);
  });

  test('what a banned connection had asked before is still answered', () => {
    const bench = new Bench({ maxStrikes: 1 });
    const client = bench.client('c');
    client.request('s', 'a');
    client.sayRaw('rubbish');
    const worker = bench.worker('w').ready('s');
    worker.take();
    worker.final('done');
    expect(client.takeShort()).toEqual(['final done']);
  });

  test('of the only worker of a connection: it is not registered any more (MDP-B-31)', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    worker.sayRaw('MDPW02', '\x63');
    expect(worker.registered).toBe(false);
    expect(worker.takeShort()).toEqual([]);
    expect(bench.counters.workersLost['invalid']).toBe(1);
    // It does not know, and is told when it says something.
    worker.beat();
    expect(worker.takeShort()).toEqual(['disconnect']);
  });

  test('of one of several behind a proxy: only too many cost them all (MDP-B-31)', () => {
    const bench = new Bench({ maxStrikes: 2 });
    const workers = ['1', '2'].map((hop) => bench.worker('proxy', { hops: [hop] }).ready('s'));
    bench.client('c').request('s', 'a');
    const rogue = bench.client('proxy', { hops: ['3'] });
    rogue.sayRaw('rubbish');
    expect(workers.map((worker) => worker.registered)).toEqual([true, true]);
    rogue.sayRaw('rubbish');
    expect(workers.map((worker) => worker.registered)).toEqual([false, false]);
    expect(bench.counters.workersLost['invalid']).toBe(2);
    expect(bench.worker('other').ready('s').takeShort()).toEqual(['request a']);
  });

  test('of a connection that is forgotten are forgotten with it', () => {
    const bench = new Bench({ maxStrikes: 1 });
    const peer = bench.client('peer');
    peer.sayRaw('rubbish');
    bench.advance(100_000);
    peer.request('mmi.service', 's');
    expect(peer.takeShort()).toEqual(['final 404']);
  });
});

describe('what a broker remembers of those whom it told to go', () => {
  test('is bounded for each connection', () => {
    const bench = new Bench({ maxWorkersPerConnection: 10 });
    for (let i = 0; i < 100; i++) bench.worker('proxy', { hops: [String(i)] }).beat();
    expect(bench.client('proxy').connection.silenced?.size).toBe(10);
    expect(bench.counters.disconnectsSent).toBe(100);
  });
});

describe('what costs far more here than on the wire', () => {
  test('a message of far more frames than are allowed bans its connection at once, and costs its workers', () => {
    const bench = new Bench();
    bench.worker('w').ready('s');
    const connection = bench.state.connections.require(bench.now, 0, ANYBODY, Buffer.from('w'));
    if (connection === undefined) throw new Error('the connection is known');
    bench.state.overframed(bench.now, connection);
    bench.state.overframed(bench.now, connection);
    expect(bench.counters.dropped).toMatchObject({ invalid: 1, banned: 1 });
    expect(bench.counters.workersLost['invalid']).toBe(1);
    expect(connection.banned).toBe(true);
  });

  test('addresses that were told DISCONNECT are remembered up to 20,000 in all, and forgotten with their connection', () => {
    const table = new ConnectionTable(1_000);
    const connections = Array.from({ length: 30 }, (_, i) => table.require(0, 0, ANYBODY, Buffer.from(String(i))));
    const remembered = (): number => connections.reduce((sum, each) => sum + (each?.silenced?.size ?? 0), 0);
    const fill = (): void => {
      for (const each of connections) {
        for (let i = 0; i < 1_500; i++) if (each !== undefined) table.silence(each, String(i), 1_000);
      }
    };
    fill();
    expect(remembered()).toBe(20_000);
    for (const each of connections.slice(0, 10)) if (each !== undefined) table.delete(each);
    expect(remembered()).toBe(10_000);
    fill();
    expect(remembered()).toBe(20_000);
  });

  test('the key of an address is one flat string, the same for every kind of bytes', () => {
    const frames = [Buffer.alloc(255, 0xe9), Buffer.from('12:x'), Buffer.alloc(0)];
    expect(addressKey(frames)).toBe(`255:${'\u00e9'.repeat(255)}4:12:x0:`);
    expect(addressKey(frames.map((frame) => Uint8Array.from(frame)))).toBe(addressKey(frames));
  });
});

describe('strikes', () => {
  test('are forgiven, one a minute: who errs now and then is listened to for ever', () => {
    const bench = new Bench({ maxStrikes: 3 });
    const peer = bench.client('peer');
    for (let i = 0; i < 20; i++) {
      peer.sayRaw('nothing', 'of', 'ours');
      bench.advance(60_000);
    }
    expect(peer.connection.banned).toBe(false);
    for (let i = 0; i < 3; i++) peer.sayRaw('nothing', 'of', 'ours');
    expect(peer.connection.banned).toBe(true);
    // That is not forgiven.
    bench.advance(59_000);
    peer.sayRaw('nothing');
    expect(bench.counters.dropped.banned).toBe(1);
  });
});
