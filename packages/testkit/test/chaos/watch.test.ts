// SPDX-License-Identifier: Apache-2.0
// watch.test - a leak in a broker, a worker or a client fails a soak of ten minutes, and the noise of one does not

import { describe, expect, test } from '@jest/globals';
import type { Sample } from '../../src/chaos/flatness.js';
import { coursesOf } from '../../src/chaos/flatness.js';
import { SLACK, growing } from '../../src/chaos/watch.js';

/** Ten minutes without the first 90 s, a look every 2 s. */
const LOOKS = 255;
const SECONDS = 2;

function soaked(who: string, sample: (seconds: number, i: number) => Sample): string[] {
  const samples = Array.from({ length: LOOKS }, (_, i) => sample(i * SECONDS, i));
  return growing([{ who, courses: coursesOf(samples, SLACK) }]);
}

const MEBIBYTE = 2 ** 20;

describe.each(['broker', 'worker, mx', 'client, strict'])('%s', (who) => {
  test('that keeps 32 KiB of the heap in each second is found', () => {
    expect(soaked(who, (seconds) => ({ 'heap MiB': 10 + (seconds * 32 * 1024) / MEBIBYTE }))).toEqual([
      `${who}: heap MiB is not flat`,
    ]);
  });

  test('that keeps an entry for every third kill is found', () => {
    expect(soaked(who, (seconds) => ({ 'some.map': Math.floor(seconds / 30) }))).toEqual([
      `${who}: some.map is not flat`,
    ]);
  });

  test('that keeps two files a minute open is not found in ten minutes, six are', () => {
    const files = (perMinute: number) => (seconds: number) => ({ files: 20 + (seconds / 60) * perMinute });
    expect(soaked(who, files(2))).toEqual([]);
    expect(soaked(who, files(6))).toEqual([`${who}: files is not flat`]);
  });

  test('that holds now more and now less is flat', () => {
    const wave = (i: number): number => (i * 7) % 11;
    expect(
      soaked(who, (_, i) => ({
        'RSS MiB': 100 + 4 * wave(i),
        'heap MiB': 9 + wave(i) / 2,
        'external MiB': 5 + wave(i),
        files: 40 + wave(i),
        connections: 1_600 + 30 * wave(i),
        pending: wave(i),
        'remembered.bytes': 4 * MEBIBYTE - 1_000 * wave(i),
      })),
    ).toEqual([]);
  });

  test('that takes 20 MiB more from the system at once, for good, is flat: an allocator does that', () => {
    expect(soaked(who, (seconds) => ({ 'RSS MiB': seconds < 200 ? 90 : 110 }))).toEqual([]);
  });
});
