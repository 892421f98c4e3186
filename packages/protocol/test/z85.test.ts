// SPDX-License-Identifier: Apache-2.0
// z85.test - bytes as Z85 and back, as RFC 32 has it

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeZ85, encodeZ85, isZ85Key } from '@mdp/protocol/internal';
import { check } from '@mdp/testkit/fuzz';

describe('Z85', () => {
  test('is what RFC 32 says of its own example', () => {
    const bytes = Uint8Array.of(0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b);
    expect(encodeZ85(bytes)).toBe('HelloWorld');
    expect(decodeZ85('HelloWorld')).toEqual(bytes);
  });

  test('gives back every text that it made', () => {
    check(
      fc.property(fc.uint8Array({ maxLength: 64 }), (some) => {
        const bytes = some.subarray(0, some.length - (some.length % 4));
        expect(decodeZ85(encodeZ85(bytes))).toEqual(new Uint8Array(bytes));
      }),
    );
  });

  test('reads any text, and what is none is none', () => {
    check(
      fc.property(fc.string(), (text) => {
        const bytes = decodeZ85(text);
        if (bytes !== undefined) expect(encodeZ85(bytes)).toBe(text);
      }),
      { runs: 1000 },
    );
    expect(decodeZ85('Hello World')).toBeUndefined();
    expect(decodeZ85('Hell"')).toBeUndefined();
    expect(decodeZ85('Hellö')).toBeUndefined();
    expect(decodeZ85('Hell')).toBeUndefined();
    // One more than four bytes can hold.
    expect(decodeZ85('%nSc0')).toEqual(Uint8Array.of(255, 255, 255, 255));
    expect(decodeZ85('%nSc1')).toBeUndefined();
  });

  test('a text that was damaged is read as other bytes, or as none', () => {
    check(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.nat(39),
        fc.string({ maxLength: 2 }),
        (key, at, by) => {
          const text = encodeZ85(key);
          const other = text.slice(0, at) + by + text.slice(at + 1);
          const read = decodeZ85(other);
          if (read !== undefined) expect(read).toHaveLength((other.length / 5) * 4);
          expect(read !== undefined && Buffer.compare(read, key) === 0).toBe(other === text);
        },
      ),
      { runs: 500 },
    );
  });

  test('a key has 40 characters', () => {
    expect(isZ85Key('0'.repeat(40))).toBe(true);
    expect(isZ85Key('0'.repeat(35))).toBe(false);
    expect(isZ85Key('0'.repeat(45))).toBe(false);
    expect(isZ85Key(`${'0'.repeat(39)} `)).toBe(false);
  });
});
