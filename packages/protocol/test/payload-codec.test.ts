// SPDX-License-Identifier: Apache-2.0
// payload-codec.test - JSON as it is sent and read, and what is a codec

import { describe, expect, test } from '@jest/globals';
import type { Codec } from '@mdp/protocol';
import { bytes, json } from '@mdp/protocol';
import { checkCodec } from '@mdp/protocol/internal';

describe('json', () => {
  test.each<[string, unknown]>([
    ['{"a":[1,"ö",null]}', { a: [1, 'ö', null] }],
    ['"text"', 'text'],
    ['null', null],
    ['0', 0],
    ['', undefined],
  ])('%j is what it makes of a value, and makes the value again', (words, value) => {
    expect(json.encode(value)).toBe(words);
    expect(json.decode([bytes(words)])).toEqual(value);
  });

  test('reads no frame at all as undefined', () => {
    expect(json.decode([])).toBeUndefined();
  });

  const circle: Record<string, unknown> = {};
  circle['itself'] = circle;

  test.each<[string, unknown, RegExp]>([
    ['a BigInt', { n: 5n }, /BigInt/],
    ['a circle', circle, /circular/],
    ['a function', () => 1, /JSON cannot say a function/],
    ['a symbol', Symbol('s'), /JSON cannot say a symbol/],
  ])('refuses %s', (_, value, message) => {
    expect(() => json.encode(value)).toThrow(message);
  });

  test.each<[string, Uint8Array[], RegExp]>([
    ['two frames', [bytes('1'), bytes('2')], /one frame, not 2/],
    ['bytes that are no UTF-8', [Uint8Array.of(0x22, 0xff, 0x22)], /no UTF-8/],
    ['text that is no JSON', [bytes('{')], /JSON/],
    ['a byte order mark', [bytes('\ufeff1')], /JSON/],
  ])('refuses to read %s', (_, frames, message) => {
    expect(() => json.decode(frames)).toThrow(message);
  });

  test('gives an object no other prototype, whatever its keys are', () => {
    const value = json.decode([bytes('{"__proto__":{"admin":true}}')]) as { admin?: boolean };
    expect(value.admin).toBeUndefined();
  });
});

describe('checkCodec', () => {
  test.each([undefined, null, {}, { encode: json.encode }, 'json', JSON])('refuses %p', (codec) => {
    expect(() => {
      checkCodec(codec as unknown as Codec);
    }).toThrow(expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT', argument: 'codec' }));
  });

  test('takes what has both functions', () => {
    expect(() => {
      checkCodec({ encode: () => '', decode: () => undefined });
    }).not.toThrow();
  });
});
