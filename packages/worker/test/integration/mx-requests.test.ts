// SPDX-License-Identifier: Apache-2.0
// mx-requests.test - what MX adds to a request, on real sockets: CANCEL, deadlines, credit of streams, and what it cannot carry

import { describe, expect, test } from '@jest/globals';
import { MX_FIRST_CREDIT, mxCost } from '@mdp/protocol';
import { waitUntil } from '@mdp/testkit';
import type { PulledRequest, WorkerRequest } from '../../src/index.js';
import { request, requestTo } from './mx-broker.js';
import { pulling, serving } from './mx-worker.js';
import { Gate } from './support.js';

const CANCEL = (id: number) => ({ type: 'cancel', id }) as const;
const CREDIT = (id: number, amount: number) => ({ type: 'credit', id, amount }) as const;

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
