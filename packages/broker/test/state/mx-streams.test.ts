// SPDX-License-Identifier: Apache-2.0
// mx-streams.test - a stream goes on as its client takes it: grants between every mix of MX and strict peers

import { describe, expect, test } from '@jest/globals';
import { MX_FIRST_CREDIT, MX_FRAME_COST } from '@mdp/protocol';
import { mxSetup as setup } from '../support/state-mx.js';

/** A PARTIAL body that costs so much. */
function costing(cost: number): Uint8Array {
  return new Uint8Array(cost - MX_FRAME_COST);
}

describe('flow control', () => {
  test('grants of an MX client reach an MX worker, those from before it was found too', () => {
    const { client, worker } = setup();
    client.tell({ request: 's', id: 1 }, { credit: 1, amount: 1000 });
    worker.tell({ ready: 's', credit: 1 });
    client.tell({ credit: 1, amount: 500 });
    expect(worker.heard()).toEqual(['request 1 s: x', 'credit 1: 1000', 'credit 1: 500']);
  });

  test('what a strict worker sends beyond the grant waits at the broker, in order, FINAL last', () => {
    const { bench, client } = setup();
    const worker = bench.worker('w').ready('s');
    client.tell({ request: 's', id: 1 });
    worker.takeShort();
    const big = 'x'.repeat(MX_FIRST_CREDIT - MX_FRAME_COST);
    worker.partial(big);
    worker.partial('2');
    worker.partial('3');
    worker.final('4');
    // It is free again, though its reply has not gone out.
    expect(worker.busy).toBe(false);
    expect(client.heard()).toEqual([`partial 1: ${big}`]);
    client.tell({ credit: 1, amount: 1 });
    expect(client.heard()).toEqual(['partial 1: 2']);
    client.tell({ credit: 1, amount: 2 * (MX_FRAME_COST + 1) });
    expect(client.heard()).toEqual(['partial 1: 3', 'final 1: 4']);
    expect(bench.ends).toEqual({ requests: 1, ended: 1, waiting: 0 });
  });

  test('a stream that is not granted within the limits of a slow reader is broken off', () => {
    const { bench, client } = setup({ maxOutboxMessages: 3 });
    const worker = bench.worker('w').ready('s');
    client.tell({ request: 's', id: 1 });
    worker.takeShort();
    worker.partial('x'.repeat(MX_FIRST_CREDIT));
    for (let i = 0; i < 4; i++) worker.partial(String(i));
    expect(client.hear().at(-1)).toMatchObject({ type: 'final', id: 1 });
    expect(bench.counters.failed[429]).toBe(1);
    expect(bench.counters.dropped.slowReader).toBe(4);
    worker.final('the end');
    expect(client.heard()).toEqual([]);
  });

  test('a stream whose client goes leaves nothing behind, also when its worker has long ended it', () => {
    const { bench, client } = setup();
    const worker = bench.worker('w').ready('s');
    client.tell({ request: 's', id: 1 });
    worker.takeShort();
    worker.partial('x'.repeat(MX_FIRST_CREDIT));
    worker.partial('more');
    worker.final('end');
    client.tell({ cancel: 1 });
    expect(bench.ends).toEqual({ requests: 1, ended: 1, waiting: 0 });
    expect(bench.counters.cancelled).toBe(1);
    expect(bench.counters.dropped.cancelled).toBe(2);
    expect(client.connection.inUse).toBe(false);
  });

  test.each(['rfc18', 'majortomo', 'mdp01'] as const)(
    'for a %s client the broker grants what was passed on',
    (dialect) => {
      const { bench, worker } = setup();
      worker.tell({ ready: 's', credit: 1 });
      bench.client('strict', { dialect }).request('s');
      const half = costing(MX_FIRST_CREDIT / 2);
      worker.tell({ partial: 1, body: [half] }, { partial: 1, body: ['small'] });
      worker.tell({ partial: 1, body: [half] });
      expect(worker.heard()).toEqual(['request 1 s: x', 'credit 1: 32768', 'credit 1: 32837']);
    },
  );

  test('a strict client that reads slowly is waited for', () => {
    const { bench, worker } = setup();
    worker.tell({ ready: 's', credit: 1 });
    const client = bench.client('strict');
    client.request('s');
    worker.hear();
    let slow = true;
    bench.port.isSlow = (connection) => slow && connection === client.connection;
    worker.tell({ partial: 1, body: [costing(MX_FIRST_CREDIT)] });
    expect(worker.heard()).toEqual([]);
    slow = false;
    bench.state.relieved(bench.now, client.connection);
    expect(worker.heard()).toEqual(['credit 1: 65536']);
  });

  describe('a stream that stands still', () => {
    // Heartbeats are of no interest here.
    const slow = { stalledStreamTimeoutMs: 5_000, heartbeatIntervalMs: 10_000 };

    test('is broken off when its MX client grants nothing for too long, and its MX worker is told', () => {
      const { bench, client, worker } = setup(slow);
      worker.tell({ ready: 's', credit: 1 });
      client.tell({ request: 's', id: 1 });
      bench.advance(3_000);
      worker.tell({ partial: 1, body: [costing(MX_FIRST_CREDIT)] });
      client.hear();
      worker.hear();
      bench.advance(4_999);
      expect(client.heard()).toEqual([]);
      bench.advance(1);
      expect(client.heard()).toEqual([
        'final 1: MDPE01 429 the reply was broken off: the client did not take more of it for too long',
      ]);
      expect(worker.heard()).toContain('cancel 1');
      expect(bench.ends).toEqual({ requests: 1, ended: 1, waiting: 0 });
    });

    test('so is one whose worker has said all, and what waited of it is counted', () => {
      const { bench, client } = setup(slow);
      const worker = bench.worker('w').ready('s');
      client.tell({ request: 's', id: 1 });
      worker.takeShort();
      worker.partial('x'.repeat(MX_FIRST_CREDIT));
      worker.partial('more');
      worker.final('end');
      bench.advance(5_000);
      expect(client.heard().at(-1)).toMatch(/^final 1: MDPE01 429 /);
      expect(bench.counters.dropped.slowReader).toBe(2);
      expect(client.connection.pendingBytes).toBe(0);
      bench.advance(60_000);
      expect(bench.counters.failed[429]).toBe(1);
    });

    test('what a banned connection cannot grant any more ends so, too', () => {
      const { bench, client, worker } = setup({ ...slow, maxStrikes: 1 });
      worker.tell({ ready: 's', credit: 1 });
      client.tell({ request: 's', id: 1 });
      worker.tell({ partial: 1, body: [costing(MX_FIRST_CREDIT)] });
      client.say([Uint8Array.of(1)]);
      expect(client.connection.banned).toBe(true);
      bench.advance(4_000);
      client.tell({ credit: 1, amount: MX_FIRST_CREDIT });
      bench.advance(1_000);
      expect(bench.ends).toEqual({ requests: 1, ended: 1, waiting: 0 });
    });

    test('has its whole time again whenever some of it is taken, and while it moves it has none to keep', () => {
      const { bench, client, worker } = setup(slow);
      worker.tell({ ready: 's', credit: 1 });
      client.tell({ request: 's', id: 1 });
      worker.tell(
        { partial: 1, body: [costing(MX_FIRST_CREDIT)] },
        { partial: 1, body: ['a'] },
        { partial: 1, body: ['b'] },
      );
      client.hear();
      for (const part of ['a', 'b']) {
        bench.advance(4_000);
        client.tell({ credit: 1, amount: MX_FRAME_COST + 1 });
        expect(client.heard()).toEqual([`partial 1: ${part}`]);
      }
      bench.advance(4_000);
      client.tell({ credit: 1, amount: MX_FIRST_CREDIT });
      for (let i = 0; i < 4; i++) {
        bench.advance(4_000);
      }
      worker.tell({ final: 1 });
      expect(client.heard().at(-1)).toBe('final 1: x');
    });

    test('gains no time by a grant that lets nothing of it pass', () => {
      const { bench, client, worker } = setup(slow);
      worker.tell({ ready: 's', credit: 1 });
      client.tell({ request: 's', id: 1 });
      worker.tell({ partial: 1, body: [costing(2 * MX_FIRST_CREDIT)] });
      bench.advance(4_000);
      client.tell({ credit: 1, amount: 1 });
      bench.advance(1_000);
      expect(client.heard().at(-1)).toMatch(/^final 1: MDPE01 429 /);
    });

    test('is broken off, too, when a strict client reads nothing of it', () => {
      const { bench, worker } = setup(slow);
      worker.tell({ ready: 's', credit: 1 });
      const client = bench.client('strict');
      client.request('s');
      bench.port.isSlow = (connection) => connection === client.connection;
      worker.tell({ partial: 1, body: [costing(MX_FIRST_CREDIT / 2)] });
      bench.advance(3_000);
      worker.tell({ partial: 1, body: ['the time stays the same'] });
      bench.advance(2_000);
      expect(worker.heard()).toEqual(['request 1 s: x', 'cancel 1']);
      expect(bench.counters.failed[429]).toBe(1);
    });

    test('goes on when a strict client reads again, and is not held to when it stood still', () => {
      const { bench, worker } = setup(slow);
      worker.tell({ ready: 's', credit: 1 });
      const client = bench.client('strict');
      client.request('s');
      let reads = false;
      bench.port.isSlow = (connection) => !reads && connection === client.connection;
      worker.tell({ partial: 1, body: [costing(MX_FIRST_CREDIT / 2)] });
      bench.advance(4_000);
      reads = true;
      bench.state.relieved(bench.now, client.connection);
      bench.advance(20_000);
      worker.tell({ final: 1 });
      expect(client.takeShort().at(-1)).toMatch(/^final/);
    });
  });
});
