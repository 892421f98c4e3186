// SPDX-License-Identifier: Apache-2.0
// mx-requests.test - what MX adds to a request, on real sockets: CANCEL, deadlines, credit of streams, and stopping gracefully

import { describe, expect, test } from '@jest/globals';
import { MX_FIRST_CREDIT, decodeMx, encodeMx, mxCost } from '@mdp/protocol';
import { waitUntil } from '@mdp/testkit';
import type { Handler, PulledRequest, WorkerOptions, WorkerRequest } from '../../src/index.js';
import { Worker } from '../../src/index.js';
import { MxBroker, request, requestTo } from './mx-broker.js';
import { Router } from 'zeromq';
import { Gate, onEnd, startWorker, stopAtEnd } from './support.js';

const CANCEL = (id: number) => ({ type: 'cancel', id }) as const;
const CREDIT = (id: number, amount: number) => ({ type: 'credit', id, amount }) as const;
const WITHDRAWN = { type: 'ready', service: Buffer.from('echo'), credit: 0 } as const;

/** A worker on MX and who it is at its broker. */
async function serving(handler: Handler, options: WorkerOptions = {}) {
  const broker = await MxBroker.bind();
  const worker = await startWorker(broker.endpoint, handler, { wire: 'mx', concurrency: 4, ...options });
  return { broker, worker, peer: await broker.ready() };
}

/** The same without a handler. */
async function pulling(options: WorkerOptions = {}) {
  const broker = await MxBroker.bind();
  const worker = new Worker(broker.endpoint, 'echo', { wire: 'mx', concurrency: 4, ...options });
  stopAtEnd(worker);
  await worker.start();
  return { broker, worker, peer: await broker.ready() };
}

const codeOf = ({ reason }: AbortSignal): string => (reason as { code: string }).code;

describe('CANCEL', () => {
  test('aborts the signal; what the handler returns then ends the request', async () => {
    const { broker, worker, peer } = await serving(async (_, { signal }) => {
      const gate = new Gate();
      signal.addEventListener('abort', () => {
        gate.open();
      });
      await gate.passed;
      return codeOf(signal);
    });
    await broker.send(peer, request(1));
    await waitUntil('the request to run', () => worker.stats().inFlight === 1);
    await broker.send(peer, CANCEL(1), CANCEL(2));
    expect(await broker.reply(1)).toEqual([['MDP_ABORTED']]);
    expect(worker.stats().counters).toMatchObject({ cancelled: 1, finals: 1 });
  });

  test('a handler that throws for it is no failure that anybody is told of', async () => {
    const failures: unknown[] = [];
    const { broker, worker, peer } = await serving(
      (_, { signal }) =>
        new Promise<never>((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        }),
    );
    worker.on('handlerError', (error) => failures.push(error));
    await broker.send(peer, request(1));
    await waitUntil('the request to run', () => worker.stats().inFlight === 1);
    await broker.send(peer, CANCEL(1));
    expect(await broker.failure(1)).toMatchObject({ status: 500 });
    expect(failures).toEqual([]);
  });

  test('breaks a stream off, which is told, and frees its place', async () => {
    let told = false;
    const { broker, worker, peer } = await serving(async function* () {
      try {
        for (;;) yield 'part';
      } finally {
        told = true;
      }
    });
    await broker.send(peer, request(1));
    const granted = Math.ceil(MX_FIRST_CREDIT / mxCost([Buffer.from('part')]));
    await waitUntil('its grant to be used up', () => worker.stats().counters.partials === granted);
    await broker.send(peer, CANCEL(1));
    expect((await broker.reply(1)).at(-1)).toEqual(['']);
    expect(told).toBe(true);
    expect(worker.stats()).toMatchObject({ inFlight: 0, orphans: 0 });
  });

  test('withdraws a request that waits for a loop, and ends it', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.send(peer, request(1, 'first'), request(2, 'second'));
    await waitUntil('them to arrive', () => worker.stats().inFlight === 2);
    await broker.send(peer, CANCEL(1));
    expect(await broker.failure(1)).toMatchObject({ status: 500 });
    for await (const { body } of worker) {
      expect(String(body[0])).toBe('second');
      break;
    }
  });

  test('tells a loop that its request is over; the FINAL that it sends all the same frees the place', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.send(peer, request(1));
    const { value } = (await worker[Symbol.asyncIterator]().next()) as { value: PulledRequest };
    expect([value.ended, value.signal.aborted]).toEqual([false, false]);
    await broker.send(peer, CANCEL(1));
    await waitUntil('the request to be over', () => value.ended);
    expect(codeOf(value.signal)).toBe('MDP_ABORTED');
    expect(await value.partial('nobody wants it')).toBe(false);
    expect(await value.final('the end')).toBe(true);
    expect(await broker.reply(1)).toEqual([['the end']]);
  });

  test('with concurrency 1, whoever goes on to the next request ends a cancelled one, too', async () => {
    const { broker, worker, peer } = await pulling({ concurrency: 1 });
    await broker.send(peer, request(1));
    const requests = worker[Symbol.asyncIterator]();
    const { value } = (await requests.next()) as { value: PulledRequest };
    await broker.send(peer, CANCEL(1));
    await waitUntil('the request to be over', () => value.ended);
    const next = requests.next();
    expect(await broker.failure(1)).toMatchObject({ message: 'the worker went on without a reply' });
    await broker.send(peer, request(2));
    expect((await next).done).toBe(false);
  });
});

