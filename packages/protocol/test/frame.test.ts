// SPDX-License-Identifier: Apache-2.0
// frame.test - how callers' values become frames

import { describe, expect, test } from '@jest/globals';
import { runInNewContext } from 'node:vm';
import { EMPTY_FRAME, byteLength, bytes, isFrame, sameFrame, text, toFrames } from '@mdp/protocol';

describe('toFrames', () => {
  test('takes a string, bytes, or an array of both', () => {
    const frame = Uint8Array.of(1, 2);
    expect(toFrames('größe', 'body')).toEqual([bytes('größe')]);
    expect(toFrames(frame, 'body')).toEqual([frame]);
    expect(toFrames(['', frame, Buffer.from('x')], 'body')).toEqual([EMPTY_FRAME, frame, Buffer.from('x')]);
    expect(toFrames([], 'body')).toEqual([]);
  });

  test('does not copy bytes', () => {
    const frame = new Uint8Array(1000);
    expect(toFrames(frame, 'body')[0]).toBe(frame);
    expect(toFrames([frame], 'body')[0]).toBe(frame);
  });

  test('makes an array of its own', () => {
    const given = [bytes('x')];
    const frames = toFrames(given, 'body');
    given.push(bytes('y'));
    expect(frames).toHaveLength(1);
  });

  test.each<[string, unknown, string]>([
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a number', 42, '42'],
    ['an object', {}, 'an object'],
    ['an ArrayBuffer', new ArrayBuffer(2), 'an object'],
    ['other numbers than bytes', new Float64Array(2), '16 bytes'],
    ['a view without elements', new DataView(new ArrayBuffer(2)), '2 bytes'],
  ])('refuses %s', (_, value, shown) => {
    expect(() => toFrames(value as string, 'body')).toThrow(
      `body: got ${shown}, allowed is a string, a Uint8Array, or an array of these`,
    );
    expect(() => toFrames(['x', value as string], 'body')).toThrow(
      `body[1]: got ${shown}, allowed is a string or a Uint8Array`,
    );
  });

  test('refuses holes in an array', () => {
    const sparse: string[] = [];
    sparse[1] = 'x';
    expect(() => toFrames(sparse, 'reply')).toThrow('reply[0]: got undefined');
  });
});

describe('isFrame', () => {
  test('knows bytes of another realm', () => {
    expect(isFrame(runInNewContext('new Uint8Array(2)'))).toBe(true);
    expect(isFrame(runInNewContext('new Uint8ClampedArray(2)'))).toBe(false);
    expect(isFrame(runInNewContext('({ length: 2, [Symbol.toStringTag]: "Uint8Array" })'))).toBe(false);
  });
});

describe('text', () => {
  test('is undefined for what is no UTF-8, and right again afterwards', () => {
    for (const broken of [[0xff], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x9a], [0xc0, 0xaf], [0xed, 0xa0, 0x80]]) {
      expect(text(Uint8Array.from(broken))).toBeUndefined();
      expect(text(bytes('größe 变更'))).toBe('größe 变更');
    }
  });

  test('keeps a byte order mark: two frames never read as one text', () => {
    expect(text(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
  });
});

test('sameFrame compares bytes, not objects', () => {
  expect(sameFrame(bytes('abc'), Buffer.from('abc'))).toBe(true);
  expect(sameFrame(EMPTY_FRAME, new Uint8Array(0))).toBe(true);
  expect(sameFrame(bytes('abc'), bytes('abd'))).toBe(false);
  expect(sameFrame(bytes('abc'), bytes('ab'))).toBe(false);
});

test('byteLength counts bytes, not characters', () => {
  expect(byteLength([])).toBe(0);
  expect(byteLength([bytes('ü'), EMPTY_FRAME, bytes('abc')])).toBe(5);
});
