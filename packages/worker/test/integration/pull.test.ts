// SPDX-License-Identifier: Apache-2.0
// pull.test - requests taken by iterating over the worker, and replied to by hand

import { describe, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import type { PulledRequest, WorkerOptions } from '../../src/index.js';
import { Worker } from '../../src/index.js';
import { HandBroker, stopAtEnd } from './support.js';

/** A worker without a handler, its broker, and who it is there. */
async function pulling(options: WorkerOptions = {}) {
  const broker = await HandBroker.bind(options.dialect);
  const worker = new Worker(broker.endpoint, 'echo', { wire: 'rfc18', ...options });
  stopAtEnd(worker);
  await worker.start();
  const peer = await broker.ready();
  return { broker, worker, peer };
}

/** The next request of an iterator that has one. */
async function next(requests: AsyncIterator<PulledRequest>): Promise<PulledRequest> {
  const { value } = (await requests.next()) as { value: PulledRequest };
  return value;
}

describe('a loop over a worker', () => {
  test('gets the requests one after the other, and ends when the worker stops', async () => {
    const { broker, worker, peer } = await pulling();
    const bodies: string[] = [];
    const loop = (async () => {
      for await (const request of worker) {
        bodies.push(String(request.body[0]));
        expect(await request.final([...request.body, 'ok'])).toBe(true);
      }
    })();
    for (const token of ['t1', 't2', 't3']) {
      await broker.request(peer, token, token);
      expect(await broker.reply(peer, token)).toEqual([[token, 'ok']]);
    }
    await worker.stop();
    await loop;
    expect(bodies).toEqual(['t1', 't2', 't3']);
  });

  test('starts the worker when nobody else did', async () => {
    const broker = await HandBroker.bind();
    const worker = new Worker(broker.endpoint, 'echo', { wire: 'rfc18' });
    stopAtEnd(worker);
    const requests = worker[Symbol.asyncIterator]();
    const peer = await broker.ready();
    await broker.request(peer, 't1');
    await (await next(requests)).final();
    expect(await broker.reply(peer, 't1')).toEqual([['']]);
    await expect(worker.start()).rejects.toMatchObject({ code: 'MDP_INVALID_STATE' });
  });

  test('is not to be had of a worker with a handler', () => {
    const worker = new Worker('tcp://127.0.0.1:5555', 'echo', () => 'ok');
    expect(() => worker[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: 'MDP_INVALID_STATE' }));
  });

  test('keeps a request that came before anybody asked', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.request(peer, 't1');
    await waitUntil('the request to arrive', () => worker.stats().busy === 1);
    expect(worker.stats().counters.requests).toBe(0);
    for await (const request of worker) {
      expect(worker.stats().counters.requests).toBe(1);
      await request.final('ok');
      break;
    }
    expect(await broker.reply(peer, 't1')).toEqual([['ok']]);
  });

  test('one that was not replied to is ended by asking for the next, and by leaving the loop (MDP-W-17)', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.request(peer, 't1');
    for await (const request of worker) {
      if (String(request.body[0]) === 'last') break;
      void broker.request(peer, 't2', 'last');
    }
    const wentOn = [['MDPE01', '500', 'the worker went on without a reply']];
    expect(await broker.reply(peer, 't1')).toEqual(wentOn);
    expect(await broker.reply(peer, 't2')).toEqual(wentOn);
  });

  test('with concurrency, requests are replied to in any order', async () => {
    const { broker, worker, peer } = await pulling({ concurrency: 2 });
    const other = await broker.ready();
    const requests = worker[Symbol.asyncIterator]();
    await broker.request(peer, 't1', 'a');
    const first = await next(requests);
    await broker.request(other, 't2', 'b');
    const second = await next(requests);
    await second.final(second.body);
    expect(await broker.reply(other, 't2')).toEqual([['b']]);
    await first.final(first.body);
    expect(await broker.reply(peer, 't1')).toEqual([['a']]);
  });

  test('what waits when the worker stops is refused: the broker has it back', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.request(peer, 't1');
    await waitUntil('the request to arrive', () => worker.stats().busy === 1);
    await worker.stop();
    for await (const request of worker) throw new Error(`${String(request.body[0])} was given out`);
    await broker.take('disconnect');
    expect(broker.said).toEqual([]);
    expect(worker.stats().counters).toMatchObject({ requests: 0, dropped: { refused: 1 } });
  });

  test('what waits when the broker is lost is given to nobody', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.request(peer, 't1', 'lost');
    await waitUntil('the request to arrive', () => worker.stats().busy === 1);
    await broker.signal(peer, 'disconnect');
    const again = await broker.ready();
    await broker.request(again, 't2', 'found');
    for await (const request of worker) {
      expect(String(request.body[0])).toBe('found');
      await request.final();
      break;
    }
    expect(worker.stats().counters.dropped.stale).toBe(1);
  });
});

