// SPDX-License-Identifier: Apache-2.0
// latency.test - durations find their buckets

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LATENCY_BOUNDS_MS } from '@mdp/protocol';
import { latencyBucket } from '@mdp/protocol/internal';

describe('the buckets of durations', () => {
  test('reach from an eighth of a millisecond to more than a minute, doubling', () => {
    expect(LATENCY_BOUNDS_MS).toHaveLength(20);
    expect([LATENCY_BOUNDS_MS[0], LATENCY_BOUNDS_MS[1], LATENCY_BOUNDS_MS.at(-1)]).toEqual([0.125, 0.25, 65_536]);
  });

  test.each(LATENCY_BOUNDS_MS.map((bound, i) => [bound, i] as const))(
    '%d ms is in bucket %d, with its bound',
    (ms, i) => {
      expect([latencyBucket(ms * 0.999), latencyBucket(ms), latencyBucket(ms * 1.001)]).toEqual([i, i, i + 1]);
    },
  );

  test.each([
    [0, 0],
    [-1, 0],
    [65_537, 20],
    [1e12, 20],
    [Infinity, 20],
  ])('%d ms is in bucket %d', (ms, bucket) => {
    expect(latencyBucket(ms)).toBe(bucket);
  });

  test('every duration is in the first bucket whose bound is not below it', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 100_000, noNaN: true }), (ms) => {
        const first = LATENCY_BOUNDS_MS.findIndex((bound) => ms <= bound);
        expect(latencyBucket(ms)).toBe(first < 0 ? LATENCY_BOUNDS_MS.length : first);
      }),
    );
  });
});
