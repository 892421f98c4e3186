// SPDX-License-Identifier: Apache-2.0
// client-id.test - the routing ids of a client's connections have in common what tells whose they are, and nothing else does

import { describe, expect, test } from '@jest/globals';
import { bytes, decodeAtBroker } from '../src/index.js';
import { ClientIds, clientOf } from '../src/internal.js';

const NONCE = Uint8Array.of(0x00, 0x01, 0x0a, 0x7f, 0x80, 0xcd, 0xef, 0xff);

describe('ClientIds', () => {
  test('makes routing ids that differ, of one client', () => {
    const ids = new ClientIds(NONCE);
    expect([ids.next(), ids.next()]).toEqual(['mdp:00010a7f80cdefff:1', 'mdp:00010a7f80cdefff:2']);
  });

  test('wants 8 random bytes', () => {
    expect(() => new ClientIds(Uint8Array.of(1))).toThrow('8 bytes');
  });

  test('makes none that a broker takes for a header when it comes through a proxy', () => {
    const frames = [new ClientIds(NONCE).next(), 'MDPC02', '\x01', 'a', 'body'].map(bytes);
    const [id] = frames;
    expect(decodeAtBroker(frames)).toMatchObject({ type: 'request', address: [id], service: 'a' });
  });
});

describe('clientOf', () => {
  const of = (id: string): string => Buffer.from(clientOf(bytes(id))).toString();

  test('is the same for all connections of a client, however many there were', () => {
    const ids = new ClientIds(NONCE);
    const clients = new Set(Array.from({ length: 200 }, () => of(ids.next())));
    expect([...clients]).toEqual(['mdp:00010a7f80cdefff']);
  });

  test('is another one for another client', () => {
    expect(of(new ClientIds(NONCE.slice().reverse()).next())).not.toBe(of(new ClientIds(NONCE).next()));
  });

  test.each([
    ['one that ZeroMQ made up', '\0\x01\x02\x03\x04'],
    ['an empty one', ''],
    ['one of another length', 'mdp:00010a7f80cdefff'],
    ['one without a number', 'mdp:00010a7f80cdefff:'],
    ['one with a longer name', 'mdp:00010a7f80cdefff0:1'],
    ['one with another mark', 'mdq:00010a7f80cdefff:1'],
  ])('is the whole of %s, the very same frame', (_what, id) => {
    const frame = bytes(id);
    expect(clientOf(frame)).toBe(frame);
  });
});
