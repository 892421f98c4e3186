// SPDX-License-Identifier: Apache-2.0
// top-view.test - keys, as terminals send them, and what they change

import { describe, expect, test } from '@jest/globals';
import { SORT_COLUMNS } from '../src/top-columns.js';
import type { TopView } from '../src/top-view.js';
import { CTRL_C, firstView, press, readKeys } from '../src/top-view.js';

test.each<[sent: string, keys: string[]]>([
  ['q', ['q']],
  ['\u001b[A\u001b[B\u001b[C\u001b[D', ['up', 'down', 'right', 'left']],
  ['\u001bOA\u001bOH', ['up', 'home']],
  ['\u001b[5~\u001b[6~s', ['page up', 'page down', 's']],
  [CTRL_C, [CTRL_C]],
  ['\u001b', ['\u001b']],
  ['\u001b[1;5C', ['\u001b[1;5C']],
  ['ü😀\n', ['ü', '😀', '\n']],
  ['', []],
])('%j', (sent, keys) => {
  expect(readKeys(sent)).toEqual(keys);
});

describe('keys', () => {
  const extent = { rows: 50, shown: 10 };
  const after = (...keys: readonly string[]): TopView =>
    keys.reduce((view, key) => press(view, key, extent), firstView('service'));

  test('sorting goes round, and begins at the top', () => {
    expect(after('down', 'r', 's')).toMatchObject({ sort: { title: 'WORKERS' }, reversed: false, offset: 0 });
    expect(after('left').sort).toBe(SORT_COLUMNS.at(-1));
    expect(after(...SORT_COLUMNS.map(() => 'right')).sort.title).toBe('SERVICE');
    expect(after('S', 's').sort.title).toBe('SERVICE');
  });

  test.each<[keys: string[], offset: number]>([
    [['up'], 0],
    [['down', 'down', 'j', 'k'], 2],
    [['page down'], 9],
    [['end'], 40],
    [['end', 'down'], 40],
    [['end', 'page up', 'up'], 30],
    [['end', 'home'], 0],
  ])('%j scrolls to %d', (keys, offset) => {
    expect(after(...keys).offset).toBe(offset);
  });

  test('with less than there is room for nothing is scrolled', () => {
    expect(press(firstView('service'), 'end', { rows: 3, shown: 10 }).offset).toBe(0);
  });

  test('pausing, turning round, and what means nothing', () => {
    expect(after('p').paused).toBe(true);
    expect(after('p', ' ').paused).toBe(false);
    expect(after('r').reversed).toBe(true);
    const view = firstView('p99');
    expect(press(view, 'x', extent)).toBe(view);
  });
});
