// SPDX-License-Identifier: Apache-2.0
// display-width.test - texts of every script in columns of a terminal

import { describe, expect, test } from '@jest/globals';
import { cut, displayWidth, fit } from '../src/display-width.js';

test.each([
  ['', 0],
  ['resize', 6],
  ['grüße', 5],
  ['gru\u0308ße', 5],
  ['日本語', 6],
  ['ｆｕｌｌ', 8],
  ['한국', 4],
  ['😀👩‍👩‍👧🇩🇪', 6],
  ['❤️', 2],
  ['a\u00adb', 2],
  ['привет', 6],
])('%s takes %d', (text, columns) => {
  expect(displayWidth(text)).toBe(columns);
});

describe('made to fit', () => {
  test.each<[text: string, columns: number, side: 'left' | 'right', fitted: string]>([
    ['ab', 4, 'left', 'ab  '],
    ['ab', 4, 'right', '  ab'],
    ['abcdef', 4, 'left', 'abc…'],
    // Half of a wide character is none.
    ['日本語', 4, 'left', '日… '],
    ['日本語', 5, 'right', '日本…'],
    ['ab', 1, 'left', '…'],
    ['ab', 0, 'left', ''],
    ['ab', -3, 'left', ''],
  ])('%s in %d, %s', (text, columns, side, fitted) => {
    expect(fit(text, columns, side)).toBe(fitted);
  });

  test('what fits is not cut', () => {
    expect(cut('日本語', 6)).toBe('日本語');
  });
});
