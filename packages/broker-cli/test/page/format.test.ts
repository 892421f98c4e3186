// SPDX-License-Identifier: Apache-2.0
// format.test - numbers and times as the status page shows them

import { describe, expect, test } from '@jest/globals';
import { age, amount, bytes, clock, duration, latency, rate, words } from '../../src/page/format.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('numbers', () => {
  test.each([
    [0, '0'],
    [1_234, '1,234'],
    [99_999, '99,999'],
    [123_456, '123k'],
    [1_200_000, '1.2M'],
  ])('amount of %d', (count, text) => {
    expect(amount(count)).toBe(text);
  });

  test.each([
    [null, '–'],
    [0, '0'],
    [0.01, '0.1'],
    [0.34, '0.3'],
    [9.96, '10'],
    [12_345.6, '12,346'],
  ])('rate of %p', (value, text) => {
    expect(rate(value)).toBe(text);
  });

  test.each([
    [0, '0 B'],
    [1_024, '1.0 KiB'],
    [512, '512 B'],
    [1_300, '1.3 KiB'],
    [52_428_800, '50 MiB'],
  ])('bytes of %d', (count, text) => {
    expect(bytes(count)).toBe(text);
  });
});

describe('times', () => {
  test.each([
    [null, '–'],
    [0, '0'],
    [0.001, '0.01 ms'],
    [0.5, '0.50 ms'],
    [1.25, '1.3 ms'],
    [123.4, '123 ms'],
    [1_234, '1.2 s'],
    [12_345, '12 s'],
    [5 * MINUTE, '5 min'],
  ])('duration of %p', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  test('of latencies, those beyond the last bound are told as more', () => {
    expect([latency(null), latency(65_536), latency(131_072)]).toEqual(['–', '65 s', '> 65 s']);
  });

  test.each([
    [0, '0 s'],
    [99_000, '99 s'],
    [2 * MINUTE, '2 min'],
    [HOUR, '1 h'],
    [3 * HOUR + 20 * MINUTE, '3 h 20 min'],
    [52 * HOUR, '2 d 4 h'],
    [4_800 * HOUR, '200 d'],
  ])('age of %d', (ms, text) => {
    expect(age(ms)).toBe(text);
  });

  test('the time of day has seconds', () => {
    expect(clock(Date.now())).toMatch(/^\d\d:\d\d:\d\d$/);
  });
});

test('names of the program become words', () => {
  expect(words('unknownKey')).toBe('unknown key');
  expect(words('404')).toBe('404');
});
