// SPDX-License-Identifier: Apache-2.0
// printable.test - hostile text on its way to a terminal

import { describe, expect, test } from '@jest/globals';
import { printable, printableJson, quoted, showFrame } from '../src/printable.js';

describe('printable', () => {
  test.each([
    ['\u001b[2J', '\\u001b[2J'],
    ['a\nb\r\u0000', 'a\\u000ab\\u000d\\u0000'],
    ['\u009b31m', '\\u009b31m'],
    ['abc\u202edef', 'abc\\u202edef'],
    ['a\u2028b\ufeff\u200b', 'a\\u2028b\\ufeff\\u200b'],
    ['\ud800x', '\\ud800x'],
    ['echo\u00ad\u3164\ufff9', 'echo\\u00ad\\u3164\\ufff9'],
    ['echo\u{e0041}', 'echo\\udb40\\udc41'],
    ['echo\ufe00\u{e0100}', 'echo\\ufe00\\udb40\\udd00'],
    [`e${'\u0301'.repeat(6)}`, `e${'\u0301'.repeat(4)}\\u0301\\u0301`],
    ['grüße 😀 e\u0323\u0302 \ud83c\ude33 ❤\ufe0f', 'grüße 😀 e\u0323\u0302 \ud83c\ude33 ❤\ufe0f'],
  ])('%j becomes %j', (text, safe) => {
    expect(printable(text)).toBe(safe);
  });

  test('what is too long is cut', () => {
    expect(printable('x'.repeat(1000), 10)).toBe(`${'x'.repeat(10)}…`);
  });
});

test('quoted text cannot end its own quotes', () => {
  expect(quoted('a"b\\')).toBe('"a\\"b\\\\"');
});

test.each([
  [Buffer.from('hello'), '"hello"'],
  [Buffer.from(''), '""'],
  [Buffer.from([0xff, 0x00]), '2 bytes 0xff00'],
  [Buffer.alloc(40, 0xff), `40 bytes 0x${'ff'.repeat(32)}…`],
])('a frame of %p is shown as %s', (frame, text) => {
  expect(showFrame(frame)).toBe(text);
});

test('JSON stays JSON, and loses what JSON itself lets pass', () => {
  const value = { text: '\u202e\u009b\u2028' };
  const json = printableJson(JSON.stringify(value));
  expect(json).toBe('{"text":"\\u202e\\u009b\\u2028"}');
  expect(JSON.parse(json)).toEqual(value);
});
