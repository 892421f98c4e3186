// SPDX-License-Identifier: Apache-2.0
// typed-requests.test - requests of values, taken by iterating over the worker and replied to by hand

import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { Codec, TypedRequest } from '../../src/index.js';
import { Worker, json } from '../../src/index.js';
import { HandBroker, stopAtEnd } from './support.js';

interface Services {
  count: { request: { to: number }; partial: number; reply: string };
}

/** A worker without a handler, its broker, who it is there, and what it says of failures. */
async function pulling() {
  const broker = await HandBroker.bind();
  const worker = new Worker(broker.endpoint, 'count', { wire: 'rfc18' });
  stopAtEnd(worker);
  const errors: unknown[] = [];
  worker.on('handlerError', (error) => errors.push(error));
  await worker.start();
  return { broker, worker, errors, peer: await broker.ready() };
}

/** The next request. */
async function next<T>(requests: AsyncIterable<T>): Promise<T> {
  const { value } = (await requests[Symbol.asyncIterator]().next()) as { value: T };
  return value;
}

describe('a request of values', () => {
  test('is replied to in values, and has all that a request of frames has', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.request(peer, 't1', '{"to":3}');
    const request = await next(worker.with<Services>(json));
    expect([request.value, request.service, String(request.body[0])]).toEqual([{ to: 3 }, 'count', '{"to":3}']);
    expect([request.ended, request.signal.aborted]).toEqual([false, false]);
    expect(await request.partial(1)).toBe(true);
    expect(await request.final('end')).toBe(true);
    expect(request.ended).toBe(true);
    expect(await broker.reply(peer, 't1')).toEqual([['1'], ['"end"']]);
    await expect(request.final('again')).rejects.toMatchObject({ code: 'MDP_INVALID_STATE' });
  });

  test('may be ended with an error reply, and an empty one', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.request(peer, 't1', '1');
    const requests = worker.with(json);
    await (await next(requests)).error(400, 'no');
    expect(await broker.failure()).toMatchObject({ status: 400 });
    await broker.request(peer, 't2', '2');
    await (await next(requests)).final();
    expect(await broker.reply(peer, 't2')).toEqual([['']]);
  });

  test('that cannot be read ends with 400, and the loop goes on and ends with the worker', async () => {
    const { broker, worker, errors, peer } = await pulling();
    const values: unknown[] = [];
    const loop = (async () => {
      for await (const request of worker.with<Services>(json)) {
        values.push(request.value);
        await request.final('ok');
      }
    })();
    await broker.request(peer, 'bad', 'hello');
    expect(await broker.failure()).toMatchObject({
      status: 400,
      message: expect.stringMatching(/^the request of "count" cannot be read: /),
    });
    await broker.request(peer, 'good', '{"to":1}');
    expect(await broker.reply(peer, 'good')).toEqual([['"ok"']]);
    await worker.stop();
    await loop;
    expect(values).toEqual([{ to: 1 }]);
    expect(errors).toEqual([expect.objectContaining({ status: 400 })]);
  });

  test('is still to be replied to when a value cannot be sent', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.request(peer, 't1', '1');
    const request = await next(worker.with(json));
    for (const say of [() => request.partial(5n), () => request.final(5n)]) {
      await expect(say()).rejects.toMatchObject({ code: 'MDP_PAYLOAD' });
    }
    expect(request.ended).toBe(false);
    await request.final('ok');
    expect(await broker.reply(peer, 't1')).toEqual([['"ok"']]);
  });

  test('that is left without a reply is ended', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.request(peer, 't1', '1');
    for await (const { value } of worker.with(json)) {
      expect(value).toBe(1);
      break;
    }
    expect(await broker.failure()).toMatchObject({ status: 500, message: 'the worker went on without a reply' });
  });
});

describe('schemas', () => {
  const slow = z.number().transform(async (n) => {
    // Those that come later are done sooner.
    for (let turn = n; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    return n * 10;
  });
  const contract = { count: { request: z.object({ to: z.coerce.number() }), partial: slow, reply: z.string() } };

  test('make the request, and refuse it', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.request(peer, 'bad', '{"to":"x"}');
    const coming = next(worker.with(json, contract));
    expect(await broker.failure()).toMatchObject({ status: 400 });
    await broker.request(peer, 'good', '{"to":"3"}');
    expect((await coming).value).toEqual({ to: 3 });
  });

  test('make what is sent, and nothing overtakes what takes its time', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.request(peer, 't1', '{"to":3}');
    const request = await next(worker.with(json, contract));
    const sent = [request.partial(1), request.partial('2' as never), request.partial(4), request.final('end')];
    expect(await Promise.allSettled(sent)).toMatchObject([
      { value: true },
      { reason: { code: 'MDP_PAYLOAD' } },
      { value: true },
      { value: true },
    ]);
    expect(await broker.reply(peer, 't1')).toEqual([['10'], ['40'], ['"end"']]);
  });

  test('that throw are the fault of the worker', async () => {
    const { broker, worker, errors, peer } = await pulling();
    const broken = z.unknown().transform(() => {
      throw new RangeError('a bug');
    });
    const requests = worker.with(json, { count: { request: broken } })[Symbol.asyncIterator]();
    const coming = requests.next();
    await broker.request(peer, 't1', '1');
    expect(await broker.failure()).toMatchObject({ status: 500, message: 'a bug' });
    await worker.stop();
    expect((await coming).done).toBe(true);
    expect(errors).toEqual([expect.any(RangeError)]);
  });
});

test('with() takes a codec, and a contract that has the service; a worker with handlers has nothing to be taken', async () => {
  const worker = new Worker('tcp://127.0.0.1:5555', 'count');
  expect(() => worker.with({} as Codec)).toThrow(expect.objectContaining({ argument: 'codec' }));
  expect(() => worker.with(json, { count: {}, half: { reply: 5 as never } })).toThrow(/contract\.half\.reply/);
  expect(() => worker.with(json, { counts: {} })).toThrow(/did you mean "counts"\?/);
  const handling = new Worker('tcp://127.0.0.1:5555', 'count', () => 'ok');
  await expect(next(handling.with(json))).rejects.toMatchObject({ code: 'MDP_INVALID_STATE' });
});

// Never called: the compiler is the test, which complains of a line below `@ts-expect-error` that is right.
export function types(worker: Worker, request: TypedRequest<Services & { log: { request: string; reply: void } }>) {
  const dates = { half: { request: z.coerce.date(), reply: z.coerce.number() } };

  return [
    async () => {
      for await (const count of worker.with<Services>(json)) {
        await count.partial(count.value.to);
        await count.final('end');
        // @ts-expect-error -- a text is no PARTIAL
        await count.partial('1');
        // @ts-expect-error -- a number is no reply
        await count.final(1);
        // @ts-expect-error -- this service replies with something
        await count.final();
        // @ts-expect-error -- the request has no year
        void count.value.year;
      }
    },
    async () => {
      // The name of the service tells what the request is.
      if (request.service === 'count') return request.final(String(request.value.to));
      // @ts-expect-error -- this service has no PARTIALs
      void request.partial(1);
      return request.value.length > 0 && request.final();
    },
    async () => {
      for await (const half of worker.with(json, dates)) {
        await half.final(String(half.value.getTime() / 2));
        // @ts-expect-error -- a Date has no length
        void half.value.length;
      }
      for await (const any of worker.with(json)) {
        await any.final(any.value);
        // @ts-expect-error -- nothing is known of it
        void any.value.length;
      }
    },
  ];
}
