// SPDX-License-Identifier: Apache-2.0
// heartbeats.test - signs of life in both directions, and what their absence means

import { expect, test } from '@jest/globals';
import { BEATING, EXPIRY, INTERVAL, Pulse, overTopologies } from '../support/conformance.js';
import type { LiveWorker } from '../support/live.js';
import { TONGUES } from '../support/wire.js';

overTopologies('heartbeats', (start) => {
  test('are sent to workers that wait and to workers that work (MDP-B-19, MDP-B-38)', async () => {
    const live = await start(BEATING);
    const client = live.client();
    for (const dialect of TONGUES) {
      const worker = (await live.registered(dialect, dialect)).beatEvery(INTERVAL);
      for (let i = 0; i < 4; i++) expect((await worker.next()).type).toBe('heartbeat');
      await client.request(dialect, 'a');
      expect(await worker.hear()).toBe('request a');
      for (let i = 0; i < 4; i++) expect((await worker.next()).type).toBe('heartbeat');
    }
  });

  test('that do not come from a worker that waits: it is taken for disconnected, and sent nothing more (MDP-B-39, MDP-B-40)', async () => {
    const live = await start(BEATING);
    const pulse = await Pulse.of(live);
    const silent: LiveWorker[] = [];
    const since = performance.now();
    for (const dialect of TONGUES) silent.push(await live.registered(dialect, dialect));
    await live.until('all to be gone', ({ counters }) => counters.workersLost['expired'] === TONGUES.length);
    expect(performance.now() - since).toBeGreaterThan(EXPIRY);
    for (const dialect of TONGUES) await live.client().request(dialect, 'a');
    const before = silent.map((worker) => worker.waiting);
    await pulse.intervals(4);
    expect(silent.map((worker) => worker.waiting)).toEqual(before);
    expect(before.flat().filter((heard) => heard !== 'heartbeat')).toEqual([]);
    for (const dialect of TONGUES) expect(await live.knows(dialect)).toBe(false);
  });

  test('that come keep a worker registered, while it waits and while it works (MDP-B-35, MDP-B-36)', async () => {
    const live = await start(BEATING);
    const pulse = await Pulse.of(live);
    const workers: LiveWorker[] = [];
    for (const dialect of TONGUES) workers.push((await live.registered(dialect, dialect)).beatEvery(INTERVAL));
    await pulse.intervals(25);
    for (const worker of workers) {
      await live.client().request(worker.dialect, 'a');
      expect(await worker.hear()).toBe('request a');
    }
    await pulse.intervals(25);
    expect(live.broker.stats().counters.workersLost['expired']).toBe(0);
    expect(workers.flatMap(({ waiting }) => waiting).filter((heard) => heard !== 'heartbeat')).toEqual([]);
  });

  test('that end in the middle of a job: another worker gets the request (MDP-B-39, MDP-B-41)', async () => {
    const live = await start(BEATING);
    const client = live.client();
    const first = new Map<string, LiveWorker>();
    for (const dialect of TONGUES) {
      const worker = await live.registered(dialect, dialect);
      first.set(dialect, worker);
      await client.request(dialect, dialect);
      expect(await worker.hear()).toBe(`request ${dialect}`);
      // Two of them in its job show that it is one of those that beat while they work.
      await worker.beat();
      await worker.beat();
    }
    for (const dialect of TONGUES) {
      const next = (await live.registered(dialect, dialect)).beatEvery(INTERVAL);
      expect(await next.hear()).toBe(`request ${dialect}`);
      // The id of MX names an attempt on one connection only.
      const sameAddress = next.address.equals(first.get(dialect)?.address ?? Buffer.alloc(0));
      expect(sameAddress).toBe(dialect === 'mx');
      await next.final('done');
      expect(await client.hear()).toBe('final done');
    }
  });

  test('are not missed from a worker that sends PARTIALs (MDP-B-36)', async () => {
    const live = await start({ ...BEATING, busyWorkerTimeoutMs: EXPIRY });
    const pulse = await Pulse.of(live);
    const streams = [];
    for (const dialect of ['rfc18', 'majortomo'] as const) {
      const [worker, client] = [await live.registered(dialect, dialect), live.client()];
      await client.request(dialect);
      await worker.hear();
      streams.push({ worker, client });
    }
    for (let i = 0; i < 15; i++) {
      for (const { worker } of streams) await worker.partial(String(i));
      await pulse.intervals(2);
    }
    for (const { worker, client } of streams) {
      await worker.final('end');
      expect(await client.hearAll()).toHaveLength(16);
    }
  });

  test('are not sent to a worker that is sent requests all the time (MDP-B-37)', async () => {
    const intervalMs = 200;
    const live = await start({ ...BEATING, heartbeatIntervalMs: intervalMs });
    const worker = await live.registered('s');
    const pulse = await Pulse.of(live);
    const client = live.client();
    let over = false;
    const three = pulse.intervals(3).then(() => (over = true));
    const needless: string[] = [];
    let before = performance.now();
    while (!over) {
      const asked = performance.now();
      await client.request('s', 'a');
      const heard: string[] = [];
      do heard.push((await worker.next()).type);
      while (heard.at(-1) !== 'request');
      // Where the machine made a pause of an interval between two requests, a HEARTBEAT was due.
      if (performance.now() - before < intervalMs) needless.push(...heard.slice(0, -1));
      before = asked;
      await worker.final('b');
      await client.hear();
    }
    await three;
    expect(needless).toEqual([]);
  });
});
