// SPDX-License-Identifier: Apache-2.0
// gauges.test - all that a broker, a client and a worker say that they hold is watched, and what nobody wants any more is found

import { Broker } from '@mdp/broker';
import { Client } from '@mdp/client';
import { Worker } from '@mdp/worker';
import { afterAll, describe, expect, test } from '@jest/globals';
import { gaugesOf, sampleOf, unwanted } from '../../src/chaos/gauges.js';

const ENDPOINT = 'tcp://127.0.0.1:9';
const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
const client = new Client([ENDPOINT, 'tcp://127.0.0.1:10']);
const worker = new Worker(ENDPOINT, 'work', () => 'done');

afterAll(async () => {
  await client.close();
});

describe('what is watched', () => {
  test('of a broker', () => {
    expect(Object.keys(gaugesOf(broker.stats())).sort()).toEqual([
      'connections',
      'endpoints',
      'listening',
      'outbox.bytes',
      'outbox.messages',
      'outbox.peers',
      'requests.pendingBytes',
      'requests.queued',
      'requests.queuedBytes',
      'requests.running',
      'services',
      'workers.busy',
      'workers.registered',
      'workers.waiting',
    ]);
  });

  test('of what listens: how many there are, and not what only grows', () => {
    const listening = [{ keysListed: 2, keysAccepted: 9, keysRefused: { denied: 1 } }];
    expect(gaugesOf({ listening })).toEqual({ listening: 1, 'listening.keysListed': 2 });
  });

  test('of a client', () => {
    expect(gaugesOf(client.stats())).toEqual({
      endpoints: 2,
      'endpoints.inFlight': 0,
      'endpoints.open': 0,
      'endpoints.connecting': 0,
      'endpoints.idle': 0,
      'endpoints.busy': 0,
      pending: 0,
      queued: 0,
    });
  });

  test('of a worker', () => {
    expect(gaugesOf(worker.stats())).toMatchObject({
      connections: 1,
      registered: 0,
      busy: 0,
      inFlight: 0,
      orphans: 0,
      'remembered.replies': 0,
      'remembered.bytes': 0,
    });
    expect(Object.keys(gaugesOf(worker.stats())).filter((name) => name.startsWith('counters'))).toEqual([]);
  });

  test('lists by their length, and by the sums over them', () => {
    const services = [
      { name: 'a', queued: 3 },
      { name: 'b', queued: 4 },
    ];
    expect(gaugesOf({ services })).toEqual({ services: 2, 'services.queued': 7 });
  });

  test('nothing that is counted by service, but what has the same name elsewhere', () => {
    const services = [{ requests: 9, bytesIn: 99, waitMs: { count: 9, counts: [9] }, failed: { 502: 1 }, oldestMs: 5 }];
    expect(gaugesOf({ services, requests: { queued: 1 } })).toEqual({
      services: 1,
      'services.oldestMs': 5,
      'requests.queued': 1,
    });
  });

  test('memory and files, too', () => {
    const usage = { rss: 3 * 2 ** 20, heap: 2 ** 20, external: 2 ** 19, files: 12 };
    expect(sampleOf({ stats: { pending: 1, counters: { requests: 9 } }, usage })).toEqual({
      'RSS MiB': 3,
      'heap MiB': 1,
      'external MiB': 0.5,
      files: 12,
      pending: 1,
    });
  });
});

describe('what nobody wants', () => {
  test('is nothing where nobody has asked for anything', () => {
    for (const stats of [broker.stats(), client.stats(), worker.stats()]) {
      expect(unwanted(stats)).toEqual({});
    }
  });

  test('is told with its name; what may stay is not', () => {
    const stats = {
      connections: 4,
      requests: { queued: 0, running: 2 },
      outbox: { peers: 1, bytes: 0 },
      endpoints: [
        { idle: 3, busy: 0 },
        { idle: 1, busy: 1 },
      ],
      remembered: { replies: 5, bytes: 600 },
    };
    expect(unwanted(stats)).toEqual({ 'requests.running': 2, 'outbox.peers': 1, 'endpoints.busy': 1 });
  });
});
