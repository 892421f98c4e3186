// SPDX-License-Identifier: Apache-2.0
// diagnostics.test - what the broker's channels tell of requests on real sockets, and what they pass on of a trace

import { afterEach, expect, test } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { BrokerRequestMessage } from '@mdp/broker';
import { Broker } from '@mdp/broker';
import { Client } from '@mdp/client';
import { text } from '@mdp/protocol';
import { Worker } from '@mdp/worker';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const STEPS = ['start', 'dispatch', 'end'];

const ends: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

test('a request by MX: who asks, its name and its trace, who gets it, and its end', async () => {
  const told: [string, BrokerRequestMessage][] = [];
  for (const step of STEPS) {
    const listener = (message: unknown): void => {
      told.push([step, message as BrokerRequestMessage]);
    };
    subscribe(`mdp.broker.request.${step}`, listener);
    ends.push(() => {
      unsubscribe(`mdp.broker.request.${step}`, listener);
    });
  }
  const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
  ends.push(() => broker.stop());
  await broker.start();
  const [endpoint = ''] = broker.endpoints;
  const worker = new Worker(endpoint, 'echo', ({ trace }) => trace?.traceparent ?? 'none', { wire: 'mx' });
  ends.push(() => worker.stop());
  await worker.start();
  const client = new Client(endpoint, { wire: 'mx' });
  ends.push(() => client.close());
  const [traced] = await client.request('echo', 'x', { id: 'order-17', trace: { traceparent } });
  const [plain] = await client.request('echo', 'x');
  expect([traced, plain].map((frame) => frame && text(frame))).toEqual([traceparent, 'none']);
  expect(told.map(([step]) => step)).toEqual([...STEPS, ...STEPS]);
  const messages = told.map(([, message]) => message);
  expect(new Set(messages).size).toBe(2);
  expect(messages[0]).toMatchObject({
    service: 'echo',
    dialect: 'mx',
    trace: { traceparent },
    worker: { service: 'echo', dialect: 'mx' },
    attempts: 1,
    outcome: 'answered',
    status: undefined,
  });
  expect(text(messages[0]?.id ?? new Uint8Array(0))).toBe('order-17');
  expect(messages[3]).toMatchObject({ id: undefined, trace: undefined, outcome: 'answered' });
});
