// SPDX-License-Identifier: Apache-2.0
// latencies.test - percentiles and rows of a chart, of times that are known

import { describe, expect, test } from '@jest/globals';
import { Latencies } from '../src/latencies.js';

function of(...times: readonly number[]): Latencies {
  const latencies = new Latencies();
  for (const ms of times) latencies.add(ms);
  return latencies;
}

describe('percentiles', () => {
  test.each([0.01, 0.37, 1, 12.5, 999, 86_400_000])('of %d ms alone it is that, to half a percent', (ms) => {
    for (const share of [0, 0.5, 0.999, 1]) {
      expect(of(ms).percentile(share) / ms).toBeGreaterThan(0.995);
      expect(of(ms).percentile(share)).toBeLessThanOrEqual(ms);
    }
  });

  test('of a thousand, in any order', () => {
    const latencies = of(...Array.from({ length: 1000 }, (_, i) => ((i * 7919) % 1000) + 1));
    for (const [share, ms] of [
      [0.5, 500],
      [0.9, 900],
      [0.99, 990],
      [0.999, 999],
      [1, 1000],
    ] as const) {
      expect(Math.abs(latencies.percentile(share) / ms - 1)).toBeLessThan(0.006);
    }
    expect([latencies.count, latencies.meanMs, latencies.maxMs]).toEqual([1000, 500.5, 1000]);
  });

  test('of none', () => {
    expect(of().percentile(0.5)).toBeNaN();
    expect(of().rows()).toEqual([]);
  });

  test('what is not measurable counts as the least, what is beyond all bounds as the greatest', () => {
    const latencies = of(0, 1e15);
    expect(latencies.percentile(0.5)).toBeCloseTo(0.001);
    expect(latencies.maxMs).toBe(1e15);
    expect(latencies.rows().reduce((sum, { count }) => sum + count, 0)).toBe(2);
  });
});

describe('rows', () => {
  test('round bounds, from the first that has any to the last', () => {
    expect(of(1.2, 1.4, 2.5, 6).rows()).toEqual([
      { fromMs: 1, toMs: 1.5, count: 2 },
      { fromMs: 1.5, toMs: 2, count: 0 },
      { fromMs: 2, toMs: 3, count: 1 },
      { fromMs: 3, toMs: 5, count: 0 },
      { fromMs: 5, toMs: 7, count: 1 },
    ]);
  });

  test('fewer and wider ones when times are far apart', () => {
    const rows = of(0.3, 4000).rows();
    expect(rows[0]).toEqual({ fromMs: 0.2, toMs: 0.5, count: 1 });
    expect(rows.at(-1)).toEqual({ fromMs: 2000, toMs: 5000, count: 1 });
    expect(rows).toHaveLength(13);
  });
});
