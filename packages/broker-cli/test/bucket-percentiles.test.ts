// SPDX-License-Identifier: Apache-2.0
// bucket-percentiles.test - percentiles of durations that were counted in buckets

import { expect, test } from '@jest/globals';
import { bucketPercentile } from '../src/bucket-percentiles.js';

const BOUNDS = [1, 2, 4];

test.each<[counts: number[], share: number, ms: number | undefined]>([
  [[], 0.5, undefined],
  [[0, 0, 0, 0], 0.5, undefined],
  [[4, 0, 0, 0], 0.5, 0.5],
  [[4, 0, 0, 0], 1, 1],
  [[0, 10, 0, 0], 0.5, 1.5],
  [[50, 49, 1, 0], 0.5, 1],
  [[50, 49, 1, 0], 0.99, 2],
  [[50, 49, 1, 0], 1, 4],
  [[1, 0, 0, 1], 0.99, Infinity],
  [[0, 0, 1, 0], 0, 4],
])('of %j at %d', (counts, share, ms) => {
  expect(bucketPercentile(counts, BOUNDS, share)).toBe(ms);
});
