// SPDX-License-Identifier: Apache-2.0
// value-kinds.test - single values, as text and as config files have them

import { describe, expect, test } from '@jest/globals';
import type { ValueRule } from '../src/value-kinds.js';
import { readConfig, readText } from '../src/value-kinds.js';

const DURATION: ValueRule = { kind: 'duration', min: 10, max: 60_000 };
const SIZE: ValueRule = { kind: 'size', min: 1, max: 2 ** 20 };
const COUNT: ValueRule = { kind: 'count', min: 1, max: 100 };
const BOOLEAN: ValueRule = { kind: 'boolean' };
const CHOICE: ValueRule = { kind: 'choice', choices: ['text', 'json'] };
const TEXT: ValueRule = { kind: 'text' };

describe('as text', () => {
  test.each([
    [DURATION, ' 2.5 ', 2500],
    [SIZE, '64k', 65_536],
    [COUNT, '7', 7],
    [BOOLEAN, 'TRUE', true],
    [BOOLEAN, 'off', false],
    [BOOLEAN, '1', true],
    [CHOICE, 'json', 'json'],
    [TEXT, 'x', 'x'],
  ])('%p reads %p', (rule, text, value) => {
    expect(readText(rule, '--x', text)).toBe(value);
  });

  test.each([
    [
      DURATION,
      '9ms',
      'a duration from 10ms to 1m: seconds (2.5), or a number with ms, s, m, h or d (2500ms, 15m, 1h30m)',
    ],
    [
      SIZE,
      '2MiB',
      'a size from 1 to 1MiB: bytes (65536), or a number with k, M, G, T (64k is 64KiB) or kB, MB, GB, TB (64kB is 64000)',
    ],
    [COUNT, '0x10', 'a whole number from 1 to 100'],
    [COUNT, '101', 'a whole number from 1 to 100'],
    [BOOLEAN, 'maybe', 'true or false'],
    [BOOLEAN, 'constructor', 'true or false'],
    [CHOICE, 'xml', 'text, json'],
    [TEXT, '', 'a text that is not empty'],
  ])('%p refuses %p and says what is allowed', (rule, text, allowed) => {
    expect(() => readText(rule, '--x', text)).toThrow(`--x: got ${JSON.stringify(text)}, allowed is ${allowed}`);
  });
});

describe('in a config file', () => {
  test.each([
    [DURATION, 2.5, 2500],
    [DURATION, '2500ms', 2500],
    [SIZE, 65_536, 65_536],
    [SIZE, '64k', 65_536],
    [COUNT, 7, 7],
    [BOOLEAN, false, false],
    [CHOICE, 'json', 'json'],
  ])('%p reads %p', (rule, value, read) => {
    expect(readConfig(rule, 'x', value)).toBe(read);
  });

  test.each([
    [DURATION, true],
    [DURATION, null],
    [DURATION, Infinity],
    [SIZE, 1.5],
    [COUNT, '7'],
    [COUNT, 1.5],
    [COUNT, [1]],
    [BOOLEAN, 'true'],
    [BOOLEAN, 1],
    [CHOICE, 'JSON'],
    [TEXT, {}],
  ])('%p refuses %p', (rule, value) => {
    expect(() => readConfig(rule, 'file.yaml:3: x', value)).toThrow(/^file\.yaml:3: x: got .+, allowed is .+$/);
  });
});
