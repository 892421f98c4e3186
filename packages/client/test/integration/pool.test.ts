// SPDX-License-Identifier: Apache-2.0
// pool.test - real sockets that grow, are reused, and shrink

import { describe, expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { bytes, text } from '@mdp/protocol';
import { clientOf } from '@mdp/protocol/internal';
import { TestProcess, waitUntil } from '@mdp/testkit';
import { Client } from '../../src/index.js';
import { ToyBroker } from './toy-broker.js';

describe('concurrency', () => {
  test('1,000 requests at once each get their own reply', async () => {
    await using broker = await ToyBroker.bind((request) => request.final(`reply to ${String(request.body[0])}`));
    await using client = new Client(broker.endpoint, { wire: 'rfc18', maxSockets: 100 });
    const replies = await Promise.all(Array.from({ length: 1_000 }, (_, i) => client.request('echo', String(i))));
    replies.forEach(([frame], i) => {
      expect(text(frame as Uint8Array)).toBe(`reply to ${String(i)}`);
    });
    expect(broker.peers.size).toBeLessThanOrEqual(100);
    expect(client.stats()).toMatchObject({ pending: 0, queued: 0, counters: { requests: 1_000, replies: 1_000 } });
  });

  test('no connection has two requests under way (MDP-C-07)', async () => {
    await using broker = await ToyBroker.bind();
    await using client = new Client(broker.endpoint, { wire: 'rfc18', maxSockets: 8 });
    const replies = Array.from({ length: 20 }, (_, i) => client.request('echo', String(i)));
    const waiting = [];
    for (let i = 0; i < 8; i++) waiting.push(await broker.next());
    expect(new Set(waiting.map(({ peer }) => peer)).size).toBe(8);
    expect(client.stats()).toMatchObject({ pending: 20, queued: 12, endpoints: [{ busy: 8, idle: 0 }] });
    expect(broker.untaken).toBe(0);
    for (let done = 0; done < 20; done++) {
      const request = waiting.shift() ?? (await broker.next());
      await request.final(...request.body);
      const busy = new Set(waiting.map(({ peer }) => peer));
      expect(busy.size).toBe(waiting.length);
    }
    await Promise.all(replies);
    expect(broker.peers.size).toBe(8);
  });

  test('the names of its connections tell a broker that they are one client, and no two are the same (MDP-B-03)', async () => {
    await using broker = await ToyBroker.bind();
    await using one = new Client(broker.endpoint, { wire: 'rfc18' });
    await using other = new Client(broker.endpoint, { wire: 'rfc18' });
    const clientOfPeer = ({ peer }: { peer: string }): string => text(clientOf(bytes(peer))) ?? '';
    const replies = [1, 2, 3].map(() => one.request('echo', 'a'));
    const ofOne = [await broker.next(), await broker.next(), await broker.next()];
    replies.push(other.request('echo', 'a'));
    const ofOther = await broker.next();
    const [whose, ...more] = new Set(ofOne.map(clientOfPeer));
    expect(whose).toMatch(/^mdp:[0-9a-f]{16}$/);
    expect(more).toEqual([]);
    expect(clientOfPeer(ofOther)).not.toBe(whose);
    expect(broker.peers.size).toBe(4);
    for (const request of [...ofOne, ofOther]) await request.final('ok');
    await Promise.all(replies);
  });

  test('requests beyond maxQueued fail with MDP_OVERLOADED, the others are served', async () => {
    await using broker = await ToyBroker.bind((request) => request.final('ok'));
    await using client = new Client(broker.endpoint, { wire: 'rfc18', maxSockets: 1, maxQueued: 3 });
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => client.request('echo', 'a')));
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(results[4]).toMatchObject({ reason: { code: 'MDP_OVERLOADED', attempts: 0 } });
  });
});

describe('shrinking', () => {
  test('idle sockets are closed after idleSocketMs, and opened again by need', async () => {
    await using broker = await ToyBroker.bind((request) => request.final('ok'));
    await using client = new Client(broker.endpoint, { wire: 'rfc18', idleSocketMs: 20 });
    await Promise.all(Array.from({ length: 10 }, () => client.request('echo', 'a')));
    await waitUntil('the pool to be empty', () => client.stats().endpoints[0]?.open === 0);
    await client.request('echo', 'a');
    expect(client.stats().counters).toMatchObject({ burnt: 0, replies: 11 });
    expect(broker.seen).toHaveLength(11);
  });
});

test('there may be more sockets than ZeroMQ gives to a process by default', async () => {
  await using child = TestProcess.node(fileURLToPath(new URL('../fixtures/many-sockets.mjs', import.meta.url)));
  expect(await child.exited).toEqual({ code: 0, signal: null });
  expect(child.stderr).toBe('');
  expect(child.events('result')).toEqual([{ event: 'result', right: true, open: 400 }]);
});
