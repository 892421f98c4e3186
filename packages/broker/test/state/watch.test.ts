// SPDX-License-Identifier: Apache-2.0
// watch.test - what a watcher is told of each request that is accepted: once when it begins, once when it ends

import { expect, test } from '@jest/globals';
import { mxSetup as setup } from '../support/state-mx.js';
import { INTERVAL } from '../support/state-peers.js';

test('a result, an error, a client that takes back, and one that goes', () => {
  const { bench, client, worker } = setup();
  const { port } = bench;
  worker.tell({ ready: 's', credit: 9 });
  client.tell({ request: 's', id: 1 }, { request: 's', id: 2 }, { request: 's', id: 3 }, { request: 's', id: 4 });
  expect([port.open.size, port.dispatched]).toEqual([4, 4]);
  worker.tell({ final: 1 }, { final: 2, body: ['MDPE01', '500', 'no'] });
  client.tell({ cancel: 3 });
  expect(port.ended).toEqual(['answered', 'failed 500', 'cancelled']);
  worker.tell({ final: 3 });
  bench.unreachable({ connection: client.connection, frames: [], urgent: false });
  expect(port.ended.slice(3)).toEqual(['abandoned']);
  expect(port.open.size).toBe(0);
});

test('an attempt for each worker, and one end', () => {
  const { bench, client, worker } = setup();
  const { port } = bench;
  worker.tell({ ready: 's', credit: 1 });
  client.tell({ request: 's', id: 1 });
  bench.advance(4 * INTERVAL);
  expect([port.open.size, port.dispatched, port.ended]).toEqual([1, 1, []]);
  worker.tell({ ready: 's', credit: 1 });
  worker.tell({ final: 2 });
  expect([port.open.size, port.dispatched, port.ended]).toEqual([0, 2, ['answered']]);
});

test('what is never accepted is not told of', () => {
  const { bench, client } = setup({ maxBodyBytes: 10, maxServicesPerClient: 1 });
  client.tell({ request: 's', id: 1, body: ['more than ten bytes'] }, { request: 'a', id: 2 }, { request: 'b', id: 3 });
  client.tell({ request: 'mmi.service', id: 4, body: ['a'] });
  expect([bench.port.open.size, bench.port.ended]).toEqual([1, []]);
});