describe('a pulled request', () => {
  test('is replied to by PARTIALs and one FINAL, in order (MDP-W-16)', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.request(peer, 't1');
    const request = await next(worker[Symbol.asyncIterator]());
    // Nobody need await them for their order to be kept.
    const sent = [request.partial('1'), request.partial(['2', 'two']), request.partial([]), request.final('3')];
    expect(await Promise.all(sent)).toEqual([true, true, true, true]);
    expect(await broker.reply(peer, 't1')).toEqual([['1'], ['2', 'two'], [''], ['3']]);
  });

  test('refuses a second FINAL, and all that would follow it (MDP-W-17)', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.request(peer, 't1');
    const request = await next(worker[Symbol.asyncIterator]());
    expect(request.ended).toBe(false);
    await request.final('ok');
    expect(request.ended).toBe(true);
    for (const again of [() => request.final('ok'), () => request.partial('ok'), () => request.error(500, 'no')]) {
      await expect(again()).rejects.toMatchObject({ code: 'MDP_INVALID_STATE' });
    }
    expect(await broker.reply(peer, 't1')).toEqual([['ok']]);
  });

  test('a body that is none is refused, and the request is still to be replied to', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.request(peer, 't1');
    const request = await next(worker[Symbol.asyncIterator]());
    for (const bad of [42, undefined, null, [undefined], ['ok', 42]]) {
      await expect(request.partial(bad as never)).rejects.toMatchObject({ code: 'MDP_INVALID_ARGUMENT' });
    }
    await expect(request.final(null as never)).rejects.toMatchObject({ code: 'MDP_INVALID_ARGUMENT' });
    await request.final('ok');
    expect(await broker.reply(peer, 't1')).toEqual([['ok']]);
  });

  test('can be ended by an error reply', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.request(peer, 't1');
    const request = await next(worker[Symbol.asyncIterator]());
    for (const status of [99, 1_000, 200.5, 404, 429, 502, 503, 504]) {
      await expect(request.error(status, 'no')).rejects.toMatchObject({ code: 'MDP_INVALID_ARGUMENT' });
    }
    await expect(request.error(400, 42 as never)).rejects.toMatchObject({ argument: 'message' });
    expect(await request.error(400, 'no such size')).toBe(true);
    expect(await broker.failure()).toEqual({ status: 400, message: 'no such size' });
  });

  test('whose broker is lost says so, and what it says is dropped', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.request(peer, 't1');
    const request = await next(worker[Symbol.asyncIterator]());
    await broker.signal(peer, 'disconnect');
    await broker.ready();
    expect(request.signal.aborted).toBe(true);
    expect(request.signal.reason).toMatchObject({ code: 'MDP_DISCONNECTED' });
    expect(request.ended).toBe(true);
    expect(await request.partial('late')).toBe(false);
    expect(await request.final('late')).toBe(false);
    await expect(request.final('later')).rejects.toMatchObject({ code: 'MDP_INVALID_STATE' });
    expect(worker.stats().counters.dropped.replies).toBe(2);
  });

  test('a flood of PARTIALs that nobody awaits ends it: there is no gap', async () => {
    const { broker, worker, peer } = await pulling();
    await broker.request(peer, 't1');
    const request = await next(worker[Symbol.asyncIterator]());
    const sent = await Promise.all(Array.from({ length: 1_500 }, (_, i) => request.partial(String(i))));
    expect(sent).toEqual([...Array<boolean>(1_000).fill(true), ...Array<boolean>(500).fill(false)]);
    expect(await request.final('end')).toBe(false);
    const reply = await broker.reply(peer, 't1');
    expect(reply.pop()).toEqual(['MDPE01', '500', 'the worker has 1000 PARTIALs waiting: it must await them']);
    expect(reply).toEqual(Array.from({ length: 1_000 }, (_, i) => [String(i)]));
  });

  test('in dialect mdp01, the parts are one REPLY', async () => {
    const { broker, worker, peer } = await pulling({ dialect: 'mdp01' });
    await broker.request(peer, 't1');
    const request = await next(worker[Symbol.asyncIterator]());
    await request.partial(['1', '2']);
    await request.partial('3');
    await request.final();
    expect(await broker.reply(peer, 't1')).toEqual([['1', '2', '3']]);
  });

  test('where error replies are not sent, error() says so', async () => {
    const { broker, worker, peer } = await pulling({ dialect: 'majortomo' });
    await broker.request(peer, 't1');
    const request = await next(worker[Symbol.asyncIterator]());
    expect(await request.error(400, 'no')).toBe(false);
    expect((await broker.take('disconnect')).peer).toBe(peer);
  });
});
