// SPDX-License-Identifier: Apache-2.0
// cut-off.test - all connections of one socket are gone at once, and those of the others go on

import { describe, expect, test } from '@jest/globals';
import { Bench } from '../support/state-peers.js';

describe('when all connections of a socket are cut off', () => {
  test('what its workers held goes to a worker elsewhere, and to none of them', () => {
    const bench = new Bench();
    const client = bench.client('c');
    const lost = bench.worker('w1', { socket: 1 }).ready('s');
    client.request('s', 'a');
    expect(lost.takeShort()).toEqual(['request a']);
    bench.worker('w2', { socket: 1 }).ready('s');
    const elsewhere = bench.worker('w3').ready('s');
    bench.state.cutOff(bench.now, 1);
    expect(elsewhere.takeShort()).toEqual(['request a']);
    expect(bench.state.workers).toBe(1);
    expect(bench.counters.workersLost['unreachable']).toBe(2);
    elsewhere.final('b');
    expect(client.takeShort()).toEqual(['final b']);
  });

  test('what its clients had asked for ends, waiting or running, and a late reply goes nowhere', () => {
    const bench = new Bench();
    const client = bench.client('c', { socket: 1 });
    const worker = bench.worker('w').ready('s');
    client.request('s', 'a');
    client.request('s', 'b');
    worker.take();
    bench.state.cutOff(bench.now, 1);
    expect(bench.counters.abandoned).toBe(2);
    expect(bench.state.connections.pending.used).toBe(0);
    worker.final('late');
    expect(client.takeShort()).toEqual([]);
    expect(bench.counters.dropped.clientGone).toBe(1);
    expect(bench.state.dispatcher.services.get('s')?.free.size).toBe(1);
  });

  test('nothing is remembered of them', () => {
    const bench = new Bench();
    bench.client('c', { socket: 1 }).request('s', 'a');
    bench.worker('w', { socket: 1 }).ready('t');
    bench.client('stays').request('mmi.service', 's');
    bench.state.cutOff(bench.now, 1);
    expect(bench.state.connections.size).toBe(1);
    expect(bench.state.dispatcher.services.size).toBe(0);
  });
});
