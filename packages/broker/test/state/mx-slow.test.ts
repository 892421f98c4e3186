// SPDX-License-Identifier: Apache-2.0
// mx-slow.test - MX peers that read too slowly: a worker goes with all of its services, and is told

import { describe, expect, test } from '@jest/globals';
import { MxTestPeer, mxSetup as setup } from '../support/state-mx.js';

describe('a worker with several services that cannot take a request for one of them', () => {
  test('goes with all of them, is told, and comes back', () => {
    const { bench, client, worker } = setup();
    worker.tell({ ready: 'a', credit: 1 }, { ready: 'b', credit: 2 });
    client.tell({ request: 'b', id: 1, body: ['large'] });
    expect(worker.heard()).toEqual(['request 1 b: large']);
    bench.port.full = (connection, urgent) => connection === worker.connection && !urgent;
    client.tell({ request: 'a', id: 2 });
    expect(worker.heard()).toEqual(['disconnect']);
    expect(bench.counters.workersLost).toMatchObject({ slow: 2 });
    bench.port.full = () => false;
    // It has not read that far yet.
    worker.tell('heartbeat', { final: 1 });
    expect([worker.heard(), client.heard()]).toEqual([[], []]);
    expect(bench.counters.dropped.afterDisconnect).toBe(2);
    worker.tell({ ready: 'a', credit: 1 }, { ready: 'b', credit: 2 });
    const anew = worker.hear().flatMap((heard) => (heard.type === 'request' ? [heard] : []));
    expect(anew.map(({ service }) => service)).toEqual(['a', 'b']);
    worker.tell(...anew.map(({ id }) => ({ final: id })));
    expect(client.heard()).toEqual(['final 2: x', 'final 1: x']);
  });

  test('leaves what it held for the others to those who serve them, too', () => {
    const { bench, client, worker } = setup();
    worker.tell({ ready: 'a', credit: 1 }, { ready: 'b', credit: 2 });
    client.tell({ request: 'b', id: 1, body: ['1'] }, { request: 'b', id: 2, body: ['2'] });
    const other = new MxTestPeer(bench, 'other').tell({ ready: 'b', credit: 2 });
    bench.port.full = (connection, urgent) => connection === worker.connection && !urgent;
    client.tell({ request: 'a', id: 3 });
    expect(other.heard()).toEqual(['request 1 b: 1 (1 before, "")', 'request 2 b: 2 (1 before, "")']);
    expect([bench.state.workers, bench.state.dispatcher.queued]).toEqual([1, 1]);
  });
});