describe('the deadline of a request', () => {
  test('is told as what is left of it', async () => {
    const remaining: number[] = [];
    const { broker, peer } = await serving((got) => {
      remaining.push(got.remainingMs);
    });
    await broker.send(peer, requestTo('echo', 1, 60_000), requestTo('echo', 2, 0));
    await broker.reply(2);
    expect(remaining[0]).toBeGreaterThan(1_000);
    expect(remaining[0]).toBeLessThanOrEqual(60_000);
    expect(remaining[1]).toBe(Infinity);
  });

  test('aborts the signal when it passes; the request still ends with a FINAL', async () => {
    const { broker, peer } = await serving(async (got, { signal }) => {
      const gate = new Gate();
      signal.addEventListener('abort', () => {
        gate.open();
      });
      await gate.passed;
      return [codeOf(signal), String(got.remainingMs)];
    });
    await broker.send(peer, requestTo('echo', 1, 20));
    expect(await broker.reply(1)).toEqual([['MDP_TIMEOUT', '0']]);
  });

  test('a signal that is asked for after it has passed is aborted already', async () => {
    const { broker, peer } = await serving((got) => {
      while (got.remainingMs > 0);
      return got.signal.aborted ? codeOf(got.signal) : 'not aborted';
    });
    await broker.send(peer, requestTo('echo', 1, 1));
    expect(await broker.reply(1)).toEqual([['MDP_TIMEOUT']]);
  });

  test('does nothing after the reply', async () => {
    const got: WorkerRequest[] = [];
    const { broker, peer } = await serving((one) => {
      got.push(one);
      return one.signal.aborted ? 'aborted' : 'not aborted';
    });
    await broker.send(peer, requestTo('echo', 1, 30));
    expect(await broker.reply(1)).toEqual([['not aborted']]);
    await waitUntil('the deadline to pass', () => got[0]?.remainingMs === 0);
    expect(got[0]?.signal.aborted).toBe(false);
  });
});

