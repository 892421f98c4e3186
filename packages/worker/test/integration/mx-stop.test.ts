// SPDX-License-Identifier: Apache-2.0
// mx-stop.test - how requests by MX end with their worker or their broker: stopping gracefully, and brokers that break the rules or do not read

import { describe, expect, test } from '@jest/globals';
import { decodeMx, encodeMx } from '@mdp/protocol';
import { waitUntil } from '@mdp/testkit';
import { request, requestTo } from './mx-broker.js';
import { pulling, serving } from './mx-worker.js';
import { Router } from 'zeromq';
import { Gate, onEnd, startWorker } from './support.js';

const WITHDRAWN = { type: 'ready', service: Buffer.from('echo'), credit: 0 } as const;

const codeOf = ({ reason }: AbortSignal): string => (reason as { code: string }).code;

describe('stop', () => {
  test('takes the service back, serves what had been sent, and leaves when the broker has confirmed it', async () => {
    const gates: Gate[] = [];
    const { broker, worker, peer } = await serving(async ({ body }) => {
      const gate = new Gate();
      gates.push(gate);
      await gate.passed;
      return body;
    });
    await broker.send(peer, request(1, 'first'));
    await waitUntil('the request to run', () => gates.length === 1);
    const stopped = worker.stop();
    expect((await broker.take('ready')).record).toMatchObject({ service: 'echo', credit: 0 });
    await broker.send(peer, request(2, 'crossed'));
    await waitUntil('both to run', () => gates.length === 2);
    for (const gate of gates) gate.open();
    expect([await broker.reply(1), await broker.reply(2)]).toEqual([[['first']], [['crossed']]]);
    expect(worker.stats()).toMatchObject({ phase: 'stopping', registered: 1 });
    await broker.send(peer, WITHDRAWN);
    await broker.take('disconnect');
    await stopped;
    expect(worker.stats().counters).toMatchObject({ finals: 2, dropped: { refused: 0 } });
  });

  test('waits for the confirmation for no longer than drainMs', async () => {
    const { broker, worker } = await serving(() => 'ok');
    await worker.stop({ drainMs: 20 });
    await broker.take('disconnect');
    expect(worker.stats().phase).toBe('stopped');
  });

  test('with drainMs 0 aborts, says DISCONNECT, and takes nothing back', async () => {
    const reasons: string[] = [];
    const { broker, worker, peer } = await serving((_, { signal }) => {
      signal.addEventListener('abort', () => reasons.push(codeOf(signal)));
      return new Promise<undefined>(() => undefined);
    });
    await broker.send(peer, request(1), request(2));
    await waitUntil('both to run', () => worker.stats().inFlight === 2);
    await worker.stop({ drainMs: 0 });
    await broker.take('disconnect');
    expect(reasons).toEqual(['MDP_CLOSED', 'MDP_CLOSED']);
    expect(broker.heard.flatMap(({ records }) => records.map(({ type }) => type))).toEqual(['ready', 'disconnect']);
  });

  test('a loop gets what still comes, and ends with the worker', async () => {
    const { broker, worker, peer } = await pulling();
    const served: string[] = [];
    const loop = (async () => {
      for await (const got of worker) {
        served.push(String(got.body[0]));
        await got.final('ok');
      }
    })();
    await broker.send(peer, request(1, 'before'));
    await broker.reply(1);
    const stopped = worker.stop();
    await broker.take('ready');
    await broker.send(peer, request(2, 'after'));
    await broker.reply(2);
    await broker.send(peer, WITHDRAWN);
    await Promise.all([stopped, loop]);
    expect(served).toEqual(['before', 'after']);
  });

  test('without a loop, what waits is given back at once', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.send(peer, request(1));
    await waitUntil('it to arrive', () => worker.stats().inFlight === 1);
    await worker.stop();
    await broker.take('disconnect');
    expect(worker.stats().counters).toMatchObject({ requests: 0, dropped: { refused: 1 } });
  });
});

