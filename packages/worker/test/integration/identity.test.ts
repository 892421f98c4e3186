// SPDX-License-Identifier: Apache-2.0
// identity.test - which attempt a request is, and its name over all of them: by MX, on the strict wire, and in a loop

import { expect, test } from '@jest/globals';
import { text } from '@mdp/protocol';
import type { WorkerRequest } from '../../src/index.js';
import { Worker } from '../../src/index.js';
import { MxBroker, named, request } from './mx-broker.js';
import { HandBroker, startWorker, stopAtEnd } from './support.js';

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

test('the strict wire tells nothing', async () => {
  const broker = await HandBroker.bind();
  await startWorker(broker.endpoint, seen);
  const peer = await broker.ready();
  await broker.request(peer, 't');
  expect(await broker.reply(peer, 't')).toEqual([['undefined none']]);
});
