// SPDX-License-Identifier: Apache-2.0
// gatekeeper.test - the answers to ZeroMQ's questions, asked as ZeroMQ does

import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { bytes } from '@mdp/protocol';
import { encodeZ85 } from '@mdp/protocol/internal';
import { waitUntil } from '@mdp/testkit';
import { Context, Dealer } from 'zeromq';
import type { RefusalReason } from '../../src/security/gatekeeper.js';
import { Gatekeeper } from '../../src/security/gatekeeper.js';
import { ZAP_ENDPOINT } from '../../src/security/zap.js';

const SILENT = new Uint8Array(32).fill(1);
const GOOD = new Uint8Array(32).fill(2);

let context: Context;
let zeromq: Dealer;
let gatekeeper: Gatekeeper;
let refusals: RefusalReason[];
let failures: string[];

beforeEach(async () => {
  context = new Context();
  refusals = [];
  failures = [];
  const callback = ({ key }: { key: string }): boolean | Promise<boolean> => {
    return key === encodeZ85(GOOD) || new Promise<boolean>(() => undefined);
  };
  const host = {
    accepted: (): void => undefined,
    refused: (_domain: string, { reason }: { reason: RefusalReason }) => void refusals.push(reason),
    failed: ({ message }: Error) => void failures.push(message),
  };
  gatekeeper = new Gatekeeper(context, new Map([['here', { callback }]]), host, 3000);
  await gatekeeper.start();
  zeromq = new Dealer({ context, linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
  zeromq.connect(ZAP_ENDPOINT);
});
afterEach(() => {
  jest.useRealTimers();
  zeromq.close();
  gatekeeper.close();
});

async function ask(id: string, key: Uint8Array): Promise<void> {
  const frames = ['', '1.0', id, 'here', '127.0.0.1', '', 'CURVE'].map(bytes);
  await zeromq.send([...frames, key] as Buffer[]);
}

/** The next answer: which question, and the status. */
async function answer(): Promise<string> {
  const [, , id, status] = await zeromq.receive();
  return `${String(id)} ${String(status)}`;
}

test('a callback that never answers keeps nobody else out for longer than a handshake may take', async () => {
  // All questions must have come before the first is given up, however busy the machine is.
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  for (let i = 0; i < 1000; i++) await ask(`silent ${String(i)}`, SILENT);
  await ask('good', GOOD);
  expect(await answer()).toBe('good 300');
  expect(refusals).toEqual(['busy']);

  jest.advanceTimersByTime(3000);
  jest.useRealTimers();
  await waitUntil('the callback to be given up', () => failures.length === 1000);
  expect(refusals.slice(1)).toEqual(Array.from({ length: 1000 }, () => 'failed'));
  expect(failures[0]).toBe('allow has not answered within handshakeTimeoutMs (3000 ms)');
  await ask('good', GOOD);
  expect(await answer()).toBe('good 200');
});
