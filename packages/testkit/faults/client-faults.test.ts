// SPDX-License-Identifier: Apache-2.0
// client-faults.test - clients that are killed, give up, and stop reading

import { describe, expect, test } from '@jest/globals';
import type { TestProcess } from '@mdp/testkit';
import { waitUntil } from '@mdp/testkit';
import { audit, endsOf, note, outcomes, statsOf, overWires } from './cluster.js';

overWires((cluster, wires) => {
  describe('kill -9 of a client', () => {
    test('with a hundred queued requests: others are served, and nothing of it stays', async () => {
      const broker = await cluster().broker();
      const gone = cluster().client({ name: 'gone', concurrency: 100 });
      await waitUntil('its requests to be queued', async () => (await statsOf(broker)).requests.queued === 100);
      await gone.kill();
      await cluster().worker('w', broker);
      const client = cluster().client({ name: 'c', concurrency: 4, count: 200 });
      const ends = await audit(client);
      expect(outcomes(ends)).toEqual({ reply: 200 });
      await waitUntil('the queue to be empty', async () => (await statsOf(broker)).requests.queued === 0);
      const { counters, requests, outbox } = await statsOf(broker);
      // Each of the hundred is accounted for: dropped before a worker had it, or its reply found nobody.
      expect(counters.abandoned + counters.dropped.clientGone + counters.dropped.unreachable).toBeGreaterThanOrEqual(
        100,
      );
      expect(requests).toEqual({ queued: 0, queuedBytes: 0, running: 0, pendingBytes: 0 });
      expect(outbox).toEqual({ peers: 0, messages: 0, bytes: 0 });
    });

    test('in the middle of a stream: its worker is free for the next one', async () => {
      const broker = await cluster().broker();
      await cluster().worker('w', broker);
      const reader = cluster().reader(['stream', '2000', '10000', 'cut'], { maxBufferedBytes: 1 });
      await reader.event('reading');
      await reader.kill();
      const ends = await audit(cluster().client({ name: 'c', count: 10 }));
      expect(outcomes(ends)).toEqual({ reply: 10 });
      expect((await statsOf(broker)).workers).toEqual({ registered: 1, waiting: 1, busy: 0 });
    });
  });

  describe('a client that gives up', () => {
    test('never gets a late reply for its next request', async () => {
      const broker = await cluster().broker();
      await Promise.all(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => cluster().worker(name)));
      await broker.event('workerReady', undefined, 8);
      const options = { timeoutMs: 100, maxSockets: 6 };
      const client = cluster().client({ name: 'c', concurrency: 6, count: 400, workMs: [1, 5, 20, 99, 110], options });
      const ends = await audit(client);
      const { reply = 0, MDP_TIMEOUT = 0, ...others } = outcomes(ends);
      expect(others).toEqual({});
      expect(Math.min(reply, MDP_TIMEOUT)).toBeGreaterThan(50);
      note(
        `deadlines shorter than some jobs: ${String(reply)} replies, ${String(MDP_TIMEOUT)} timeouts, none mixed up`,
      );
    });
  });

  describe('a client that stops reading a stream', () => {
    const BROKER = { sendHighWaterMark: 10, maxOutboxMessages: 10 };
    const STREAM = ['stream', '1500', '65536'];

    /** What becomes of it: an MX worker is made to wait; what a strict one sends too soon is broken off. */
    async function expectEnd(slow: TestProcess, broker: TestProcess): Promise<void> {
      slow.tell({ order: 'goOn' });
      const read = await slow.event('read');
      const parts = read['numbers'] as string[];
      const numbers = parts.filter((part) => part !== 'end');
      expect(numbers).toEqual(numbers.map((_, i) => String(i)));
      if (wires.worker === 'rfc18') {
        expect(read).toMatchObject({ outcome: 'MDP_REMOTE', status: 429 });
        expect(numbers.length).toBeLessThan(1500);
      } else {
        expect(read).toMatchObject({ outcome: 'end' });
        expect(parts.slice(1499)).toEqual(['1499', 'end']);
        expect(broker.events('requestFailed')).toEqual([]);
      }
    }

    /** Until the stream stands still: it was broken off, or its worker waits. */
    async function untilHeld(broker: TestProcess): Promise<void> {
      if (wires.worker === 'rfc18') {
        await broker.event('requestFailed');
        return;
      }
      let before = -1;
      await waitUntil('the stream to stand still', async () => {
        const { partials } = (await statsOf(broker)).counters;
        const still = partials === before;
        before = partials;
        return still;
      });
    }

    test('has no gap, and everybody else goes on', async () => {
      const broker = await cluster().broker(BROKER);
      await cluster().worker('w1', broker);
      await cluster().worker('w2', broker);
      const slow = cluster().reader([...STREAM, 'slow'], { maxBufferedBytes: 65_536 });
      await slow.event('reading');
      const client = cluster().client({ name: 'c', concurrency: 4 });
      const quick = cluster().reader(['stream', '8', '65536', 'quick']);
      quick.tell({ order: 'goOn' });
      expect(await quick.event('read')).toMatchObject({ outcome: 'end' });
      await untilHeld(broker);
      const ended = endsOf(client).length;
      await waitUntil('the load to go on', () => endsOf(client).length >= ended + 100);
      expect(outcomes(await audit(client))).toEqual({ reply: endsOf(client).length });
      await expectEnd(slow, broker);
      expect((await statsOf(broker)).outbox).toEqual({ peers: 0, messages: 0, bytes: 0 });
    });

    test('by being frozen: the same', async () => {
      const broker = await cluster().broker(BROKER);
      await cluster().worker('w', broker);
      // Where the stream waits, its worker has room for others.
      await cluster().worker('other', broker);
      const frozen = cluster().reader([...STREAM, 'frozen'], { maxBufferedBytes: 65_536 });
      await frozen.event('reading');
      frozen.signal('SIGSTOP');
      await untilHeld(broker);
      expect(outcomes(await audit(cluster().client({ name: 'c', count: 50 })))).toEqual({ reply: 50 });
      frozen.signal('SIGCONT');
      await expectEnd(frozen, broker);
    });
  });
});
