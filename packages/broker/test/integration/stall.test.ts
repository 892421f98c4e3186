// SPDX-License-Identifier: Apache-2.0
// stall.test - a process that stood still longer than its workers may be silent takes nobody for dead

import { afterEach, expect, test } from '@jest/globals';
import { Live } from '../support/live.js';

let live: Live;

afterEach(async () => {
  await live.close();
});

/** Keep this process, the broker's too, from doing anything else. */
function standStill(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('no worker expires by a stall of twice what it may be silent; the broker tells of it', async () => {
  live = await Live.start({ heartbeatIntervalMs: 50, heartbeatLiveness: 10, zmtpHeartbeats: false });
  const stalls: number[] = [];
  live.broker.on('stalled', (ms) => stalls.push(ms));
  const [idle, busy] = [await live.registered('idle'), await live.registered('busy')];
  const client = live.client();
  await client.request('busy', 'a');
  expect(await busy.hear()).toBe('request a');
  // It beats while it works: it is held to the heartbeat as the other one is.
  for (const worker of [idle, busy]) worker.beatEvery(50);
  const { received } = live.broker.stats().counters;
  await live.until('their HEARTBEATs', ({ counters }) => counters.received >= received + 6);
  standStill(1_200);
  const after = live.broker.stats().counters.received;
  await live.until('more of them', ({ counters }) => counters.received >= after + 6);
  expect(live.broker.stats()).toMatchObject({ workers: { registered: 2 }, counters: { workersLost: { expired: 0 } } });
  expect(live.broker.stats().counters.stalledMs).toBeGreaterThan(500);
  expect(Math.max(...stalls)).toBeGreaterThan(500);
  await busy.final('b');
  expect(await client.hear()).toBe('final b');
});
