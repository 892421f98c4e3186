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
    bench.state.relieved(client.connection);
    expect(worker.heard()).toEqual(['credit 1: 65536']);
  });
});
