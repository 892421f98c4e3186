// SPDX-License-Identifier: Apache-2.0
// handlers.test - what goes over the wire when values cannot be read, encoded or streamed

import { describe, expect, test } from '@jest/globals';
import type { Dialect } from '@mdp/protocol';
import { text } from '@mdp/protocol';
import type { Handler, WorkerOptions } from '../../src/index.js';
import { PayloadError, handlers, json } from '../../src/index.js';
import { HandBroker, startWorker } from './support.js';

interface Services {
  echo: { request: unknown; partial: unknown; reply: unknown };
}

/** A worker whose handler says what it was asked, and a BigInt when it was asked for nothing. */
async function serve(
  dialect: Dialect,
  options: WorkerOptions = {},
): Promise<{ broker: HandBroker; errors: unknown[] }> {
  const broker = await HandBroker.bind(dialect);
  const { echo } = handlers<Services>(json, { echo: (value) => value ?? 5n });
  const worker = await startWorker(broker.endpoint, echo as Handler, { dialect, ...options });
  const errors: unknown[] = [];
  worker.on('handlerError', (error) => errors.push(error));
  return { broker, errors };
}

describe('in dialect rfc18', () => {
  test('a request that is no JSON gets an error reply, status 400, and the worker serves on', async () => {
    const { broker, errors } = await serve('rfc18');
    const peer = await broker.ready();
    await broker.request(peer, 'bad', 'hello');
    expect(await broker.failure()).toMatchObject({
      status: 400,
      message: expect.stringMatching(/^the request of "echo" cannot be read: /),
    });
    expect(errors).toEqual([expect.objectContaining({ status: 400, cause: expect.any(PayloadError) })]);
    await broker.request(peer, 'good', '{"a":1}');
    expect(await broker.reply(peer, 'good')).toEqual([['{"a":1}']]);
  });

  test('a reply that cannot be encoded is an error reply, status 500, and the worker serves on', async () => {
    const { broker, errors } = await serve('rfc18');
    const peer = await broker.ready();
    await broker.request(peer, 'bad', 'null');
    expect(await broker.failure()).toMatchObject({
      status: 500,
      message: expect.stringMatching(/^the reply of "echo" cannot be encoded: .*BigInt/),
    });
    expect(errors).toEqual([expect.any(PayloadError)]);
    await broker.request(peer, 'good', '1');
    expect(await broker.reply(peer, 'good')).toEqual([['1']]);
  });
});

describe.each<Dialect>(['majortomo', 'mdp01'])('in dialect %s, whose clients know no error reply', (dialect) => {
  test('a request that is no JSON gets none, and the worker comes back and serves on', async () => {
    const { broker, errors } = await serve(dialect, { reconnectBaseMs: 1 });
    await broker.request(await broker.ready(), 'bad', 'hello');
    await broker.take('disconnect');
    const again = await broker.ready();
    expect(errors).toHaveLength(1);
    await broker.request(again, 'good', '1');
    expect(await broker.reply(again, 'good')).toEqual([['1']]);
  });

  test('error replies are sent where they are asked for', async () => {
    const { broker } = await serve(dialect, { errorReplies: 'always' });
    await broker.request(await broker.ready(), 'bad', 'hello');
    expect(await broker.failure()).toMatchObject({ status: 400 });
  });
});

test('in dialect mdp01 the values of a stream are the frames of one REPLY', async () => {
  const broker = await HandBroker.bind('mdp01');
  const { echo } = handlers<Services>(json, {
    echo: function* (value) {
      yield value;
      return { last: true };
    },
  });
  await startWorker(broker.endpoint, echo as Handler, { dialect: 'mdp01' });
  await broker.request(await broker.ready(), 'token', '"first"');
  const { message } = await broker.take('final');
  expect(message.body.map((frame) => text(frame))).toEqual(['"first"', '{"last":true}']);
});