describe('a broker that breaks the rules', () => {
  test('is left after four batches that are none, and registered with anew', async () => {
    const { broker, worker, peer } = await serving(() => 'ok');
    const id = Buffer.from(peer, 'hex');
    await broker.raw.send(id, 'MDPX01');
    await broker.raw.send(id, 'MDPX01garbage');
    await broker.raw.send(id, Buffer.concat([Buffer.from('MDPX01'), Buffer.alloc(100_000, 255)]));
    await broker.raw.send(id, 'MDPW02', Buffer.of(2), 'token', '', 'strict on an MX connection');
    expect((await broker.take('disconnect')).peer).toBe(peer);
    expect(await broker.ready()).not.toBe(peer);
    expect(worker.stats().counters).toMatchObject({
      requests: 0,
      dropped: { invalid: 4 },
      disconnects: { unexpected: 1 },
    });
  });

  test('nothing of a batch with one fault counts', async () => {
    const { broker, worker, peer } = await serving(() => 'ok');
    const good = Buffer.from([0x16, 0, 0, 0, 2, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0x61, 0, 0, 0, 0]);
    await broker.raw.send(Buffer.from(peer, 'hex'), Buffer.concat([Buffer.from('MDPX01'), good, Buffer.of(1)]));
    await broker.send(peer, request(9, 'after'));
    await broker.reply(9);
    expect(worker.stats().counters).toMatchObject({ requests: 1, dropped: { invalid: 1 } });
  });

  test('a REQUEST beyond the credit, or for a service of others, is not begun; the worker leaves and comes back', async () => {
    for (const bad of [request(5), requestTo('other', 5, 0), request(1)]) {
      const gate = new Gate();
      let begun = 0;
      const handler = async (): Promise<void> => {
        begun++;
        await gate.passed;
      };
      const { broker, worker, peer } = await serving(handler, { concurrency: 1 });
      await broker.send(peer, request(1), bad);
      await waitUntil('it to be refused', () => worker.stats().counters.dropped.second === 1);
      gate.open();
      await broker.reply(1);
      expect((await broker.take('disconnect')).peer).toBe(peer);
      expect(await broker.ready()).not.toBe(peer);
      expect(begun).toBe(1);
    }
  });

  test('DISCONNECT in the batch of the REQUEST calls it back', async () => {
    let begun = 0;
    const { broker, worker, peer } = await serving(() => void begun++);
    await broker.send(peer, request(1), { type: 'disconnect' }, request(2));
    expect(await broker.ready()).not.toBe(peer);
    expect(begun).toBe(0);
    expect(worker.stats().counters).toMatchObject({ disconnects: { disconnect: 1 }, dropped: { stale: 2 } });
  });
});

describe('a broker that asks and does not read', () => {
  test('is read no further itself, so memory has an end; when it reads, every request is answered', async () => {
    const router = new Router({ linger: 0, receiveHighWaterMark: 1, sendHighWaterMark: 0 });
    onEnd(() => {
      router.close();
    });
    await router.bind('tcp://127.0.0.1:*');
    const bulk = Buffer.alloc(256 * 1024);
    const worker = await startWorker(router.lastEndpoint ?? '', () => bulk, {
      ...{ wire: 'mx', concurrency: 8, sendHighWaterMark: 2 },
    });
    const [id = Buffer.alloc(0)] = await router.receive();
    const begun = (): number => worker.stats().counters.requests;
    let count = 0;
    let still = 0;
    while (still <= 25) {
      // No more than the credit that the last replies, unread as they are, have freed.
      const first = count;
      await router.send([id, ...encodeMx(Array.from({ length: 8 }, () => request(count++)))]);
      still = 0;
      await waitUntil('them to begin, or the worker to stand still', () => {
        still = begun() === first ? still + 1 : 0;
        return begun() === count || still > 25;
      });
    }
    // 16 MiB wait in the worker; the rest is what ZeroMQ and the network hold.
    expect(count).toBeLessThan(2_000);
    const answered: number[] = [];
    while (answered.length < count) {
      const [, ...frames] = await router.receive();
      const message = decodeMx(frames);
      for (const record of message.type === 'batch' ? message.records : []) {
        if (record.type === 'final') answered.push(record.id);
      }
    }
    expect(answered).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(worker.stats().counters.readys).toBe(1);
  });
});
