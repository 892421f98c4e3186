// SPDX-License-Identifier: Apache-2.0
// top-columns.test - which columns fit, how rows are sorted, and figures in few characters

import { describe, expect, test } from '@jest/globals';
import type { ShownRow } from '../src/top-columns.js';
import { TOP_COLUMNS, bytesText, columnNamed, layOut, rateText, sortRows, timeText } from '../src/top-columns.js';
import type { TopRow } from '../src/top-figures.js';

function row(name: string, more: Partial<TopRow> = {}): TopRow {
  return { name, workers: 1, waiting: 1, busy: 0, queued: 0, ...more };
}

function shown(...rows: readonly TopRow[]): ShownRow[] {
  return rows.map((one) => ({ row: one, trend: [] }));
}

function widthOf(rows: readonly ShownRow[], columns: number): number {
  const laid = layOut(rows, columns);
  return laid.reduce((sum, { width }) => sum + width, (laid.length - 1) * 2);
}

describe('columns', () => {
  test.each([
    [20, 'SERVICE'],
    [30, 'SERVICE QUEUED REQ/S'],
    [80, 'SERVICE WORKERS BUSY QUEUED REQ/S FAIL/S P50 P99 TREND'],
    [200, TOP_COLUMNS.map(({ title }) => title).join(' ')],
  ])('%d wide: %s', (columns, titles) => {
    const laid = layOut(shown(row('a')), columns);
    expect(laid.map(({ column }) => column.title).join(' ')).toBe(titles);
  });

  test('never more than there is, at any width and whatever the figures', () => {
    const wide = shown(
      row('x'.repeat(300), { workers: 1e12, requests: 1e300, oldestMs: 1e15 }),
      row('日本'.repeat(50)),
    );
    for (let columns = 1; columns < 250; columns++) expect(widthOf(wide, columns)).toBeLessThanOrEqual(columns);
  });

  test('long names get the room that is left, up to a bound; the rest is for the trend', () => {
    const widthIn = (columns: number): number[] => {
      const laid = layOut(shown(row('x'.repeat(100))), columns);
      return laid.filter(({ column }) => column.most !== undefined).map(({ width }) => width);
    };
    expect(widthIn(200)).toEqual([60, expect.any(Number)]);
    expect(widthIn(300)).toEqual([60, 30]);
  });
});

describe('sorting', () => {
  const rows = [row('c', { requests: 5 }), row('a'), row('d', { requests: 5 }), row('b', { requests: 9 })];
  const names = (column: string, reversed: boolean): string =>
    sortRows(rows, columnNamed(column), reversed)
      .map(({ name }) => name)
      .join('');

  test('figures from the greatest, then by name; the other way round; what is not known last', () => {
    expect(names('req/s', false)).toBe('bcda');
    expect(names('req/s', true)).toBe('cdba');
  });

  test('by name', () => {
    expect(names('service', false)).toBe('abcd');
    expect(names('service', true)).toBe('dcba');
  });

  test('by something that nobody knows', () => {
    expect(names('p99', false)).toBe('abcd');
  });

  test('beyond the last bucket is the greatest of all', () => {
    const counts = [1, ...Array.from({ length: 19 }, () => 0), 0];
    const slow = [...counts.slice(0, 20), 5];
    const sorted = sortRows(
      [row('a', { serviceCounts: counts }), row('b', { serviceCounts: slow })],
      columnNamed('p99'),
      false,
    );
    expect(sorted.map(({ name }) => name)).toEqual(['b', 'a']);
  });

  test('there is no other column', () => {
    expect(() => columnNamed('nonsense')).toThrow('there is no column nonsense');
  });
});

test.each<[text: string, expected: string]>([
  [rateText(0), '0'],
  [rateText(0.001), '0.1'],
  [rateText(9.94), '9.9'],
  [rateText(9.96), '10'],
  [rateText(74_539.4), '74,539'],
  [rateText(123_456), '123k'],
  [rateText(2_500_000), '2.5M'],
  [timeText(0), '0'],
  [timeText(0.001), '0.01ms'],
  [timeText(0.25), '0.25ms'],
  [timeText(1.25), '1.3ms'],
  [timeText(42.4), '42ms'],
  [timeText(1500), '1.5s'],
  [timeText(42_000), '42s'],
  [timeText(600_000), '10min'],
  [timeText(7_200_000), '2h'],
  [timeText(Infinity), '>65s'],
  [bytesText(0), '0'],
  [bytesText(1000), '1000'],
  [bytesText(1536), '1.5k'],
  [bytesText(34 * 2 ** 20), '34M'],
])('%s', (text, expected) => {
  expect(text).toBe(expected);
});
