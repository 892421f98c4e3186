// SPDX-License-Identifier: Apache-2.0
// worker-faults.test - workers that are killed, freeze and leave while they hold requests

import { describe, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { audit, endsOf, note, outcomes, repeatedJobs, statsOf, overWires } from './cluster.js';

overWires((cluster) => {
  describe('kill -9 of a busy worker', () => {
    test('gives its request to another worker long before its heartbeat is missed', async () => {
      const broker = await cluster().broker();
      // The one that waits for longest comes first. A heir that was started later might find the work done.
      const victim = await cluster().worker('victim', broker);
      const heir = await cluster().worker('heir', broker);
      const client = cluster().client({ name: 'c', count: 1, workMs: 1_000 });
      await victim.event('job');

      const start = performance.now();
      await victim.kill();
      await heir.event('job');
      const recoveryMs = performance.now() - start;
      note(`kill -9: the request was with another worker after ${recoveryMs.toFixed(0)} ms`);

      // The heartbeat would have told after 10 s.
      expect(recoveryMs).toBeLessThan(5_000);
      expect(await audit(client)).toMatchObject([{ outcome: 'reply', frames: ['heir', 'c-1'] }]);
      const { counters } = await statsOf(broker);
      expect(counters).toMatchObject({ recovered: 1, dispatched: 2, workersLost: { unreachable: 1, expired: 0 } });
    });

    test('is told to the client as 502 when parts of the reply were out already', async () => {
      const broker = await cluster().broker();
      const victim = await cluster().worker('victim', broker);
      await cluster().worker('other', broker);
      const reader = cluster().reader(['streamThenHold', '5', '10', 'torn']);
      await reader.event('reading');
      await waitUntil('all five parts to be out', async () => (await statsOf(broker)).counters.partials === 5);
      reader.tell({ order: 'goOn' });
      await victim.kill();
      // No other worker may do it again: the client has seen the beginning of this one's.
      expect(await reader.event('read')).toMatchObject({
        numbers: ['0', '1', '2', '3', '4'],
        outcome: 'MDP_REMOTE',
        status: 502,
      });
      expect((await statsOf(broker)).counters).toMatchObject({ recovered: 0, dispatched: 1 });
    });

    test('is told to the client as 502 when no attempt is left', async () => {
      const broker = await cluster().broker({ services: { work: { maxAttempts: 2 } } });
      const workers = [await cluster().worker('one', broker), await cluster().worker('two', broker)];
      const third = await cluster().worker('three', broker);
      const client = cluster().client({ name: 'poison', count: 1, command: 'hold' });
      for (let attempt = 1; attempt <= 2; attempt++) {
        const holder = await waitUntil('a worker to hold it', () => workers.find((w) => w.alive && w.events('job')[0]));
        await holder.kill();
      }
      expect(await audit(client)).toMatchObject([{ outcome: 'MDP_REMOTE', status: 502 }]);
      expect(third.events('job')).toEqual([]);
    });

    test('again and again under load loses and confuses nothing', async () => {
      const broker = await cluster().broker({ maxAttempts: 10 });
      const workers = await Promise.all(['a', 'b', 'c', 'd'].map((name) => cluster().worker(name)));
      const clients = ['x', 'y'].map((name) => cluster().client({ name, concurrency: 16, workMs: [1, 3, 7, 12] }));
      for (let round = 1; round <= 6; round++) {
        const ended = clients.flatMap(endsOf).length;
        await waitUntil('the load to go on', () => clients.flatMap(endsOf).length >= ended + 100);
        await workers[round - 1]?.kill();
        workers.push(await cluster().worker(`e${String(round)}`));
      }
      const ends = (await Promise.all(clients.map((client) => audit(client)))).flat();
      expect(outcomes(ends)).toEqual({ reply: ends.length });
      const { counters } = await statsOf(broker);
      expect(counters.workersLost).toMatchObject({ unreachable: 6, expired: 0 });
      note(
        `kill -9 of 6 workers under load: ${String(ends.length)} requests, all answered; ` +
          `${String(counters.recovered)} recovered, ${String(repeatedJobs(workers))} jobs begun twice`,
      );
    });
  });

  describe('SIGSTOP of a busy worker', () => {
    test('gives its request to another worker; when it thaws its late reply goes nowhere, and it serves again', async () => {
      const heartbeats = { heartbeatIntervalMs: 100, heartbeatLiveness: 5 };
      const broker = await cluster().broker(heartbeats);
      const frozen = await cluster().worker('frozen', broker, heartbeats);
      const client = cluster().client({ name: 'c', count: 1, workMs: 1_000 });
      await frozen.event('job');
      frozen.signal('SIGSTOP');
      const start = performance.now();
      const heir = await cluster().worker('heir', broker, heartbeats);
      await heir.event('job');
      note(
        `SIGSTOP: the request was with another worker after ${(performance.now() - start).toFixed(0)} ms (expiry 500)`,
      );
      expect(await audit(client)).toMatchObject([{ outcome: 'reply', frames: ['heir', 'c-1'] }]);

      frozen.signal('SIGCONT');
      await waitUntil('it to register again', async () => (await statsOf(broker)).workers.registered === 2);
      const next = cluster().client({ name: 'next', count: 20 });
      const ends = await audit(next);
      expect(outcomes(ends)).toEqual({ reply: 20 });
      expect(new Set(ends.map(({ frames }) => frames?.[0]))).toEqual(new Set(['frozen', 'heir']));
      expect((await statsOf(broker)).counters.finals).toBe(21);
    });

    test('again and again under load loses and confuses nothing', async () => {
      const heartbeats = { heartbeatIntervalMs: 100, heartbeatLiveness: 4 };
      const broker = await cluster().broker({ ...heartbeats, maxAttempts: 10 });
      const workers = await Promise.all(['a', 'b', 'c'].map((name) => cluster().worker(name, undefined, heartbeats)));
      const client = cluster().client({ name: 'c', concurrency: 16, workMs: [1, 5, 10] });
      for (const worker of workers) {
        const ended = endsOf(client).length;
        await waitUntil('the load to go on', () => endsOf(client).length >= ended + 100);
        const lost = broker.events('workerLost').length;
        worker.signal('SIGSTOP');
        await broker.event('workerLost', undefined, lost + 1);
        const ready = broker.events('workerReady').length;
        worker.signal('SIGCONT');
        await broker.event('workerReady', undefined, ready + 1);
      }
      const ends = await audit(client);
      expect(outcomes(ends)).toEqual({ reply: ends.length });
      note(`SIGSTOP of 3 workers under load: ${String(ends.length)} requests, all answered`);
    });
  });

  describe('SIGTERM', () => {
    test('of every worker in turn, under load, fails no request and repeats none', async () => {
      // With the default of two attempts: a request that crosses a worker's DISCONNECT is given to another one.
      const broker = await cluster().broker();
      let workers = await Promise.all(['a0', 'b0', 'c0'].map((name) => cluster().worker(name)));
      const all = [...workers];
      const client = cluster().client({ name: 'c', concurrency: 16, workMs: [1, 5, 20] });
      for (let round = 1; round <= 3; round++) {
        for (const [i, old] of workers.entries()) {
          const ended = endsOf(client).length;
          await waitUntil('the load to go on', () => endsOf(client).length >= ended + 50);
          const successor = await cluster().worker(`${'abc'.charAt(i)}${String(round)}`, broker);
          all.push(successor);
          workers = workers.map((worker) => (worker === old ? successor : worker));
          old.signal('SIGTERM');
          expect(await old.exited).toEqual({ code: 0, signal: null });
        }
      }
      const ends = await audit(client);
      expect(outcomes(ends)).toEqual({ reply: ends.length });
      expect(repeatedJobs(all)).toBe(0);
      // Their DISCONNECT may still be unread when the broker finds that they have hung up; nobody has to be missed.
      const { disconnect = 0, unreachable = 0, expired } = (await statsOf(broker)).counters.workersLost;
      expect(disconnect + unreachable).toBe(9);
      expect(expired).toBe(0);
      note(`rolling restart of 3 workers, 3 times, under load: ${String(ends.length)} requests, none failed`);
    });
  });
});
