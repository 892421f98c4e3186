// SPDX-License-Identifier: Apache-2.0
// round-trips.test - tiny runs with real processes; nothing here depends on how fast they are

import { expect, test } from '@jest/globals';
import type { Trip } from '../../src/round-trips.js';
import { allCpuUs, tripTrial } from '../../src/round-trips.js';
import { ownServer } from '../../src/servers.js';

const TINY = { target: {}, inFlight: 3, bodyBytes: 100, seconds: 0.1, warmSeconds: 0.05 };
const BROKER = ownServer('broker-process');

test.each<Trip>([
  { name: 'this project', peer: 'mdp', server: BROKER, ...TINY },
  { name: 'a handler that takes a while', peer: 'mdp', server: BROKER, handlerMs: 4, ...TINY },
  { name: 'the floor of the binding', peer: 'dealer', server: ownServer('proxy-process'), ...TINY },
])('$name: a client, a server and a worker measure round trips', async (trip) => {
  const found = await tripTrial(trip).measure();
  expect(found.perSecond).toBeGreaterThan(0);
  expect(found.p99Ms).toBeGreaterThanOrEqual(found.p50Ms);
  expect(allCpuUs(found)).toBeGreaterThan(0);
  for (const share of [found.client, found.server, found.worker]) expect(share?.rssBytes).toBeGreaterThan(0);
});

test('a worker that cannot work is a failure and not a figure', async () => {
  const trip: Trip = { name: 'no broker', peer: 'nats', ...TINY };
  await expect(tripTrial(trip).measure()).rejects.toThrow('@nats-io/transport-node was not installed');
});
