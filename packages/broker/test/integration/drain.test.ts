// SPDX-License-Identifier: Apache-2.0
// drain.test - a broker that stops under load: every request ends once, and every worker is told

import { afterEach, expect, test } from '@jest/globals';
import { Live } from '../support/live.js';

let it: Live;

afterEach(async () => {
  await it.close();
});

test('while one request runs on, those that wait and those that come are refused, and so are new workers', async () => {
  it = await Live.start();
  const [worker, other, client, late] = [await it.registered('s'), await it.registered('t'), it.client(), it.client()];
  await client.request('s', 'runs');
  expect(await worker.hear()).toBe('request runs');
  for (const body of ['waits', 'waits too']) await client.request('s', body);
  await client.request('nobody', 'waits for a worker');
  await it.until('three to wait', ({ requests }) => requests.queued === 3);
  const stopping = it.broker.stop({ drainMs: 3_600_000 });
  for (let i = 0; i < 3; i++) expect(await client.hear()).toBe('error 503');
  expect(await other.hear()).toBe('disconnect');
  await late.request('t', 'too late');
  expect(await late.hear()).toBe('error 503');
  await late.request('mmi.service', 's');
  expect(await late.hear()).toBe('final 200');
  const newcomer = it.worker();
  await newcomer.ready('s');
  expect(await newcomer.hear()).toBe('disconnect');
  expect(it.broker.stats()).toMatchObject({ state: 'draining', requests: { queued: 0, running: 1 } });
  await worker.partial('part');
  await worker.final('whole');
  expect(await client.hearAll()).toEqual(['partial part', 'final whole']);
  expect(await worker.hear()).toBe('disconnect');
  await stopping;
  const { counters } = it.broker.stats();
  expect(counters).toMatchObject({ finals: 1, failed: { 503: 4 }, disconnectsSent: 3, workersLost: { stopped: 2 } });
  expect(counters.dropped).toMatchObject({ draining: 1, unexpected: 0 });
});

test('a busy worker is lost while the broker drains: one that is busy still gets its request', async () => {
  it = await Live.start({ heartbeatIntervalMs: 120_000 });
  const [first, second, ann, ben] = [await it.registered('s'), await it.registered('s'), it.client(), it.client()];
  await ann.request('s', 'from ann');
  expect(await first.hear()).toBe('request from ann');
  await ben.request('s', 'from ben');
  expect(await second.hear()).toBe('request from ben');
  const stopping = it.broker.stop({ drainMs: 3_600_000 });
  await it.until('the drain', ({ state }) => state === 'draining');
  first.close();
  await it.until('the loss', ({ counters }) => counters.recovered === 1);
  await second.final('to ben');
  expect(await ben.hear()).toBe('final to ben');
  expect(await second.hear()).toBe('request from ann');
  await second.final('to ann');
  expect(await ann.hear()).toBe('final to ann');
  expect(await second.hear()).toBe('disconnect');
  await stopping;
});

test('the last worker is lost while the broker drains: its request ends with 503, and the broker stops', async () => {
  it = await Live.start({ heartbeatIntervalMs: 120_000 });
  const [worker, client] = [await it.registered('s'), it.client()];
  await client.request('s', 'a');
  expect(await worker.hear()).toBe('request a');
  const stopping = it.broker.stop({ drainMs: 3_600_000 });
  await it.until('the drain', ({ state }) => state === 'draining');
  worker.close();
  await stopping;
  expect(await client.hear()).toBe('error 503');
});

test('a hundred requests under way when it stops at once: each ends exactly once', async () => {
  it = await Live.start();
  const workers = [await it.registered('s'), await it.registered('s'), await it.registered('s')];
  const clients = Array.from({ length: 20 }, () => it.client());
  for (const client of clients) for (let i = 0; i < 5; i++) await client.request('s', String(i));
  await it.until('all to have come', ({ counters }) => counters.requests === 100);
  await it.broker.stop({ drainMs: 0 });
  for (const worker of workers) {
    expect(await worker.hear()).toMatch(/^request/);
    expect(await worker.hear()).toBe('disconnect');
  }
  for (const client of clients) {
    for (let i = 0; i < 5; i++) expect(await client.hear()).toBe('error 503');
    expect(client.waiting).toEqual([]);
  }
  expect(it.broker.stats().counters).toMatchObject({
    failed: { 503: 100 },
    dropped: { slowReader: 0, unreachable: 0 },
  });
});
