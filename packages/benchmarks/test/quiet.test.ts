// SPDX-License-Identifier: Apache-2.0
// quiet.test - what others did meanwhile, and when a measurement is repeated

import { describe, expect, test } from '@jest/globals';
import { othersShare, undisturbed } from '../src/quiet.js';

describe('othersShare', () => {
  const before = { busyMs: 100, totalMs: 1000 };

  test('is what was busy and not ours, of all processors', () => {
    expect(othersShare(before, { busyMs: 1100, totalMs: 3000 }, 500)).toBe(0.25);
  });

  test('is never below nothing, as clocks of different grain may have it', () => {
    expect(othersShare(before, { busyMs: 200, totalMs: 2000 }, 101)).toBe(0);
  });

  test('is nothing when no time has passed', () => {
    expect(othersShare(before, before, 0)).toBe(0);
  });
});

describe('undisturbed', () => {
  function trial(shares: readonly number[]): {
    name: string;
    runs: number;
    measure(): Promise<{ othersShare: number }>;
  } {
    return {
      name: 'a',
      runs: 0,
      measure() {
        return Promise.resolve({ othersShare: shares[this.runs++] ?? NaN });
      },
    };
  }

  test('a quiet measurement counts at once', async () => {
    const quiet = trial([0.02, 0.01]);
    expect(await undisturbed(quiet, 1, () => undefined).measure()).toEqual({ othersShare: 0.02 });
    expect(quiet.runs).toBe(1);
  });

  test('a disturbed one is repeated until one is quiet', async () => {
    const loud = trial([0.5, 0.3, 0.05, 0]);
    expect(await undisturbed(loud, 1, () => undefined).measure()).toEqual({ othersShare: 0.05 });
    expect(loud.runs).toBe(3);
  });

  test('when all are disturbed the least disturbed one counts', async () => {
    const loud = trial([0.5, 0.3, 0.4, 0.6, 0.01]);
    expect(await undisturbed(loud, 1, () => undefined).measure()).toEqual({ othersShare: 0.3 });
    expect(loud.runs).toBe(4);
  });

  test('without patience every measurement counts', async () => {
    const loud = trial([0.5]);
    expect(await undisturbed(loud, 0, () => undefined).measure()).toEqual({ othersShare: 0.5 });
  });
});
