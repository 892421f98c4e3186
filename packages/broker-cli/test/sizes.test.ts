// SPDX-License-Identifier: Apache-2.0
// sizes.test - numbers of bytes as people write them

import { describe, expect, test } from '@jest/globals';
import { formatSize, parseSize } from '../src/sizes.js';

describe('parseSize', () => {
  test.each([
    ['0', 0],
    ['65536', 65_536],
    ['64k', 65_536],
    ['64K', 65_536],
    ['64KiB', 65_536],
    ['64kB', 64_000],
    ['16MiB', 16_777_216],
    ['16 MiB', 16_777_216],
    ['1.5m', 1_572_864],
    ['1g', 1_073_741_824],
    ['1GB', 1_000_000_000],
    ['1T', 1_099_511_627_776],
    ['7b', 7],
  ])('reads %s as %i bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(['', 'k', '-1', '1e6', '1x', '1kk', '1.0001k', '1constructor', '1__proto__', '9'.repeat(30)])(
    'takes %p for no size',
    (text) => {
      expect(parseSize(text)).toBeUndefined();
    },
  );
});

test.each([0, 1, 1000, 1024, 65_536, 65_537, 16_777_216, 2 ** 30, 2 ** 40])(
  'writes %i bytes so that it can be read back',
  (bytes) => {
    expect(parseSize(formatSize(bytes))).toBe(bytes);
  },
);
