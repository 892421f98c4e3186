// SPDX-License-Identifier: Apache-2.0
// identity.test - which attempt a request is, and its name over all of them: by MX, on the strict wire, and in a loop

import { expect, test } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { encodeTraceFrame, text } from '@mdp/protocol';
import type { RawFrame } from '@mdp/testkit';
import type { PulledRequest, WorkerOptions, WorkerRequest, WorkerRequestMessage } from '../../src/index.js';
import { RemoteError, Worker } from '../../src/index.js';
import { MxBroker, named, request } from './mx-broker.js';
import { HandBroker, onEnd as atEnd, startWorker, stopAtEnd } from './support.js';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const TRACE_FRAME = encodeTraceFrame({ traceparent });

/** What a request is told of itself. */
const seen = ({ attempt, id }: WorkerRequest): string =>
  `${String(attempt)} ${id === undefined ? 'none' : String(text(id))}`;

test('a handler by MX is told', async () => {
  const broker = await MxBroker.bind();
  await startWorker(broker.endpoint, seen, { wire: 'mx', concurrency: 4 });
  const peer = await broker.ready();
  await broker.send(peer, request(1), named(2, 'k'), named(3, 'k', 1), named(4, '', 255));
  expect(await broker.reply(1)).toEqual([['1 none']]);
  expect(await broker.reply(2)).toEqual([['1 k']]);
  expect(await broker.reply(3)).toEqual([['2 k']]);
  expect(await broker.reply(4)).toEqual([['256 none']]);
});

test('so is a loop', async () => {
  const broker = await MxBroker.bind();
  const worker = new Worker(broker.endpoint, 'echo', { wire: 'mx' });
  stopAtEnd(worker);
  const loop = worker[Symbol.asyncIterator]();
  await broker.send(await broker.ready(), named(1, 'k', 2));
  const next = await loop.next();
  expect(next.done === true ? undefined : seen(next.value)).toBe('3 k');
});

test.each<[string, WorkerOptions, RawFrame[], string]>([
  ['is taken off where that is asked for', { traceFrame: true }, [TRACE_FRAME, 'a', 'b'], `${traceparent} of a b`],
  ['is a part of the body elsewhere', {}, [TRACE_FRAME, 'a'], `none of MDPT01${traceparent} a`],
  ['that is the whole body is one', { traceFrame: true }, [TRACE_FRAME], `none of MDPT01${traceparent}`],
  ['that says nothing is taken off, too', { traceFrame: true }, ['MDPT01?', 'a'], 'none of a'],
  [
    'behind the first one is a part of the body',
    { traceFrame: true },
    ['a', TRACE_FRAME],
    `none of a MDPT01${traceparent}`,
  ],
])('a trace in a frame %s', async (_, options, body, expected) => {
  const told = ({ trace, body: frames }: WorkerRequest): string =>
    `${trace?.traceparent ?? 'none'} of ${frames.map((frame) => text(frame)).join(' ')}`;
  const strict = await HandBroker.bind();
  await startWorker(strict.endpoint, told, options);
  const peer = await strict.ready();
  await strict.request(peer, 't', ...body);
  expect(await strict.reply(peer, 't')).toEqual([[expected]]);
  const mx = await MxBroker.bind();
  await startWorker(mx.endpoint, told, { wire: 'mx', ...options });
  await mx.send(await mx.ready(), request(1, ...body));
  expect(await mx.reply(1)).toEqual([[expected]]);
});

test('a pulled request is told of when its consumer takes it up, and with what its reply says', async () => {
  const told: string[] = [];
  const onStart = (message: unknown): void => {
    const { request: job } = message as WorkerRequestMessage;
    told.push(`start ${String(text(job.body[0]))}`);
  };
  const onEnd = (message: unknown): void => {
    const { request: job, error } = message as WorkerRequestMessage;
    told.push(
      `end ${String(text(job.body[0]))} ${error instanceof RemoteError ? String(error.status) : String(error)}`,
    );
  };
  subscribe('mdp.worker.request.start', onStart);
  subscribe('mdp.worker.request.end', onEnd);
  atEnd(() => {
    unsubscribe('mdp.worker.request.start', onStart);
    unsubscribe('mdp.worker.request.end', onEnd);
  });
  const broker = await MxBroker.bind();
  const worker = new Worker(broker.endpoint, 'echo', { wire: 'mx' });
  stopAtEnd(worker);
  const loop = worker[Symbol.asyncIterator]();
  const peer = await broker.ready();
  const take = async (id: number, body: string): Promise<PulledRequest> => {
    await broker.send(peer, request(id, body));
    const next = await loop.next();
    if (next.done === true) throw new Error('the loop has ended');
    return next.value;
  };
  await (await take(1, 'a')).final('x');
  await (await take(2, 'b')).error(422, 'no');
  await take(3, 'c');
  await loop.return?.();
  expect(told).toEqual(['start a', 'end a undefined', 'start b', 'end b 422', 'start c', 'end c 500']);
});

test('the strict wire tells nothing', async () => {
  const broker = await HandBroker.bind();
  await startWorker(broker.endpoint, seen);
  const peer = await broker.ready();
  await broker.request(peer, 't');
  expect(await broker.reply(peer, 't')).toEqual([['undefined none']]);
});
