// SPDX-License-Identifier: Apache-2.0
// text-table.test - columns that line up

import { expect, test } from '@jest/globals';
import { textTable } from '../src/text-table.js';

test('columns are as wide as their widest cell, and lines have no blanks at their ends', () => {
  const rows = [
    ['grüße', '7', 'x'],
    ['a', '1,000', ''],
  ];
  expect(textTable(['NAME', 'N', 'LAST'], rows, new Set([1]))).toBe(
    ['NAME       N  LAST', 'grüße      7  x', 'a      1,000', ''].join('\n'),
  );
});

test('a header without rows', () => {
  expect(textTable(['A', 'B'], [], new Set())).toBe('A  B\n');
});
