// SPDX-License-Identifier: Apache-2.0
// key-file.test - what is written into a key file is read from it, and whatever else stands there is told in words

import { describe, expect, test } from '@jest/globals';
import { encodeZ85, formatKeyFile, parseKeyFile } from '@mdp/protocol/internal';
import { check } from '@mdp/testkit/fuzz';
import fc from 'fast-check';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(encodeZ85);
const words = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replace(/["\r\n]/g, ''));

const file = fc.record(
  { publicKey: key, secretKey: key, name: words, expires: words },
  { requiredKeys: ['publicKey'], noNullPrototype: true },
);

describe('a key file', () => {
  test('says what was written into it', () => {
    check(
      fc.property(file, (given) => {
        expect(parseKeyFile(formatKeyFile(given))).toEqual(given);
      }),
      { runs: 300 },
    );
  });

  test('that was damaged is read, with keys that are keys, or refused in words', () => {
    const damage = fc.tuple(fc.nat(400), fc.nat(20), fc.string({ unit: 'binary', maxLength: 20 }));
    check(
      fc.property(file, fc.array(damage, { minLength: 1, maxLength: 4 }), (given, damages) => {
        let text = formatKeyFile(given);
        for (const [at, cut, put] of damages) text = text.slice(0, at) + put + text.slice(at + cut);
        const read = parseKeyFile(text);
        if (typeof read === 'string') {
          expect(read).toMatch(/^it/);
          // What is refused is not shown: it may be a secret key.
          expect(read.length).toBeLessThan(80);
          return;
        }
        for (const each of [read.publicKey, read.secretKey ?? read.publicKey]) {
          expect(each).toHaveLength(40);
          expect(text).toContain(each);
        }
      }),
      { runs: 500 },
    );
  });
});
