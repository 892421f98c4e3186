// SPDX-License-Identifier: Apache-2.0
// back-pressure.test - a reader that is slower than the stream

import { expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { Client } from '../../src/index.js';
import { ToyBroker } from './toy-broker.js';

const PART = 64 * 1024;

test('what is not read stays at the broker, and comes in order, without a gap, once it is read', async () => {
  await using broker = await ToyBroker.bind();
  await using client = new Client(broker.endpoint, {
    wire: 'rfc18',
    maxBufferedBytes: 4 * PART,
    idleTimeoutMs: 30_000,
  });
  const reply = client.request('stream', 'x');
  const request = await broker.next();
  // What ZeroMQ keeps for one peer at the broker: little, so that the test sees it fill up soon.
  broker.socket.sendHighWaterMark = 4;
  let sent = 0;
  let blocked = 0;
  const send = async (): Promise<boolean> => {
    try {
      await request.partial(String(sent), 'x'.repeat(PART));
      sent += 1;
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'EAGAIN' });
      blocked += 1;
      return false;
    }
  };
  // Nobody reads: it must come to a stop, which holds for many tries in a row.
  let refused = 0;
  await waitUntil('the stream to come to a stop', async () => {
    refused = (await send()) ? 0 : refused + 1;
    return refused > 30;
  });
  expect(sent).toBeLessThan(900);
  const most = sent + 40;
  for (let next = 0; next < most; next++) {
    const part = await reply.receivePart({ timeoutMs: 30_000 });
    expect(Buffer.from(part?.[0] as Uint8Array).toString()).toBe(String(next));
    expect(part?.[1]?.length).toBe(PART);
    while (sent < most && (await send()));
    if (next + 1 === sent && sent < most) await waitUntil('the way to be free', send);
  }
  await waitUntil('the FINAL to go out', () =>
    request.final('end').then(
      () => true,
      () => false,
    ),
  );
  expect((await reply.receivePart())?.map((frame) => Buffer.from(frame).toString())).toEqual(['end']);
  expect(blocked).toBeGreaterThan(0);
  expect(client.stats().counters).toMatchObject({ replies: 1, burnt: 0 });
});

test('a reply that is awaited whole is not bounded', async () => {
  await using broker = await ToyBroker.bind(async (request) => {
    for (let i = 0; i < 30; i++) {
      await waitUntil('the way to be free', () =>
        request.partial('x'.repeat(PART)).then(
          () => true,
          () => false,
        ),
      );
    }
    await request.final('end');
  });
  await using client = new Client(broker.endpoint, { wire: 'rfc18', maxBufferedBytes: 1 });
  expect(await client.request('stream', 'x')).toHaveLength(31);
});

test('a request that is slow to be read does not slow the others', async () => {
  await using broker = await ToyBroker.bind(async (request) => {
    if (request.service === 'stream') for (let i = 0; i < 20; i++) await request.partial('x'.repeat(PART));
    else await request.final('ok');
  });
  await using client = new Client(broker.endpoint, { wire: 'rfc18', maxBufferedBytes: 1 });
  const slow = client.request('stream', 'x');
  await slow.receivePart();
  for (let i = 0; i < 100; i++) await client.request('echo', 'a');
  slow.cancel();
  await expect(slow.receivePart()).rejects.toMatchObject({ code: 'MDP_ABORTED' });
});
