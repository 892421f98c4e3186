// SPDX-License-Identifier: Apache-2.0
// dispatch.test - which request goes to which worker, and which waits, and for how long

import { describe, expect, test } from '@jest/globals';
import { overTopologies } from '../support/conformance.js';
import type { LiveWorker } from '../support/live.js';
import { TONGUES } from '../support/wire.js';

overTopologies('dispatch', (start) => {
  describe.each(TONGUES)('a %s client', (dialect) => {
    test('asks for a service that nobody offers yet: its request waits for the worker (MDP-B-14)', async () => {
      const live = await start();
      const client = live.client(dialect);
      await client.request('later', 'a');
      await live.until('it to wait', ({ requests }) => requests.queued === 1);
      const worker = live.worker(dialect);
      await worker.ready('later');
      expect(await worker.hear()).toBe('request a');
      await worker.final('b');
      expect(await client.hear()).toBe('final b');
    });

    test('asks for a service that nobody ever offers: its request expires (MDP-B-15)', async () => {
      const live = await start({ noWorkerTimeoutMs: 50, forwardErrors: true });
      const client = live.client(dialect);
      const since = performance.now();
      await client.request('never', 'a');
      expect(await client.hear()).toBe('error 404');
      expect(performance.now() - since).toBeGreaterThan(49);
      expect(live.broker.stats()).toMatchObject({ requests: { queued: 0 }, services: [] });
    });
  });

  test.each(['majortomo', 'mdp01'] as const)(
    'a %s client, which would take an error for a result, hears nothing of an expired request; it is counted',
    async (dialect) => {
      const live = await start({ noWorkerTimeoutMs: 1 });
      const client = live.client(dialect);
      await client.request('never', 'a');
      await live.until('it to expire', ({ counters }) => counters.errorsWithheld === 1);
      await client.request('mmi.service', 'never');
      expect(await client.hear()).toBe('final 404');
      expect(client.waiting).toEqual([]);
    },
  );

  test('clients and workers meet, on one socket or on one for each sub-protocol (MDP-B-02)', async () => {
    const live = await start();
    const worker = await live.registered('s');
    const client = live.client();
    await client.request('s', 'a');
    expect(await worker.hear()).toBe('request a');
    await worker.partial('b');
    await worker.final('c');
    expect(await client.hearAll()).toEqual(['partial b', 'final c']);
  });

  test('a request goes only to workers of exactly its name (MDP-B-13)', async () => {
    const live = await start();
    const [near, exact] = [await live.registered('echo'), await live.registered('Echo')];
    const client = live.client();
    await client.request('Echo', 'a');
    expect(await exact.hear()).toBe('request a');
    await client.request('echo', 'b');
    expect(await near.hear()).toBe('request b');
    expect(exact.waiting).toEqual([]);
  });

  test('three workers share the requests of a service, the least recently used one first (MDP-B-04, MDP-B-22)', async () => {
    const live = await start();
    const workers = [await live.registered('s'), await live.registered('s'), await live.registered('s')];
    const client = live.client();
    for (let i = 0; i < 6; i++) {
      await client.request('s', String(i));
      const worker = workers[i % 3] as LiveWorker;
      expect(await worker.hear()).toBe(`request ${String(i)}`);
      await worker.final('ok');
      expect(await client.hear()).toBe('final ok');
    }
  });

  test('a worker is given one request at a time (MDP-B-42)', async () => {
    const live = await start();
    const worker = await live.registered('s');
    const client = live.client();
    await client.request('s', 'a');
    await client.request('s', 'b');
    expect(await worker.hear()).toBe('request a');
    await worker.partial('p');
    await worker.beat();
    await live.until('all that to be read', ({ counters }) => counters.partials === 1);
    await client.request('mmi.service', 's');
    await live.until('that too', ({ counters }) => counters.mmi === 1);
    expect(worker.waiting).toEqual([]);
    await worker.final('f');
    expect(await worker.hear()).toBe('request b');
  });

  test('clients take turns: one that floods does not hold up another (MDP-B-03)', async () => {
    const live = await start();
    const [flooder, other] = [live.client(), live.client()];
    for (let i = 0; i < 200; i++) await flooder.request('s', `flood ${String(i)}`);
    await live.until('the flood', ({ requests }) => requests.queued === 200);
    await other.request('s', 'mine');
    await live.until('the other', ({ requests }) => requests.queued === 201);
    const worker = live.worker();
    await worker.ready('s');
    expect(await worker.hear()).toBe('request flood 0');
    await worker.final('ok');
    expect(await worker.hear()).toBe('request mine');
    await worker.final('ok');
    expect(await worker.hear()).toBe('request flood 1');
  });
});
