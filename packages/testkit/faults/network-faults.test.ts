// SPDX-License-Identifier: Apache-2.0
// network-faults.test - cut, slow, lossy and half-open networks between broker, workers and clients

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestProcess } from '@mdp/testkit';
import { waitUntil } from '@mdp/testkit';
import type { Wires } from './cluster.js';
import { audit, endsOf, note, outcomes, statsOf } from './cluster.js';
import { NetCluster, describeNetwork } from './net-cluster.js';

const STRICT: Wires = { client: 'rfc18', worker: 'rfc18' };
const MX: Wires = { client: 'mx', worker: 'mx' };
const AUTO: Wires = { client: 'auto', worker: 'auto' };

/** An expiry of 600 ms: longer than anything here takes on a good network. */
const HEARTBEATS = { heartbeatIntervalMs: 100, heartbeatLiveness: 6 };
const PATIENT = { timeoutMs: 40_000, retry: { attempts: 1000, baseMs: 20, maxMs: 200 } };

/** How long something takes, told to whoever reads the output. */
async function timed<T>(what: string, wait: Promise<T>): Promise<T> {
  const start = performance.now();
  const answer = await wait;
  note(`${what}: ${(performance.now() - start).toFixed(0)} ms`);
  return answer;
}

/** Until so many more requests have ended. */
async function untilMore(client: TestProcess, more: number): Promise<void> {
  const before = endsOf(client).length;
  await waitUntil('the load to go on', () => endsOf(client).length >= before + more, 45_000);
}

async function untilRegistered(broker: TestProcess, count: number): Promise<void> {
  await waitUntil(
    `${String(count)} workers to be registered`,
    async () => (await statsOf(broker)).workers.registered === count,
    45_000,
  );
}

/** How long the longest cut lasts at least: the operating system gives up a client's connection after 25 s. */
const LONG_CUT_MS = 27_000;

/** A cut that is longer than every expiry. It lasts while other tests run. */
class LongCut {
  readonly #it: NetCluster;
  readonly #broker: TestProcess;
  readonly #clients: readonly TestProcess[];
  readonly #healAt = performance.now() + LONG_CUT_MS;

  private constructor(it: NetCluster, broker: TestProcess, clients: readonly TestProcess[]) {
    this.#it = it;
    this.#broker = broker;
    this.#clients = clients;
  }

  static async begin(): Promise<LongCut> {
    const it = await NetCluster.on(AUTO, ['a', 'b', 'patient', 'hasty', 'still']);
    try {
      const broker = await it.broker({ ...HEARTBEATS, maxAttempts: 10 });
      for (const name of ['a', 'b']) await it.worker(name, broker, { ...HEARTBEATS, concurrency: 4 });
      const load = { concurrency: 4, workMs: 5 };
      const clients = [
        it.client({ name: 'patient', ...load, options: { ...PATIENT, timeoutMs: 0 } }),
        it.client({ name: 'hasty', ...load, options: { timeoutMs: 1_500 } }),
        it.client({ name: 'still', ...load, options: { timeoutMs: 0 } }),
      ];
      await Promise.all(clients.map((client) => untilMore(client, 50)));
      await it.network.everywhere({ cut: true });
      return new LongCut(it, broker, clients);
    } catch (error) {
      await it.close();
      throw error;
    }
  }

