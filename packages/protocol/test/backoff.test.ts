// SPDX-License-Identifier: Apache-2.0
// backoff.test - delays double, stay within bounds, and differ from peer to peer

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backoffMs } from '@mdp/protocol/internal';
import { check } from '@mdp/testkit/fuzz';

const OPTIONS = { baseMs: 100, maxMs: 5000 };
const ALMOST_ONE = 1 - Number.EPSILON / 2;

test('doubles with each try that failed, up to the longest', () => {
  const full = (attempt: number): number => Math.round(backoffMs(attempt, OPTIONS, () => ALMOST_ONE));
  expect([1, 2, 3, 4, 5, 6, 7, 8, 100].map(full)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
});

test('takes away at most half, at random', () => {
  expect(backoffMs(3, OPTIONS, () => 0)).toBe(200);
  expect(backoffMs(3, OPTIONS, () => 0.5)).toBe(300);
});

test('is a finite delay within bounds, however many tries have failed', () => {
  check(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.integer({ min: 0, max: 60_000 }),
      fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      (attempt, baseMs, maxMs) => {
        const delay = backoffMs(attempt, { baseMs, maxMs });
        expect(delay).toBeGreaterThanOrEqual(Math.min(baseMs, maxMs) / 2);
        expect(delay).toBeLessThanOrEqual(maxMs);
      },
    ),
  );
});

test('differs between peers that fail in the same instant', () => {
  expect(new Set(Array.from({ length: 50 }, () => backoffMs(5, OPTIONS))).size).toBeGreaterThan(1);
});
