// SPDX-License-Identifier: Apache-2.0
// mx.test - a worker that speaks MX, on real sockets: what leaves together, and what it makes of what comes

import { describe, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { MxBroker, request } from './mx-broker.js';
import { Gate, startWorker } from './support.js';

describe('wire mx', () => {
  test('is one connection, whose READY carries the credit; nothing is asked', async () => {
    const broker = await MxBroker.bind();
    const worker = await startWorker(broker.endpoint, ({ body }) => body, { wire: 'mx', concurrency: 8 });
    const { peer, record } = await broker.take('ready');
    expect(record).toEqual({ type: 'ready', service: 'echo', credit: 8 });
    await broker.send(peer, request(7, 'one', '', 'three'));
    expect(await broker.reply(7)).toEqual([['one', '', 'three']]);
    expect(broker.questions).toBe(0);
    expect(worker.stats()).toMatchObject({ connections: 1, registered: 1, inFlight: 0 });
    expect(worker.stats().endpoints).toEqual([
      { endpoint: broker.endpoint, wire: 'mx', connections: 1, registered: 1, busy: 0, inFlight: 0, orphans: 0 },
    ]);
  });

  test('as many handlers run at once as it has credit', async () => {
    const broker = await MxBroker.bind();
    const gates: Gate[] = [];
    const worker = await startWorker(
      broker.endpoint,
      async ({ body }) => {
        const gate = new Gate();
        gates.push(gate);
        await gate.passed;
        return body;
      },
      { wire: 'mx', concurrency: 3 },
    );
    const peer = await broker.ready();
    await broker.send(peer, ...[0, 1, 2].map((id) => request(id, String(id))));
    await waitUntil('all three to run', () => gates.length === 3);
    expect(worker.stats()).toMatchObject({ busy: 1, inFlight: 3 });
    for (const id of [2, 0, 1]) {
      gates[id]?.open();
      expect(await broker.reply(id)).toEqual([[String(id)]]);
    }
  });

  test('64 replies of one turn are one message', async () => {
    const broker = await MxBroker.bind();
    await startWorker(broker.endpoint, async ({ body }) => body, { wire: 'mx', concurrency: 64 });
    const peer = await broker.ready();
    await broker.send(peer, ...Array.from({ length: 64 }, (_, id) => request(id, String(id))));
    for (let id = 0; id < 64; id++) expect(await broker.reply(id)).toEqual([[String(id)]]);
    const replies = broker.heard.filter(({ records }) => records.some(({ type }) => type === 'final'));
    expect(replies.map(({ records }) => records.length)).toEqual([64]);
  });

  test('a lone reply is a message of its own', async () => {
    const broker = await MxBroker.bind();
    await startWorker(broker.endpoint, async ({ body }) => body, { wire: 'mx', concurrency: 64 });
    const peer = await broker.ready();
    for (let id = 0; id < 5; id++) {
      await broker.send(peer, request(id, String(id)));
      expect(await broker.reply(id)).toEqual([[String(id)]]);
    }
    const replies = broker.heard.filter(({ records }) => records.some(({ type }) => type === 'final'));
    expect(replies).toHaveLength(5);
  });
});
