// SPDX-License-Identifier: Apache-2.0
// broker-faults.test - a broker that is killed, restarted and frozen while requests run

import { describe, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { audit, endsOf, note, outcomes, repeatedJobs, statsOf, overWires } from './cluster.js';

overWires((cluster) => {
  describe('a broker that is killed and comes back', () => {
    test('under load: clients that repeat get every reply, each its own, and the workers come back by themselves', async () => {
      let broker = await cluster().broker();
      const workers = await Promise.all(['a', 'b', 'c'].map((name) => cluster().worker(name, undefined)));
      const options = { timeoutMs: 30_000, retry: { attempts: 1000, baseMs: 20, maxMs: 200 } };
      const clients = ['x', 'y'].map((name) =>
        cluster().client({ name, concurrency: 16, workMs: [1, 5, 10], options }),
      );
      const recoveries: number[] = [];
      for (let round = 1; round <= 3; round++) {
        const ended = clients.flatMap(endsOf).length;
        await waitUntil('the load to go on', () => clients.flatMap(endsOf).length >= ended + 150);
        await broker.kill();
        broker = await cluster().broker();
        const start = performance.now();
        const before = clients.flatMap(endsOf).length;
        await waitUntil('the first reply through the new broker', () => clients.flatMap(endsOf).length > before);
        recoveries.push(performance.now() - start);
      }
      const ends = (await Promise.all(clients.map((client) => audit(client)))).flat();
      expect(outcomes(ends)).toEqual({ reply: ends.length });
      await waitUntil('all workers to be back', async () => (await statsOf(broker)).workers.registered === 3);
      note(
        `kill -9 of the broker, 3 times, under load: ${String(ends.length)} requests, all answered; replies went on ` +
          `${recoveries.map((ms) => ms.toFixed(0)).join(', ')} ms after its return; ` +
          `${String(repeatedJobs(workers))} jobs begun twice`,
      );
    });

    test('under load: clients that do not repeat learn of every request that was lost, and no work is done twice', async () => {
      let broker = await cluster().broker();
      const workers = await Promise.all(['a', 'b'].map((name) => cluster().worker(name, undefined)));
      const client = cluster().client({
        name: 'c',
        concurrency: 16,
        workMs: [1, 5, 10],
        options: { timeoutMs: 5_000 },
      });
      for (let round = 1; round <= 2; round++) {
        const replies = (): number => endsOf(client).filter(({ outcome }) => outcome === 'reply').length;
        const before = replies();
        await waitUntil('the load to go on', () => replies() >= before + 150);
        await broker.kill();
        broker = await cluster().broker();
      }
      const ends = await audit(client);
      const { reply, ...others } = outcomes(ends);
      expect(reply).toBeGreaterThanOrEqual(300);
      expect(Object.keys(others).filter((outcome) => outcome !== 'MDP_DISCONNECTED')).toEqual([]);
      expect(repeatedJobs(workers)).toBe(0);
      note(`kill -9 of the broker, twice, without repeats: ${JSON.stringify(outcomes(ends))}`);
    });

    test('gets no reply of its predecessor taken for one of its own', async () => {
      let broker = await cluster().broker();
      const worker = await cluster().worker('slow', broker);
      const first = cluster().client({ name: 'first', count: 1, workMs: 1500 });
      await worker.event('job');
      await broker.kill();
      broker = await cluster().broker();
      // Its tokens begin anew: were they mere numbers, the reply to `first` would now look like the one to `second`.
      const second = cluster().client({ name: 'second', count: 1 });
      expect(await audit(second)).toMatchObject([{ outcome: 'reply', frames: ['slow', 'second-1'] }]);
      expect(await audit(first)).toMatchObject([{ outcome: 'MDP_DISCONNECTED' }]);
      expect((await statsOf(broker)).counters).toMatchObject({ finals: 1, dispatched: 1 });
    });
  });

  describe('a broker that stands still', () => {
    test('for more than three expiries: no worker is lost, and every request goes on', async () => {
      const patient = { heartbeatIntervalMs: 100, heartbeatLiveness: 100 };
      const broker = await cluster().broker({ heartbeatIntervalMs: 100, heartbeatLiveness: 5, zmtpHeartbeats: false });
      const workers = await Promise.all(['a', 'b', 'c'].map((name) => cluster().worker(name, undefined, patient)));
      await broker.event('workerReady', undefined, 3);
      const client = cluster().client({ name: 'c', concurrency: 8, workMs: [1, 10, 300] });
      await waitUntil('the load', () => endsOf(client).length >= 50);

      broker.signal('SIGSTOP');
      const resumeAt = performance.now() + 1_700;
      await waitUntil('three expiries of 500 ms to pass', () => performance.now() > resumeAt);
      broker.signal('SIGCONT');

      const ended = endsOf(client).length;
      await waitUntil('the load to go on', () => endsOf(client).length >= ended + 100);
      const ends = await audit(client);
      expect(outcomes(ends)).toEqual({ reply: ends.length });
      expect((await statsOf(broker)).counters).toMatchObject({ workersReady: 3, recovered: 0 });
      // What it reports comes in order: with the statistics, everything before them is here.
      expect(broker.events('stalled').length).toBeGreaterThan(0);
      expect(broker.events('workerLost')).toEqual([]);
      expect(repeatedJobs(workers)).toBe(0);
    });
  });
});
