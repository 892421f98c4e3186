// SPDX-License-Identifier: Apache-2.0
// observe.test - what a broker tells of itself: events, statistics and MMI, all of one mind

import { afterEach, expect, test } from '@jest/globals';
import type { BrokerStats, ServiceStats } from '@mdp/broker';
import { Live } from '../support/live.js';
import type { Said } from '../support/wire.js';

let it: Live;

afterEach(async () => {
  await it.close();
});

function json(said: Said): unknown {
  expect(said.body[0]?.toString()).toBe('200');
  expect(said.body).toHaveLength(2);
  return JSON.parse(String(said.body[1]));
}

test('tells the life of a broker in events, in order', async () => {
  it = await Live.start();
  const { broker } = it;
  const log: unknown[] = [];
  for (const event of ['workerReady', 'workerLost', 'requestRecovered', 'requestFailed', 'invalidMessage'] as const) {
    broker.on(event, (about: unknown) => log.push([event, about]));
  }
  broker.on('draining', () => log.push('draining'));
  broker.on('stopped', () => log.push('stopped'));
  broker.on('error', (error) => log.push(error));
  const [first, client] = [await it.registered('s'), it.client()];
  await client.request('s', 'a');
  expect(await first.hear()).toBe('request a');
  const second = await it.registered('s');
  await first.disconnect();
  expect(await second.hear()).toBe('request a');
  second.close();
  await it.until('the second to be lost', ({ workers }) => workers.registered === 0);
  const third = await it.registered('s', 'mdp01');
  expect(await third.hear()).toBe('request a');
  await third.final('b');
  expect(await client.hear()).toBe('final b');
  await client.say('rubbish', 'of two frames');
  await client.request('s', 'c');
  expect(await third.hear()).toBe('request c');
  await broker.stop({ drainMs: 0 });
  expect(await client.hear()).toBe('error 503');
  expect(await third.hear()).toBe('disconnect');
  const peer = expect.stringMatching(/^[0-9a-f]+$/);
  const worker = { peer, service: 's', dialect: 'rfc18' };
  // MDP/0.1 peers have an empty frame in front: their address.
  const old = { peer: expect.stringMatching(/^[0-9a-f]+\/$/), service: 's', dialect: 'mdp01' };
  expect(log).toEqual([
    ['workerReady', worker],
    ['workerReady', worker],
    ['workerLost', { ...worker, reason: 'disconnect' }],
    ['requestRecovered', { service: 's', attempts: 0 }],
    ['workerLost', { ...worker, reason: 'unreachable' }],
    ['requestRecovered', { service: 's', attempts: 1 }],
    ['workerReady', old],
    ['invalidMessage', { peer, reason: 'no-header', strikes: 1 }],
    'draining',
    [
      'requestFailed',
      {
        service: 's',
        status: 503,
        message: 'the broker stopped before the reply came',
        dialect: 'rfc18',
        answered: true,
      },
    ],
    ['workerLost', { ...old, reason: 'stopped' }],
    'stopped',
  ]);
  expect(broker.stats().counters).toMatchObject({
    requests: 2,
    dispatched: 4,
    finals: 1,
    recovered: 2,
    workersReady: 3,
    workersLost: { disconnect: 1, unreachable: 1, stopped: 1 },
    failed: { 503: 1 },
    dropped: { invalid: 1 },
    invalid: { 'no-header': 1 },
  });
});

test('a client that may not be told of its failure is one that events and counters tell of', async () => {
  it = await Live.start({ noWorkerTimeoutMs: 0 });
  const failures: unknown[] = [];
  it.broker.on('requestFailed', (failure) => failures.push(failure));
  const [majortomo, strict] = [it.client('majortomo'), it.client()];
  await majortomo.request('nobody', 'x');
  // The answer to the next one comes behind what was not sent.
  await majortomo.request('mmi.service', 'nobody');
  expect(await majortomo.hear()).toBe('final 404');
  await strict.request('nobody', 'x');
  expect(await strict.hear()).toBe('error 404');
  const failure = { service: 'nobody', status: 404, message: 'no worker is registered for the service' };
  expect(failures).toEqual([
    { ...failure, dialect: 'majortomo', answered: false },
    { ...failure, dialect: 'rfc18', answered: true },
  ]);
  expect(it.broker.stats().counters).toMatchObject({ errorsWithheld: 1, failed: { 404: 2 } });
});

