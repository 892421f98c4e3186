// SPDX-License-Identifier: Apache-2.0
// identities.test - routing ids of a peer's own choice: that look like headers, like those of others, or are far too long

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { waitUntil } from '@mdp/testkit';
import { Besieged, grown } from './besieged.js';
import { Horde, atRate } from './raw-connection.js';
import { hello, message, mx, request } from './zmtp-bytes.js';

let it: Besieged;

beforeAll(async () => {
  it = await Besieged.start();
});
afterAll(async () => {
  await it[Symbol.asyncDispose]();
});

/** An id as ZeroMQ makes them: a zero, and a number of 32 bits. */
function likeGenerated(number = randomBytes(4).readUInt32BE()): Buffer {
  const id = Buffer.alloc(5);
  id.writeUInt32BE(number, 1);
  return id;
}

describe('a peer whose routing id is', () => {
  test.each<readonly [string, Buffer]>([
    ['the header of clients', Buffer.from('MDPC02')],
    ['the header of workers', Buffer.from('MDPW02')],
    ['the header of MDP/0.1', Buffer.from('MDPC01')],
    ['the header of MX', Buffer.from('MDPX01')],
    ['the header of an error reply', Buffer.from('MDPE01')],
    ['one byte', Buffer.from('x')],
    ['a zero', Buffer.from([0])],
    ['like one that ZeroMQ makes', likeGenerated()],
    ['of 255 bytes', randomBytes(255)],
    ['a name that every object of JavaScript has', Buffer.from('__proto__')],
  ])('%s, is a peer as any other', async (_name, routingId) => {
    using horde = new Horde(it.plain);
    const peer = horde.join(hello(routingId), request('honest.strict', 'hello from there'));
    await waitUntil('its reply', () => peer.first.includes('hello from there'));
    peer.write(
      mx({ type: 'request', id: 1, deadlineMs: 0, service: Buffer.from('honest.mx'), body: [Buffer.from('over MX')] }),
    );
    await waitUntil('its reply over MX', () => peer.first.includes('over MX'));
  });
});

test('a peer that takes the routing id of another one is not heard, and gets nothing of the other', async () => {
  using horde = new Horde(it.plain);
  const first = horde.join(hello('somebody'), request('honest.strict', 'first'));
  await waitUntil('its reply', () => first.first.includes('first'));
  const thieves = Array.from({ length: 50 }, () => horde.join(hello('somebody'), request('honest.strict', 'stolen')));
  await Promise.all(thieves.map((each) => each.opened()));
  for (let i = 0; i < 20; i++) first.write(request('honest.strict', `mine ${String(i)}`));
  await waitUntil('all its replies', () => first.first.includes('mine 19'));
  await it.progressed();
  expect(thieves.filter((each) => each.first.includes('mine'))).toEqual([]);
  expect(first.first.includes('stolen')).toBe(false);
});

test('a thousand peers with ids like those that ZeroMQ makes, beside new peers without', async () => {
  const result = await it.withstand(async (signal) => {
    using horde = new Horde(it.plain);
    await atRate(signal, 400, () => {
      horde.join(hello(likeGenerated()), request('mmi.service', 'x'));
      if (horde.size % 2 === 0) horde.join(hello(), request('mmi.service', 'x'));
    });
  });
  expect(grown(result, ({ mmi }) => mmi)).toBeGreaterThan(30);
});

test('ids that are used twice, hundreds of times a second', async () => {
  await it.withstand(async (signal) => {
    using horde = new Horde(it.plain);
    await atRate(signal, 300, () => {
      horde.join(hello(`twin ${String(horde.size % 10)}`), request('honest.strict', 'x'), message('twin 1', 'MDPC02'));
      if (horde.size > 300) horde.drop(horde.all[0] ?? horde.open());
    });
  });
});

test('ids of a quarter of a megabyte', async () => {
  const id = randomBytes(250_000);
  await it.withstand(async (signal) => {
    using horde = new Horde(it.plain);
    await atRate(signal, 40, () => {
      id.writeUInt32BE(horde.size);
      horde.join(hello(id), request('mmi.service', 'x'), request('mmi.service', 'x'));
      if (horde.size > 40) horde.drop(horde.all[0] ?? horde.open());
    });
  });
});
