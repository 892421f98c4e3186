// SPDX-License-Identifier: Apache-2.0
// memory-limits.test - limits of bytes for a small heap

import { expect, test } from '@jest/globals';
import { BROKER_DEFAULTS } from '@mdp/broker';
import { limitsFor } from '../src/memory-limits.js';

const MEBIBYTE = 1024 * 1024;

test('a heap of a gigabyte holds the defaults', () => {
  expect(limitsFor({}, 4 * BROKER_DEFAULTS.maxPendingBytes)).toEqual({});
});

test('of a smaller one, requests and slow readers get a quarter each', () => {
  const quarter = 25 * MEBIBYTE;
  expect(limitsFor({}, 100 * MEBIBYTE)).toEqual({ maxPendingBytes: quarter, maxOutboxBytesInAll: quarter });
});

test('what the user named is left alone', () => {
  const heap = 43 * MEBIBYTE;
  expect(limitsFor({ maxPendingBytes: 2 ** 30 }, heap)).toEqual({ maxOutboxBytesInAll: 10 * MEBIBYTE });
  expect(limitsFor({ maxPendingBytes: 2 ** 30, maxOutboxBytesInAll: 1 }, heap)).toEqual({});
});
