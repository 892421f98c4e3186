// SPDX-License-Identifier: Apache-2.0
// frames.test - frames and messages that are too long, have no end, or say what is not true

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { waitUntil } from '@mdp/testkit';
import { Besieged, MAX_FRAME_BYTES, grown } from './besieged.js';
import { Horde, atRate } from './raw-connection.js';
import { command, frame, hello, longHead, message, request } from './zmtp-bytes.js';

let it: Besieged;

beforeAll(async () => {
  it = await Besieged.start();
});
afterAll(async () => {
  await it[Symbol.asyncDispose]();
});

/** The ceiling of what is written in an attack: the machine has to write it, too. */
const BYTES_A_SECOND = 40 * 1024 * 1024;

describe('a frame that announces', () => {
  test.each([
    ['2^63 bytes', longHead(2n ** 63n)],
    ['2^64 - 1 bytes', longHead(2n ** 64n - 1n)],
    ['2^31 bytes', longHead(2n ** 31n)],
    ['a byte too much', longHead(BigInt(MAX_FRAME_BYTES + 1))],
    ['a command of 2^62 bytes', longHead(2n ** 62n, false, true)],
    ['flags that do not exist', Buffer.from([0xf8, 1, 0])],
  ])('%s: its connection is closed, or it is no message', async (_name, says) => {
    using horde = new Horde(it.plain);
    for (let i = 0; i < 20; i++) horde.join(hello(), says, Buffer.alloc(1_000));
    await waitUntil('all to be closed', () => horde.ended === 20);
    await it.progressed();
  });
});

test('a frame that announces as much as is allowed, and does not come, takes no memory for it', async () => {
  const before = await it.report();
  using horde = new Horde(it.plain);
  for (let i = 0; i < 200; i++) horde.join(hello(), longHead(BigInt(MAX_FRAME_BYTES)), Buffer.alloc(10));
  await Promise.all(horde.all.map((each) => each.opened()));
  await waitUntil('all to be connected', () => it.files >= before.files + 200);
  await it.progressed();
  const { rss } = (await it.report()).memory;
  // 200 of them would be 112 MiB.
  expect(rss - before.memory.rss).toBeLessThan(60 * 1024 * 1024);
});

test('frames up to what is allowed are refused with 413, those over it end their connection', async () => {
  const almost = request('honest.strict', Buffer.alloc(MAX_FRAME_BYTES));
  const over = request('honest.strict', Buffer.alloc(MAX_FRAME_BYTES + 1));
  const result = await it.withstand(async (signal) => {
    using horde = new Horde(it.plain);
    await atRate(signal, BYTES_A_SECOND / almost.length, () => {
      const peer = horde.join(hello(), horde.size % 2 === 0 ? almost : over);
      if (horde.size > 50) horde.drop(horde.all[0] ?? peer);
    });
  });
  expect(grown(result, ({ failed }) => failed[413] ?? 0)).toBeGreaterThan(0);
});

test('messages of more frames than any may have are struck at once', async () => {
  const many = Buffer.concat([...Array<Buffer>(5_000).fill(frame('', true)), frame('')]);
  const result = await it.withstand(async (signal) => {
    using horde = new Horde(it.plain);
    await atRate(signal, 20, () => {
      const peer = horde.join(hello(), many);
      if (horde.size > 50) horde.drop(horde.all[0] ?? peer);
    });
  });
  expect(grown(result, ({ invalid }) => invalid['extra-frames'] ?? 0)).toBeGreaterThan(0);
});

test('messages without an end take memory as long as their connection lives, and no longer', async () => {
  // What goes on inside of ZeroMQ is beyond the broker's reach until the last frame: see README.md. Here it is bounded.
  const endless = Buffer.concat(Array<Buffer>(64).fill(frame(randomBytes(4_000), true)));
  const result = await it.withstand(async (signal) => {
    using horde = new Horde(it.plain);
    const peers = [1, 2, 3, 4].map(() => horde.join(hello()));
    await atRate(signal, BYTES_A_SECOND / endless.length, () => {
      for (const peer of peers) if (peer.hasRoom && peer.sent < 4 * 1024 * 1024) peer.write(endless);
    });
  });
  // Nothing of it has ever arrived.
  expect(grown(result, ({ dropped }) => dropped.invalid)).toBe(0);
});

test('commands of ZMTP without end: PINGs with and without a context, and those that do not exist', async () => {
  const pings = Buffer.concat(Array<Buffer>(50).fill(command('PING', Buffer.alloc(18))));
  const result = await it.withstand(async (signal) => {
    using horde = new Horde(it.plain);
    const peers = [1, 2, 3, 4].map(() => horde.join(hello()));
    await atRate(signal, 20, () => {
      for (const peer of peers) if (peer.hasRoom) peer.write(pings);
      horde.join(hello(), command('PING', Buffer.alloc(0)), command('PING', Buffer.alloc(200)));
      horde.join(hello(), command('NONSENSE'), command('ERROR', Buffer.alloc(8)));
      horde.join(hello(), command('SUBSCRIBE', Buffer.alloc(8)), command('CANCEL', Buffer.alloc(8)));
      horde.join(hello(), command('READY', Buffer.alloc(100)));
    });
  });
  // None of it is taken for a message, but for what a SUB would say: ZeroMQ hands that on.
  expect(grown(result, ({ dropped }) => dropped.invalid)).toBe(
    grown(result, ({ invalid }) => invalid['no-header'] ?? 0),
  );
});

test('PINGs whose PONGs are never read', async () => {
  const pings = Buffer.concat(Array<Buffer>(200).fill(command('PING', Buffer.alloc(18))));
  await it.withstand(async (signal) => {
    using horde = new Horde(it.plain);
    const peers = [1, 2, 3, 4].map(() => horde.join(hello()).pause());
    await atRate(signal, 100, () => {
      for (const peer of peers) if (peer.hasRoom) peer.write(pings);
    });
  });
});

test('messages of nothing but a routing id', async () => {
  const result = await it.withstand(async (signal) => {
    using horde = new Horde(it.plain);
    await atRate(signal, 300, () => {
      horde.join(hello(), message(''), message('', ''), message('', 'MDPC02'));
    });
  });
  expect(grown(result, ({ dropped }) => dropped.invalid)).toBeGreaterThan(10);
});
