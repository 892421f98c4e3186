// SPDX-License-Identifier: Apache-2.0
// snapshot.test - what several brokers tell, as one

import { expect, test } from '@jest/globals';
import type { BrokerStats } from '@mdp/broker';
import { Broker } from '@mdp/broker';
import { mergeSnapshots } from '../src/snapshot.js';
import { serviceStats } from './support/figures.js';
import { workerOf } from './support/snapshots.js';

const LAG = { p50Ms: 0, p99Ms: 1, maxMs: 2 };

function stats(n: number, given: Partial<BrokerStats> = {}): BrokerStats {
  const made = new Broker().stats();
  made.counters.requests = n;
  return {
    ...made,
    state: 'running',
    uptimeMs: n,
    endpoints: [`tcp://127.0.0.1:${String(n)}`],
    services: [serviceStats('s', { requests: n }), serviceStats(`s${String(n)}`)],
    workers: { registered: 2 * n, waiting: n, busy: n },
    connections: n,
    outbox: { peers: n, messages: 2 * n, bytes: 3 * n },
    ...given,
  };
}

test('is added up, and has the event loops one by one', () => {
  const lags = [LAG, { ...LAG, maxMs: 9 }];
  const merged = mergeSnapshots(
    [1, 2].map((n, i) => ({ stats: stats(n), lag: lags[i] ?? LAG, workers: [workerOf('s', String(n))] })),
  );
  expect(merged.lags).toEqual(lags);
  expect(merged.workers.map(({ peer }) => peer)).toEqual(['1', '2']);
  expect(merged.stats).toMatchObject({
    state: 'running',
    uptimeMs: 2,
    endpoints: ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:2'],
    workers: { registered: 6, waiting: 3, busy: 3 },
    connections: 3,
    outbox: { peers: 3, messages: 6, bytes: 9 },
    counters: { requests: 3 },
  });
  expect(merged.stats.services.map(({ name, requests }) => [name, requests])).toEqual([
    ['s', 3],
    ['s1', 0],
    ['s2', 0],
  ]);
  expect(Object.keys(merged.stats).sort()).toEqual(Object.keys(stats(1)).sort());
});

test('has the sockets of all, and what came of keys there', () => {
  const socket = { role: 'any', curve: true, allow: 'list', keysListed: 4, services: ['s'] } as const;
  const merged = mergeSnapshots(
    [1, 2].map((n) => {
      const endpoints = [`tcp://127.0.0.1:${String(n)}`];
      const keysRefused = n === 1 ? { unknownKey: 2 } : { unknownKey: 1, denied: 5 };
      const listening = [
        { ...socket, endpoints, keysAccepted: n, keysRefused },
        {
          endpoints: [`ipc://${String(n)}`],
          role: 'worker',
          curve: false,
          allow: 'anybody',
          keysAccepted: 0,
          keysRefused: {},
        },
      ] as const;
      return { stats: stats(n, { listening }), lag: LAG, workers: [] };
    }),
  );
  expect(merged.stats.listening).toEqual([
    {
      ...socket,
      endpoints: ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:2'],
      keysAccepted: 3,
      keysRefused: { unknownKey: 3, denied: 5 },
    },
    {
      endpoints: ['ipc://1', 'ipc://2'],
      role: 'worker',
      curve: false,
      allow: 'anybody',
      keysAccepted: 0,
      keysRefused: {},
    },
  ]);
});

test('of one is that one', () => {
  const one = { stats: stats(1), lag: LAG, workers: [] };
  expect(mergeSnapshots([one])).toEqual({ stats: one.stats, lags: [LAG], workers: [] });
});

test('serves no more when one of them does not', () => {
  const states = (...all: BrokerStats['state'][]): BrokerStats['state'] =>
    mergeSnapshots(all.map((state, i) => ({ stats: stats(i, { state }), lag: LAG, workers: [] }))).stats.state;
  expect(states('running', 'draining')).toBe('draining');
  expect(states('draining', 'stopped', 'running')).toBe('stopped');
  expect(states('running', 'running')).toBe('running');
});

test('of none is a fault', () => {
  expect(() => mergeSnapshots([])).toThrow('there is no thread whose snapshot could be taken');
});
