// SPDX-License-Identifier: Apache-2.0
// token.test - what the tokens of a broker promise; their bytes are in the vectors

import { describe, expect, test } from '@jest/globals';
import { NONCE_LENGTH, TOKEN_LENGTH, TokenMint, encodeToken } from '@mdp/protocol';
import { check } from '@mdp/testkit/fuzz';
import fc from 'fast-check';
import { hex } from './support/vectors.js';

const NONCE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

describe('TokenMint', () => {
  test('never makes the same token twice', () => {
    const mint = new TokenMint(NONCE);
    const made = new Set(Array.from({ length: 70_000 }, () => hex(mint.next())));
    expect(made.size).toBe(70_000);
  });

  test('hands out memory of its own each time', () => {
    const mint = new TokenMint(NONCE);
    const first = mint.next();
    const copy = first.slice();
    mint.next();
    expect(first).toEqual(copy);
    expect(first).toHaveLength(TOKEN_LENGTH);
  });

  test('is not disturbed when the nonce that it was given is overwritten', () => {
    for (const nonce of [NONCE.slice(), Buffer.from(NONCE)]) {
      const mint = new TokenMint(nonce);
      nonce.fill(0);
      expect(mint.next()).toEqual(encodeToken(NONCE, 1));
    }
  });

  test.each([0, 7, 9, 16])('refuses a nonce of %i bytes', (length) => {
    expect(() => new TokenMint(new Uint8Array(length))).toThrow(
      `nonce: got ${String(length)} bytes, allowed is ${String(NONCE_LENGTH)} bytes`,
    );
  });

  test('says of any bytes whose they are: made, not yet made, or not of this broker', () => {
    const mint = new TokenMint(NONCE);
    for (let i = 0; i < 300; i++) mint.next();
    check(
      fc.property(fc.integer({ min: 0, max: 600 }), fc.nat(200), fc.uint8Array({ maxLength: 20 }), (n, bit, any) => {
        expect(mint.classify(encodeToken(NONCE, n))).toBe(n >= 1 && n <= 300 ? 'late' : 'forged');
        const flipped = encodeToken(NONCE, n);
        const byte = (bit >> 3) % TOKEN_LENGTH;
        flipped[byte] = (flipped[byte] ?? 0) ^ (1 << (bit & 7));
        if (byte < NONCE_LENGTH) expect(mint.classify(flipped)).toBe('foreign');
        else expect(mint.classify(flipped)).not.toBe('foreign');
        if (any.length !== TOKEN_LENGTH) expect(mint.classify(any)).toBe('foreign');
      }),
      { runs: 500 },
    );
  });

  test('calls its own tokens late, those to come forged, those of others foreign', () => {
    const mint = new TokenMint(NONCE);
    const other = new TokenMint(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 9));
    const token = mint.next();
    expect(mint.classify(token)).toBe('late');
    expect(other.classify(token)).toBe('foreign');
    expect(mint.classify(encodeToken(NONCE, 2))).toBe('forged');
    mint.next();
    expect(mint.classify(encodeToken(NONCE, 2))).toBe('late');
  });

  test('classifies whatever it is shown', () => {
    const mint = new TokenMint(NONCE);
    for (let length = 0; length < 40; length++) {
      const expected = length === TOKEN_LENGTH ? 'forged' : 'foreign';
      const shown = new Uint8Array(length).fill(255);
      shown.set(NONCE.subarray(0, Math.min(length, NONCE_LENGTH)));
      expect(mint.classify(shown)).toBe(expected);
    }
  });
});
