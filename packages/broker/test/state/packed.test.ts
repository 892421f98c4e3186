// SPDX-License-Identifier: Apache-2.0
// packed.test - what waits comes out as it went in, and keeps nothing else alive

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EMPTY_FRAME } from '@mdp/protocol';
import { check } from '@mdp/testkit/fuzz';
import { pack, unpack } from '../../src/state/packed.js';

describe('pack', () => {
  test('loses no byte, of a Buffer or of a Uint8Array, however long it is', () => {
    check(
      fc.property(fc.uint8Array({ maxLength: 1500 }), (bytes) => {
        expect(Buffer.compare(unpack(pack(bytes)), bytes)).toBe(0);
        expect(Buffer.compare(unpack(pack(Buffer.from(bytes))), bytes)).toBe(0);
      }),
    );
    expect(unpack(pack(EMPTY_FRAME))).toHaveLength(0);
  });

  test('keeps no Buffer of a short frame, and of a long one no more than it holds', () => {
    const arena = Buffer.alloc(8193, 'x');
    expect(pack(arena.subarray(0, 1024))).toBe('x'.repeat(1024));
    const long = pack(arena.subarray(0, 1025));
    expect(long).toEqual(new Uint8Array(1025).fill(0x78));
    expect((long as Uint8Array).buffer.byteLength).toBe(1025);
    expect(pack(arena)).toBe(arena);
  });

  test('keeps no arena of ZeroMQ, which a frame of up to 8 KiB may be part of', () => {
    const frame = Buffer.alloc(8192, 'x');
    const kept = pack(frame);
    expect(kept).toEqual(frame);
    expect(kept).not.toBe(frame);
  });

  test('leaves alone what is packed', () => {
    const once = pack(Buffer.from([0, 128, 255]));
    expect(pack(once)).toBe(once);
    expect(unpack(Buffer.from('a'))).toEqual(Buffer.from('a'));
  });
});
