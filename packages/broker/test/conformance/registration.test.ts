// SPDX-License-Identifier: Apache-2.0
// registration.test - READY, DISCONNECT, and what is valid but unexpected

import { describe, expect, test } from '@jest/globals';
import { BEATING, INTERVAL, Pulse, overTopologies } from '../support/conformance.js';
import type { LiveWorker } from '../support/live.js';
import { TONGUES } from '../support/wire.js';

overTopologies('registration', (start) => {
  describe.each(TONGUES)('in %s', (dialect) => {
    test('READY is answered by nothing but HEARTBEATs, and the worker is given requests (MDP-B-13, MDP-B-16, MDP-B-24)', async () => {
      const live = await start(BEATING);
      const worker = (await live.registered('s', dialect)).beatEvery(INTERVAL);
      const pulse = await Pulse.of(live);
      await pulse.intervals(3);
      expect(new Set(worker.waiting)).toEqual(new Set(['heartbeat']));
      await live.client().request('s', 'a');
      expect(await worker.hear()).toBe('request a');
    });

    test('what a worker may not say now is answered with DISCONNECT, and then with silence (MDP-B-21, MDP-B-23, MDP-B-28, MDP-B-29, MDP-B-35)', async () => {
      const live = await start(BEATING);
      const pulse = await Pulse.of(live);
      const rogues: LiveWorker[] = [];
      const rogue = async (
        say: (worker: LiveWorker) => Promise<void>,
        worker = live.worker(dialect),
      ): Promise<void> => {
        rogues.push(worker);
        await say(worker);
        expect(await worker.hear()).toBe('disconnect');
      };
      // Before READY.
      await rogue((worker) => worker.beat());
      await rogue((worker) => worker.final('x'));
      if (dialect !== 'mdp01') await rogue((worker) => worker.partial('x'));
      // READY twice: for the same service, and for another one.
      // In MX a second one changes the credit, or registers another service.
      if (dialect !== 'mx') {
        await rogue((worker) => worker.ready('s'), await live.registered('s', dialect));
        await rogue((worker) => worker.ready('t'), await live.registered('s', dialect));
      }
      // Replies of one that has nothing to reply to.
      await rogue((worker) => worker.final('x'), await live.registered('s', dialect));
      if (dialect !== 'mdp01') await rogue((worker) => worker.partial('x'), await live.registered('s', dialect));
      // A reply to what another worker was asked.
      const honest = (await live.registered('held', dialect)).beatEvery(INTERVAL);
      await live.client().request('held', 'a');
      expect(await honest.hear()).toBe('request a');
      await rogue(
        async (worker) => {
          worker.address = honest.address;
          await worker.final('stolen');
        },
        await live.registered('s', dialect),
      );

      await live.client().request('s', 'waits for an honest worker');
      for (const worker of rogues) {
        await worker.beat();
        await worker.final('again');
        await worker.disconnect();
      }
      await pulse.intervals(4);
      expect(rogues.flatMap((worker) => worker.waiting)).toEqual([]);
      expect(live.broker.stats().workers.registered).toBe(2);
      expect(await live.knows('t')).toBe(false);
    });

    test('a worker that says DISCONNECT is sent nothing more (MDP-B-20, MDP-B-26)', async () => {
      const live = await start(BEATING);
      const pulse = await Pulse.of(live);
      const [idle, busy] = [await live.registered('s', dialect), await live.registered('t', dialect)];
      const client = live.client();
      await client.request('t', 'a');
      expect(await busy.hear()).toBe('request a');
      await idle.disconnect();
      await busy.disconnect();
      await live.until('both to be gone', ({ workers }) => workers.registered === 1);
      // HEARTBEATs from before may still be on their way: this answer comes after them.
      for (const { peer } of [idle, busy]) {
        await peer.send('MDPC02', Buffer.of(1), 'mmi.mx', '');
        await peer.receiveMatching((frames) => frames.some((frame) => frame.toString() === 'mmi.mx'));
      }
      const before = [idle.waiting.length, busy.waiting.length];
      await client.request('s', 'b');
      await idle.beat();
      await busy.final('late');
      await pulse.intervals(4);
      expect([idle.waiting.length, busy.waiting.length]).toEqual(before);
      expect(client.waiting).toEqual([]);
    });

    test('DISCONNECT of a peer that never said READY gets no answer and disturbs nothing (MDP-B-25, MDP-B-27)', async () => {
      const live = await start(BEATING);
      const pulse = await Pulse.of(live);
      const stranger = live.worker(dialect);
      const mute = live.worker(dialect);
      await stranger.disconnect();
      await pulse.intervals(4);
      expect([stranger.waiting, mute.waiting]).toEqual([[], []]);
      const worker = await live.registered('s', dialect);
      await live.client().request('s', 'a');
      expect(await worker.hear()).toBe('request a');
    });
  });

  test('a rogue worker that says FINAL, FINAL, PARTIAL: its client gets one FINAL (MDP-B-11)', async () => {
    const live = await start();
    const worker = await live.registered('s');
    const client = live.client();
    await client.request('s', 'a');
    expect(await worker.hear()).toBe('request a');
    await worker.final('one');
    await worker.final('two');
    await worker.partial('three');
    expect(await worker.hear()).toBe('disconnect');
    await client.request('mmi.service', 's');
    expect([await client.hear(), await client.hear()]).toEqual(['final one', 'final 404']);
  });
});