  /** Wait until it has lasted long enough, heal it, and wait until everybody is back. */
  async heal(): Promise<Record<string, number>[]> {
    await waitUntil('the cut to last', () => performance.now() > this.#healAt, LONG_CUT_MS + 1_000);
    expect((await statsOf(this.#broker)).workers.registered).toBe(0);
    await this.#it.network.heal();
    await Promise.all([
      timed('long cut: the workers are back', untilRegistered(this.#broker, 2)),
      ...this.#clients.map((client) => timed('long cut: a client has 50 more replies', untilMore(client, 50))),
    ]);
    const ends = await Promise.all(this.#clients.map((client) => audit(client)));
    return ends.map(outcomes);
  }

  async close(): Promise<void> {
    await this.#it.close();
  }
}

describeNetwork('faults of the network', () => {
  let longCut: LongCut;
  beforeAll(async () => {
    longCut = await LongCut.begin();
  });
  afterAll(async () => {
    await longCut.close();
  });

  describe.each([STRICT, MX])('clients speak $client, workers $worker', (wires) => {
    test('a client whose machine vanishes with a hundred requests queued: nothing of it stays', async () => {
      await using it = await NetCluster.on(wires, ['a', 'gone', 'c']);
      const broker = await it.broker(HEARTBEATS);
      const worker = await it.worker('a', broker, HEARTBEATS);
      // A strict client is told nothing but replies, so that it is gone shows only then: its work is done, for nobody.
      const strict = wires.client === 'rfc18';
      it.client({ name: 'gone', concurrency: 101, workMs: strict ? 30 : 500 });
      await worker.event('job');
      await waitUntil('the others to be queued', async () => (await statsOf(broker)).requests.queued >= 95);
      await it.network.down('gone');
      const start = performance.now();
      const { counters, requests } = await waitUntil('nothing to be left', async () => {
        const stats = await statsOf(broker);
        return stats.requests.queued + stats.requests.running === 0 ? stats : undefined;
      });
      const { abandoned, dropped } = counters;
      note(
        `client vanishes with 100 requests queued, ${wires.client}: ${String(abandoned)} abandoned, ` +
          `${String(worker.events('job').length)} begun, nothing left after ${(performance.now() - start).toFixed(0)} ms`,
      );
      expect(requests.pendingBytes).toBe(0);
      if (strict) expect(abandoned + dropped.clientGone + dropped.unreachable).toBeGreaterThan(0);
      else expect(abandoned).toBeGreaterThan(80);
      expect(outcomes(await audit(it.client({ name: 'c', count: 10 })))).toEqual({ reply: 10 });
    });

    test('a stream over a network that is cut for a while: it goes on, without a gap', async () => {
      await using it = await NetCluster.on(wires, ['a', 'reader']);
      const broker = await it.broker({ heartbeatIntervalMs: 1_000 });
      await it.worker('a', broker, { heartbeatIntervalMs: 1_000 });
      const reader = it.reader(['stream', '1000', '10000', 's'], { maxBufferedBytes: 65_536 });
      await reader.event('reading');
      await it.network.everywhere({ cut: true });
      reader.tell({ order: 'goOn' });
      const healAt = performance.now() + 300;
      await waitUntil('the cut to last', () => performance.now() > healAt);
      await it.network.heal();
      const read = await timed(`stream, cut for 300 ms, ${wires.client}: its end`, reader.event('read'));
      expect(read).toMatchObject({ outcome: 'end' });
      const numbers = read['numbers'] as string[];
      expect(numbers).toEqual([...Array.from({ length: 1000 }, (_, i) => String(i)), 'end']);
    });

    test('a stream whose client is cut off for good: it ends without a gap, and its worker is free', async () => {
      await using it = await NetCluster.on(wires, ['a', 'reader', 'c']);
      const broker = await it.broker(HEARTBEATS);
      await it.worker('a', broker, HEARTBEATS);
      const reader = it.reader(['stream', '1000', '10000', 's'], { maxBufferedBytes: 65_536, timeoutMs: 2_500 });
      await reader.event('reading');
      await it.network.between('broker', 'reader', { cut: true });
      reader.tell({ order: 'goOn' });
      await timed(
        `stream whose client is cut off, ${wires.client}: its worker is free`,
        waitUntil('the worker to be free', async () => (await statsOf(broker)).workers.busy === 0, 20_000),
      );
      const { numbers, outcome } = (await reader.event('read')) as unknown as Record<string, string[]>;
      expect(numbers).toEqual(numbers?.map((_, i) => String(i)));
      expect(outcome).toBe('MDP_TIMEOUT');
      expect(outcomes(await audit(it.client({ name: 'c', count: 10 })))).toEqual({ reply: 10 });
    });
  });

  describe('clients and workers choose what they speak', () => {
    test.each([
      ['200 ms and 50 ms of jitter', { delayMs: 100, jitterMs: 25 }],
      ['5 % loss', { loss: 0.05 }],
      ['a quarter of the packets out of order', { delayMs: 5, reorder: 0.25, reorderMs: 10 }],
    ])('over a network with %s everything goes on', async (what, fault) => {
      await using it = await NetCluster.on(AUTO, ['a', 'b', 'c', 'reader']);
      const heartbeats = { heartbeatIntervalMs: 500 };
      const broker = await it.broker({ ...heartbeats, maxAttempts: 10 });
      await it.worker('a', broker, { ...heartbeats, concurrency: 16 });
      await it.worker('b', broker, { ...heartbeats, concurrency: 16 });
      await it.network.everywhere(fault);
      const client = it.client({ name: 'c', concurrency: 32, count: 200, options: PATIENT });
      const ends = timed(`${what}: 200 requests, 32 at a time`, audit(client));
      const reader = it.reader(['stream', '50', '5000', 's'], { maxBufferedBytes: 65_536 });
      await reader.event('reading');
      reader.tell({ order: 'goOn' });
      const read = await reader.event('read');
      expect(outcomes(await ends)).toEqual({ reply: 200 });
      expect(read).toMatchObject({ outcome: 'end' });
      expect(read['numbers']).toEqual([...Array.from({ length: 50 }, (_, i) => String(i)), 'end']);
      const { workersLost } = (await statsOf(broker)).counters;
      note(`${what}: ${JSON.stringify(workersLost)} ${JSON.stringify(await it.network.counts())}`);
    });

    test("a broker's address that moves to another machine: workers and clients follow", async () => {
      await using it = await NetCluster.on(AUTO, ['a', 'c', 'spare']);
      const first = await it.broker(HEARTBEATS);
      const worker = await it.worker('a', first, { ...HEARTBEATS, concurrency: 4 });
      const client = it.client({ name: 'c', concurrency: 4, workMs: 5, options: PATIENT });
      await untilMore(client, 50);
      await it.network.down('broker');
      const ended = endsOf(client).length;
      await it.network.readdress('spare', (await it.network.host('broker')).address);
      it.brokerHost = 'spare';
      const second = await it.broker(HEARTBEATS);
      await Promise.all([
        timed(`broker's address moves: the worker is there`, untilRegistered(second, 1)),
        timed(
          `broker's address moves: a request ends there`,
          waitUntil('the load to go on', () => endsOf(client).length >= ended + 10, 45_000),
        ),
      ]);
      expect(Object.keys(outcomes(await audit(client)))).toEqual(['reply']);
      expect(worker.alive).toBe(true);
    });
  });

  test('a cut that is longer than every expiry: all requests end, and all come back by themselves', async () => {
    const [patient = {}, hasty = {}, still = {}] = await longCut.heal();
    note(`long cut: ${JSON.stringify({ patient, hasty, still })}`);
    expect(Object.keys(patient)).toEqual(['reply']);
    // With a deadline and without repetition some end by their deadline, those under way then as soon as the connection does.
    expect(hasty['MDP_TIMEOUT']).toBeGreaterThan(0);
    const allowed = ['reply', 'MDP_TIMEOUT', 'MDP_DISCONNECTED'];
    expect([...Object.keys(hasty), ...Object.keys(still)].filter((outcome) => !allowed.includes(outcome))).toEqual([]);
    expect(still['MDP_TIMEOUT']).toBeUndefined();
  });
});
