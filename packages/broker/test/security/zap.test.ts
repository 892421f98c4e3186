// SPDX-License-Identifier: Apache-2.0
// zap.test - ZeroMQ's questions are read, or are none, and answered in its words

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeZ85, encodeZ85 } from '@mdp/protocol/internal';
import { check } from '@mdp/testkit/fuzz';
import { decodeZapRequest, encodeZapReply } from '../../src/security/zap.js';

const KEY = Buffer.alloc(32, 1);
const QUESTION = ['id', '', '1.0', '7', 'mdp-0', '10.0.0.1', '', 'CURVE', KEY].map((frame) =>
  Buffer.from(frame as string),
);

const replaced = (at: number, frame: string | Uint8Array): Buffer[] =>
  QUESTION.map((old, i) => (i === at ? Buffer.from(frame as string) : old));

describe('a question', () => {
  test('is read', () => {
    const request = decodeZapRequest(QUESTION);
    expect(request).toMatchObject({ domain: 'mdp-0', address: '10.0.0.1' });
    expect(request?.key).toHaveLength(40);
  });

  test('with another mechanism, or a key of another length, has no key', () => {
    expect(decodeZapRequest(replaced(7, 'NULL'))?.key).toBeUndefined();
    expect(decodeZapRequest(replaced(7, 'curve'))?.key).toBeUndefined();
    expect(decodeZapRequest(replaced(8, KEY.subarray(1)))?.key).toBeUndefined();
    expect(decodeZapRequest([...QUESTION, Buffer.alloc(0)])?.key).toBeUndefined();
    expect(decodeZapRequest(QUESTION.slice(0, 8))?.key).toBeUndefined();
  });

  test('in another version, without its delimiter, or too short is none', () => {
    expect(decodeZapRequest(replaced(2, '1.1'))).toBeUndefined();
    expect(decodeZapRequest(replaced(1, 'x'))).toBeUndefined();
    for (let length = 0; length < 8; length++) expect(decodeZapRequest(QUESTION.slice(0, length))).toBeUndefined();
  });

  test('is read or none, whatever the frames are', () => {
    check(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 }), fc.nat(9), (frames, from) => {
        const mixed = [...QUESTION.slice(0, from), ...frames];
        const request = decodeZapRequest(mixed);
        if (request?.key !== undefined) expect(mixed).toHaveLength(9);
      }),
      { runs: 500 },
    );
  });

  test('is read as it was asked, and when it was damaged it is another question, one without a key, or none', () => {
    const short = fc.string({ maxLength: 12 });
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const flip = fc.record({ what: fc.constantFrom('bit', 'drop', 'double', 'cut'), at: fc.nat(8), by: fc.nat(300) });
    check(
      fc.property(short, short, short, key, flip, (id, domain, address, secret, { what, at, by }) => {
        const frames = ['peer', '', '1.0', id, domain, address, 'self', 'CURVE', secret].map((frame) =>
          Buffer.from(frame as string),
        );
        expect(decodeZapRequest(frames)).toMatchObject({ domain, address, key: encodeZ85(secret) });
        const old = frames[at] ?? Buffer.alloc(0);
        if (what === 'bit' && old.length > 0) old[by % old.length] = (old[by % old.length] ?? 0) ^ (1 << (by % 8));
        else if (what === 'drop') frames.splice(at, 1);
        else if (what === 'double') frames.splice(at, 0, old);
        else frames[at] = old.subarray(0, by % (old.length + 1));
        const read = decodeZapRequest(frames);
        // A key is the one that stands there as it is, in a question of CURVE and of this version, or there is none.
        if (read?.key === undefined) return;
        expect(frames.map((frame) => frame.toString()).slice(1, 3)).toEqual(['', '1.0']);
        expect(frames[7]?.toString()).toBe('CURVE');
        expect(frames).toHaveLength(9);
        expect(decodeZ85(read.key)).toEqual(Uint8Array.from(frames[8] ?? []));
      }),
      { runs: 500 },
    );
  });
});

describe('an answer', () => {
  const request = decodeZapRequest(QUESTION);
  if (request === undefined) throw new Error('the question is one');

  test('goes back to who asked, with the key as user when it is yes', () => {
    const frames = encodeZapReply(request, 200).map((frame) => Buffer.from(frame).toString());
    expect(frames).toEqual(['id', '', '1.0', '7', '200', 'OK', request.key, '']);
  });

  test.each([300, 400, 500] as const)('%i names no user', (status) => {
    const frames = encodeZapReply(request, status).map((frame) => Buffer.from(frame).toString());
    expect(frames[4]).toBe(String(status));
    expect(frames.slice(6)).toEqual(['', '']);
  });
});