describe('streams', () => {
  const PART = Buffer.alloc(8_192 - 64, 'x');
  const FIRST = MX_FIRST_CREDIT / mxCost([PART]);

  test('stop when the grant is used up, and go on with the next one; nothing is missing', async () => {
    let yielded = 0;
    const { broker, worker, peer } = await serving(async function* () {
      for (; yielded < 4 * FIRST; yielded++) yield PART;
      return 'end';
    });
    await broker.send(peer, request(1));
    const arrived = (): number => broker.said.length;
    for (let grants = 1; grants < 4; grants++) {
      await waitUntil('what is granted', () => arrived() === grants * FIRST && yielded === grants * FIRST);
      expect(worker.stats().counters).toMatchObject({ partials: grants * FIRST, finals: 0 });
      await broker.send(peer, CREDIT(1, MX_FIRST_CREDIT));
    }
    // A FINAL needs no grant.
    expect(await broker.reply(1)).toHaveLength(4 * FIRST + 1);
  });

  test('one that is blocked blocks no other one, and no request', async () => {
    const { broker, peer } = await serving(async function* ({ body: [word] }) {
      for (let i = 0; i < (String(word) === 'long' ? Infinity : 3); i++) yield PART;
      return word;
    });
    await broker.send(peer, request(1, 'long'));
    await waitUntil('it to be blocked', () => broker.said.length === FIRST);
    await broker.send(peer, request(2, 'short'));
    expect((await broker.reply(2)).map(([first]) => first?.length)).toEqual([...Array<number>(3).fill(PART.length), 5]);
  });

  test('without end take turns with everything else in the process', async () => {
    let parts = 0;
    const { broker, worker, peer } = await serving(async function* ({ body: [word] }) {
      if (String(word) !== 'endless') return word;
      for (; ; parts++) yield '';
    });
    // More is granted than could be sent in the time of a test.
    await broker.send(
      peer,
      request(1, 'endless'),
      CREDIT(1, 2 ** 32 - 1),
      request(2, 'endless'),
      CREDIT(2, 2 ** 32 - 1),
    );
    await waitUntil('many parts', () => parts > 5_000);
    await broker.send(peer, request(3, 'short'));
    expect(await broker.reply(3)).toEqual([['short']]);
    await broker.send(peer, CANCEL(1), CANCEL(2));
    await waitUntil('them to end', () => worker.stats().inFlight === 0);
    const counts = [1, 2].map(
      (id) =>
        broker.heard.flatMap(({ records }) => records).filter((record) => record.type === 'partial' && record.id === id)
          .length,
    );
    // Neither of them had to wait for the other.
    expect(Math.min(...counts)).toBeGreaterThan(Math.max(...counts) / 2);
  });

  test('of small parts leave together', async () => {
    const { broker, peer } = await serving(async function* () {
      for (let i = 0; i < 200; i++) yield String(i);
    });
    await broker.send(peer, request(1));
    const parts = await broker.reply(1);
    expect(parts).toEqual([...Array.from({ length: 200 }, (_, i) => [String(i)]), ['']]);
    const messages = broker.heard.filter(({ records }) => records.some(({ type }) => type === 'partial'));
    expect(messages.length).toBeLessThan(20);
  });

  test('of large parts arrive whole, one after the other', async () => {
    const { broker, peer } = await serving(async function* () {
      for (let i = 0; i < 5; i++) yield Buffer.alloc(2 ** 21, String(i));
    });
    await broker.send(peer, request(1), CREDIT(1, 2 ** 30));
    const parts = await broker.reply(1);
    expect(parts.map(([part]) => [part?.length, part?.[0]])).toEqual([
      ...Array.from({ length: 5 }, (_, i) => [2 ** 21, String(i)]),
      [0, undefined],
    ]);
  });

  test('whose parts nobody awaits keep their order before the FINAL, and end when there are too many of them', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.send(peer, request(1), request(2));
    const requests = worker[Symbol.asyncIterator]();
    const { value: first } = (await requests.next()) as { value: PulledRequest };
    const sent = Array.from({ length: 2 * FIRST }, () => first.partial(PART));
    void first.final('end');
    const { value: second } = (await requests.next()) as { value: PulledRequest };
    const flood = Array.from({ length: 3_000 }, () => second.partial(PART));
    await broker.send(peer, CREDIT(1, MX_FIRST_CREDIT));
    expect(await Promise.all(sent)).toEqual(Array(2 * FIRST).fill(true));
    expect((await broker.reply(1)).at(-1)).toEqual(['end']);
    await broker.send(peer, CREDIT(2, 2 ** 30));
    const taken = (await Promise.all(flood)).filter(Boolean).length;
    const reply = await broker.reply(2);
    expect(reply.pop()).toEqual(['MDPE01', '500', 'the worker has 1000 PARTIALs waiting: it must await them']);
    expect(reply).toHaveLength(taken);
  });
});

describe('what MX cannot carry', () => {
  test('is a failure of the request that it belongs to, and of no other one', async () => {
    const { broker, peer } = await serving(({ body: [word] }) =>
      String(word) === 'many' ? Array<string>(65_536).fill('') : word,
    );
    await broker.send(peer, request(1, 'one'), request(2, 'many'), request(3, 'three'));
    expect([await broker.reply(1), await broker.reply(3)]).toEqual([[['one']], [['three']]]);
    expect(await broker.failure(2)).toMatchObject({ status: 500, message: expect.stringContaining('65535 frames') });
  });

  test('a pulled request is still to be replied to', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.send(peer, request(1));
    const { value } = (await worker[Symbol.asyncIterator]().next()) as { value: PulledRequest };
    await expect(value.final(Array<string>(65_536).fill(''))).rejects.toMatchObject({ code: 'MDP_INVALID_ARGUMENT' });
    await value.final('short');
    expect(await broker.reply(1)).toEqual([['short']]);
  });
});

describe('a failure', () => {
  test('is an error FINAL on MX, also with errorReplies never: nothing else would free its place', async () => {
    const { broker, worker, peer } = await serving(() => Promise.reject(new Error('no')), { errorReplies: 'never' });
    await broker.send(peer, request(1));
    expect(await broker.failure(1)).toEqual({ status: 500, message: 'no' });
    expect(worker.stats().counters).toMatchObject({ readys: 1, errorReplies: 1, dropped: { withheld: 0 } });
  });
});

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
