// SPDX-License-Identifier: Apache-2.0
// durations.test - times as people write them

import { describe, expect, test } from '@jest/globals';
import { formatDuration, formatElapsed, parseDuration, secondsToMs } from '../src/durations.js';

describe('parseDuration', () => {
  test.each([
    ['0', 0],
    ['2', 2000],
    ['2.5', 2500],
    ['2.3', 2300],
    ['0.001', 1],
    ['2500ms', 2500],
    ['2s', 2000],
    ['1.5s', 1500],
    ['15m', 900_000],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['1m500ms', 60_500],
    ['2d', 172_800_000],
  ])('reads %s as %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    '',
    ' ',
    'abc',
    '-1',
    '+1',
    '1e3',
    '.5',
    '5.',
    '2 s',
    's',
    '1x',
    '1S',
    '1hh',
    'Infinity',
    'NaN',
    '0.0001',
  ])('takes %p for no duration', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test('refuses what is too long to count in milliseconds', () => {
    expect(parseDuration('9'.repeat(30))).toBeUndefined();
  });
});

test('seconds of a config file become whole milliseconds', () => {
  expect(secondsToMs(2.3)).toBe(2300);
  expect(secondsToMs(0.0005)).toBeUndefined();
  expect(secondsToMs(Number.NaN)).toBeUndefined();
});

describe('formatDuration', () => {
  test.each([0, 1, 10, 999, 1000, 2500, 60_000, 61_000, 900_000, 3_600_000, 86_400_000, 90_061_001])(
    'writes %i ms so that it can be read back',
    (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    },
  );

  test('uses the coarsest unit that is exact', () => {
    expect([2500, 900_000, 10, 7_200_000].map(formatDuration)).toEqual(['2.5s', '15m', '10ms', '2h']);
  });
});

test.each([
  [0.84, '0.8 ms'],
  [12.3, '12 ms'],
  [3210, '3.2 s'],
  [300_000, '5 min'],
  [7_800_000, '2 h 10 min'],
  [273_600_000, '3 d 4 h'],
])('says %d ms as %s', (ms, text) => {
  expect(formatElapsed(ms)).toBe(text);
});
