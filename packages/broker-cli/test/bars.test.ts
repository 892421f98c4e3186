// SPDX-License-Identifier: Apache-2.0
// bars.test - figures as blocks

import { expect, test } from '@jest/globals';
import { bar, sparkline } from '../src/bars.js';

test.each([
  [0, ''],
  [1, '██████████'],
  [0.5, '█████'],
  [0.55, '█████▌'],
  // Little is not nothing, and more than all is all.
  [0.0001, '▏'],
  [7, '██████████'],
  [-1, ''],
])('a bar of %d', (share, text) => {
  expect(bar(share, 10)).toBe(text);
});

test.each<[values: (number | undefined)[], text: string]>([
  [[], '        '],
  [[1, 2, 4, 8], '    ▂▃▅█'],
  [[0, 0, 0], '     ▁▁▁'],
  [[0, 0.001, 1000], '     ▁▂█'],
  [[undefined, 5, undefined], '      █ '],
  [[100, 1, 1, 1, 1, 1, 1, 1, 1], '████████'],
])('a line of %j', (values, text) => {
  expect(sparkline(values, 8)).toBe(text);
});

test('a line without room', () => {
  expect(sparkline([1, 2], 0)).toBe('');
});