test('mmi.service knows waiting and busy workers, and no others (MMI-03, MMI-04)', async () => {
  it = await Live.start();
  expect(await it.knows('s')).toBe(false);
  const [worker, client] = [await it.registered('s'), it.client()];
  expect(await it.knows('s')).toBe(true);
  await client.request('s', 'a');
  expect(await worker.hear()).toBe('request a');
  expect(await it.knows('s')).toBe(true);
  expect([await it.knows('S'), await it.knows('mmi.service'), await it.knows('')]).toEqual([false, false, false]);
  await worker.final('b');
  await worker.disconnect();
  await it.until('the worker to leave', ({ workers }) => workers.registered === 0);
  expect(await it.knows('s')).toBe(false);
  // A request alone makes no service.
  await client.request('s', 'waits');
  await it.until('it to wait', ({ requests }) => requests.queued === 1);
  expect(await it.knows('s')).toBe(false);
});

test('mmi.services and stats() say the same about every service', async () => {
  it = await Live.start();
  const [busy, client] = [await it.registered('one'), it.client()];
  await it.registered('two');
  await client.request('one', 'a');
  expect(await busy.hear()).toBe('request a');
  for (const body of ['b', 'c']) await client.request('one', body);
  await client.request('three', 'd');
  await client.request('mmi.services', '');
  const expected = [
    { name: 'one', workers: 1, waiting: 0, busy: 1, queued: 2 },
    { name: 'two', workers: 1, waiting: 1, busy: 0, queued: 0 },
    { name: 'three', workers: 0, waiting: 0, busy: 0, queued: 1 },
  ];
  const told = json(await client.next()) as ServiceStats[];
  expect(told).toMatchObject(expected);
  expect(told.map(({ requests, dispatched }) => [requests, dispatched])).toEqual([
    [3, 1],
    [0, 0],
    [1, 0],
  ]);
  expect(it.broker.stats()).toMatchObject({
    services: told.map(({ oldestMs, ...same }) => same),
    workers: { registered: 2, waiting: 1, busy: 1 },
    requests: { queued: 3, running: 1 },
  });
});

test('mmi.broker tells version, limits and counters, and no addresses', async () => {
  it = await Live.start({ maxQueued: 77 });
  await it.registered('secret service');
  const client = it.client();
  await client.request('mmi.broker', '');
  const told = json(await client.next()) as BrokerStats & { dialects: string[]; limits: Record<string, unknown> };
  const { version, counters } = it.broker.stats();
  expect(told).toMatchObject({ version, state: 'running', dialects: ['rfc18', 'majortomo', 'mdp01'] });
  expect(told.workers).toEqual({ registered: 1, waiting: 1, busy: 0 });
  expect(told.limits).toMatchObject({ maxQueued: 77, heartbeatIntervalMs: 2_500 });
  expect(told.uptimeMs).toBeGreaterThanOrEqual(0);
  expect(told.counters).toMatchObject({ requests: 1, mmi: 1, workersReady: 1 });
  expect(Object.keys(told.counters)).toEqual(Object.keys(counters));
  expect(JSON.stringify(told)).not.toMatch(/tcp:|127\.0\.0\.1|secret/);
});

test('any other mmi. service is 501, and nobody may register one (MMI-02, MMI-05)', async () => {
  it = await Live.start();
  const [client, worker] = [it.client(), it.worker()];
  await client.request('mmi.unknown', 'x');
  expect(await client.hear()).toBe('final 501');
  await worker.ready('mmi.unknown');
  expect(await worker.hear()).toBe('disconnect');
  await client.request('mmi.unknown', 'x');
  expect(await client.hear()).toBe('final 501');
  expect(it.broker.stats().workers.registered).toBe(0);
});
