// SPDX-License-Identifier: Apache-2.0
// heartbeats.test - signs of life in both directions, and what their absence means

import { describe, expect, test } from '@jest/globals';
import { DIALECTS } from '@mdp/protocol';
import { BEATING, INTERVAL, Pulse, overTopologies } from '../support/conformance.js';

overTopologies('heartbeats', (start) => {
  describe.each(DIALECTS)('a %s worker', (dialect) => {
    test('is sent HEARTBEATs when it waits and when it works (MDP-B-19, MDP-B-38)', async () => {
      const live = await start(BEATING);
      const worker = (await live.registered('s', dialect)).beatEvery(INTERVAL / 3);
      for (let i = 0; i < 4; i++) expect((await worker.next()).type).toBe('heartbeat');
      await live.client().request('s', 'a');
      expect(await worker.hear()).toBe('request a');
      for (let i = 0; i < 4; i++) expect((await worker.next()).type).toBe('heartbeat');
    });

    test('that waits in silence is taken for disconnected, and sent nothing more (MDP-B-39, MDP-B-40)', async () => {
      const live = await start(BEATING);
      const pulse = await Pulse.of(live);
      const silent = await live.registered('s', dialect);
      const since = performance.now();
      await live.until('it to be gone', ({ counters }) => counters.workersLost['expired'] === 1);
      expect(performance.now() - since).toBeGreaterThan(3 * INTERVAL);
      await live.client().request('s', 'a');
      const before = silent.waiting;
      await pulse.intervals(4);
      expect(silent.waiting).toEqual(before);
      expect(before.filter((heard) => heard !== 'heartbeat')).toEqual([]);
      expect(await live.knows('s')).toBe(false);
    });

    test('that beats is not, however long it waits; one that beats while it works is not either (MDP-B-35, MDP-B-36)', async () => {
      const live = await start(BEATING);
      const pulse = await Pulse.of(live);
      const worker = (await live.registered('s', dialect)).beatEvery(INTERVAL / 3);
      await pulse.intervals(6);
      await live.client().request('s', 'a');
      expect(await worker.hear()).toBe('request a');
      await pulse.intervals(6);
      expect(live.broker.stats().counters.workersLost['expired']).toBe(0);
    });

    test('that worked, beat and fell silent loses its request to another one (MDP-B-39, MDP-B-41)', async () => {
      const live = await start(BEATING);
      const worker = (await live.registered('s', dialect)).beatEvery(INTERVAL / 3);
      const client = live.client();
      await client.request('s', 'a');
      expect(await worker.hear()).toBe('request a');
      const next = (await live.registered('s', dialect)).beatEvery(INTERVAL / 3);
      // Two HEARTBEATs in its job show that it is one of those that beat while they work.
      const { received } = live.broker.stats().counters;
      await live.until('its HEARTBEATs', ({ counters }) => counters.received > received + 8);
      worker.close();
      expect(await next.hear()).toBe('request a');
      await next.final('done');
      expect(await client.hear()).toBe('final done');
    });
  });

  test.each(['rfc18', 'majortomo'] as const)(
    'a %s worker that sends only PARTIALs does not expire (MDP-B-36)',
    async (dialect) => {
      const live = await start({ ...BEATING, busyWorkerTimeoutMs: 4 * INTERVAL });
      const pulse = await Pulse.of(live);
      const worker = await live.registered('s', dialect);
      const client = live.client();
      await client.request('s');
      await worker.hear();
      for (let i = 0; i < 12; i++) {
        await worker.partial(String(i));
        await pulse.intervals(1);
      }
      await worker.final('end');
      expect(await client.hearAll()).toHaveLength(13);
    },
  );

  test('a worker that is sent requests all the time is sent no HEARTBEAT (MDP-B-37)', async () => {
    const live = await start({ ...BEATING, heartbeatIntervalMs: 200 });
    const worker = await live.registered('s');
    const pulse = await Pulse.of(live);
    const client = live.client();
    let over = false;
    const three = pulse.intervals(3).then(() => (over = true));
    const heard: string[] = [];
    while (!over) {
      await client.request('s', 'a');
      for (let said = await worker.next(); ; said = await worker.next()) {
        heard.push(said.type);
        if (said.type === 'request') break;
      }
      await worker.final('b');
      await client.hear();
    }
    await three;
    expect(new Set(heard)).toEqual(new Set(['request']));
  });
});
