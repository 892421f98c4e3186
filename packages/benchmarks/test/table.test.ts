// SPDX-License-Identifier: Apache-2.0
// table.test - tables that read well as text and as Markdown

import { describe, expect, test } from '@jest/globals';
import { renderTable, shown, shownBytes, shownShare } from '../src/table.js';

describe('renderTable', () => {
  test('pads every cell to its column and says which side is flush', () => {
    const table = renderTable(
      [{ title: 'broker', align: 'left' }, { title: 'req/s' }],
      [
        ['bare', '108,000'],
        ['@mdp/broker', '9'],
      ],
    );
    expect(table.split('\n')).toEqual([
      '| broker      |   req/s |',
      '| ----------- | ------: |',
      '| bare        | 108,000 |',
      '| @mdp/broker |       9 |',
    ]);
  });

  test('makes a column at least three wide, as Markdown wants its rule', () => {
    expect(renderTable([{ title: 'n' }], [['1']]).split('\n')).toEqual(['|   n |', '| --: |', '|   1 |']);
  });

  test('leaves a missing cell empty', () => {
    expect(
      renderTable([{ title: 'abc' }, { title: 'def' }], [['1']])
        .split('\n')
        .at(-1),
    ).toBe('|   1 |     |');
  });
});

describe('numbers in cells', () => {
  test.each([
    [shown(1234567), '1,234,567'],
    [shown(1.005, 1), '1.0'],
    [shown(0.456, 2), '0.46'],
    [shown(NaN), '-'],
    [shown(undefined), '-'],
    [shownShare(0.8549), '85 %'],
    [shownShare(NaN), '-'],
    [shownBytes(32), '32 B'],
    [shownBytes(65_536), '64 KiB'],
  ])('%s is %s', (found, expected) => {
    expect(found).toBe(expected);
  });
});
