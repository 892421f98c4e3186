// SPDX-License-Identifier: Apache-2.0
// curve.test - broken, copied and refused handshakes of CURVE, and what one who was let in can do

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { CurveKeyPair } from '@mdp/protocol/node';
import { generateKeyPair } from '@mdp/protocol/node';
import { waitUntil } from '@mdp/testkit';
import { Dealer } from 'zeromq';
import { Besieged, failedHandshakes, grown } from './besieged.js';
import { Horde, atRate } from './raw-connection.js';
import { command, frame, greeting } from './zmtp-bytes.js';

let it: Besieged;
const sockets: Dealer[] = [];

beforeAll(async () => {
  it = await Besieged.start();
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});
afterAll(async () => {
  await it[Symbol.asyncDispose]();
});

/** A peer with keys, which does all that CURVE asks for. */
function peer(keys: CurveKeyPair, endpoint = it.encrypted): Dealer {
  const socket = new Dealer({
    linger: 0,
    sendTimeout: 0,
    receiveTimeout: 30_000,
    curveServerKey: it.serverKey,
    curvePublicKey: keys.publicKey,
    curveSecretKey: keys.secretKey,
  });
  socket.connect(endpoint);
  sockets.push(socket);
  return socket;
}

/** Listen in on a peer that is let in: all that it says, up to its first message. */
async function overheard(): Promise<Buffer> {
  const { port, hostname } = new URL(it.encrypted.replace('tcp:', 'http:'));
  const said: Buffer[] = [];
  const proxy = createServer((inside) => {
    const outside = connect(Number(port), hostname);
    inside.on('data', (data) => said.push(data)).pipe(outside);
    outside.pipe(inside);
    for (const [one, other] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      one.on('error', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const socket = peer(it.allowed, `tcp://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`);
  await socket.send(['MDPC02', '\x01', 'mmi.service', 'honest.strict']);
  expect((await socket.receive()).at(-1)?.toString()).toBe('200');
  socket.close();
  await new Promise((resolve) => proxy.close(resolve));
  return Buffer.concat(said);
}

const CURVE = greeting({ mechanism: 'CURVE' });
const helloOf = (data: Buffer): Buffer => command('HELLO', data);

describe('a handshake that is', () => {
  test.each<readonly [string, () => Buffer]>([
    ['a HELLO of random bytes', () => helloOf(Buffer.concat([Buffer.from([1, 0]), randomBytes(192)]))],
    ['a HELLO that is too short', () => helloOf(Buffer.from([1, 0]))],
    ['a HELLO that is too long', () => helloOf(Buffer.alloc(10_000, 1))],
    ['a HELLO of another version', () => helloOf(Buffer.concat([Buffer.from([9, 9]), randomBytes(192)]))],
    ['a HELLO of zeros', () => helloOf(Buffer.alloc(194))],
    ['an INITIATE without a HELLO', () => command('INITIATE', randomBytes(300))],
    ['a MESSAGE without a handshake', () => frame(Buffer.concat([Buffer.from('\x07MESSAGE'), randomBytes(100)]))],
    ['a READY of NULL', () => command('READY', Buffer.from('\x0bSocket-Type\0\0\0\x06DEALER'))],
    ['a HELLO of half a megabyte', () => helloOf(randomBytes(500_000))],
  ])('%s: its connection is closed, and it is counted', async (_name, says) => {
    const before = failedHandshakes((await it.stats()).counters);
    using horde = new Horde(it.encrypted);
    for (let i = 0; i < 20; i++) horde.open(CURVE, says());
    await waitUntil('all to be closed', () => horde.ended === 20);
    await it.counted('all of them', (counters) => failedHandshakes(counters) >= before + 20);
  });
});

test('broken handshakes, hundreds a second', async () => {
  const result = await it.withstand(async (signal) => {
    using horde = new Horde(it.encrypted);
    await atRate(signal, 200, () => {
      const one = horde.open(CURVE, helloOf(Buffer.concat([Buffer.from([1, 0]), randomBytes(192)])));
      if (horde.size > 200) horde.drop(horde.all[0] ?? one);
    });
  });
  expect(grown(result, failedHandshakes)).toBeGreaterThan(5);
});

test('what a peer said that was let in, said again by another, gets nobody in', async () => {
  const said = await overheard();
  // Its greeting, its HELLO (which proves nothing), and the INITIATE, which holds only for the answer that it got.
  expect(said.includes('HELLO') && said.includes('INITIATE')).toBe(true);
  const result = await it.withstand(async (signal) => {
    using horde = new Horde(it.encrypted);
    await atRate(signal, 200, () => {
      const one = horde.open(said);
      if (horde.size > 100) horde.drop(horde.all[0] ?? one);
    });
  });
  expect(grown(result, failedHandshakes)).toBeGreaterThan(5);
  expect(grown(result, ({ keysAccepted }) => keysAccepted)).toBe(0);
});

test('keys that are not on the list, by the hundred', async () => {
  const stranger = generateKeyPair();
  const result = await it.withstand(async (signal) => {
    const strangers: Dealer[] = [];
    await atRate(signal, 200, () => {
      strangers.push(peer(stranger));
      if (strangers.length > 50) strangers.shift()?.close();
    });
    for (const socket of sockets.splice(0)) socket.close();
  });
  expect(grown(result, ({ keysRefused }) => keysRefused.unknownKey)).toBeGreaterThan(5);
  expect(grown(result, ({ keysAccepted }) => keysAccepted)).toBe(0);
  expect(grown(result, ({ handshakesFailed }) => handshakesFailed.auth)).toBeGreaterThan(5);
});

test('one who was let in can flood, and the others are served all the same', async () => {
  let asked = 0;
  const result = await it.withstand(async (signal) => {
    const socket = peer(it.allowed);
    await atRate(signal, 1_000, () => {
      // What ZeroMQ does not take at once is not part of the attack.
      socket.send(['MDPC02', '\x01', `attack.${String(asked)}`, 'x']).then(
        () => asked++,
        () => undefined,
      );
    });
    socket.close();
    sockets.length = 0;
  });
  expect(asked).toBeGreaterThan(5);
  const ended = grown(result, ({ failed, abandoned }) => (failed[404] ?? 0) + (failed[429] ?? 0) + abandoned);
  expect(ended).toBeGreaterThan(0);
});
