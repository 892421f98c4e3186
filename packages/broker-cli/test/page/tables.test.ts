// SPDX-License-Identifier: Apache-2.0
// tables.test - how the tables of the status page are sorted, filtered and told apart

import { describe, expect, test } from '@jest/globals';
import { matches, sortRows } from '../../src/page/data-table.js';
import { whoMayConnect } from '../../src/page/listening.js';
import { isOfKind, totalOf } from '../../src/page/trouble.js';
import { withKeys } from '../../src/page/workers.js';
import type { ListeningRow, RecentLine } from '../../src/page/update.js';

interface Row {
  readonly name: string;
  readonly n: number | null;
}

const ROWS: readonly Row[] = [
  { name: 'b', n: 2 },
  { name: 'a', n: 2 },
  { name: 'd', n: null },
  { name: 'c', n: 10 },
];

function sorted(value: (row: Row) => number | string | null, descending: boolean): string {
  return sortRows(ROWS, value, descending, ({ name }) => name)
    .map(({ name }) => name)
    .join('');
}

describe('rows', () => {
  test('are sorted either way, equal ones by name, and those without a figure last', () => {
    expect(sorted(({ n }) => n, true)).toBe('cabd');
    expect(sorted(({ n }) => n, false)).toBe('abcd');
    expect(sorted(({ name }) => name, true)).toBe('dcba');
  });

  test('are left as they are', () => {
    const before = [...ROWS];
    sorted(({ n }) => n, true);
    expect(ROWS).toEqual(before);
  });

  test.each([
    ['Image.Resize', '', true],
    ['Image.Resize', 'resize', true],
    ['Image.Resize', 'size image', true],
    ['Image.Resize', 'resize report', false],
    ['a.*b', '.*', true],
    ['ab', '.*', false],
  ])('%s is found by %j: %s', (name, filter, found) => {
    expect(matches(name, filter)).toBe(found);
  });
});

test('workers that look the same are told apart, in the same way each time', () => {
  const worker = { name: 's', peer: '01', dialect: 'mx', ageMs: 1, silentMs: 1, held: 0, credit: 1 };
  const keys = withKeys([worker, { ...worker, name: 't' }, worker, { ...worker, ageMs: 9 }]).map(({ key }) => key);
  expect(new Set(keys).size).toBe(4);
  expect(withKeys([worker, { ...worker, name: 't' }, worker, worker]).map(({ key }) => key)).toEqual(keys);
});

test('who may connect is told in words', () => {
  const row: ListeningRow = {
    ...{ endpoints: ['tcp://*:1'], role: 'any', curve: true, allow: 'list' },
    ...{ keysAccepted: 0, keysRefused: {} },
  };
  expect(
    [
      { ...row, keysListed: 1 },
      { ...row, keysListed: 1_200 },
      { ...row, allow: 'anyKey' as const },
    ].map(whoMayConnect),
  ).toEqual(['1 key', '1,200 keys', 'any key']);
});

describe('what went wrong', () => {
  const line = (event: string): RecentLine => ({ id: 1, at: 0, level: 'warn', event, text: '' });

  test.each([
    ['requestFailed', 'requests'],
    ['workerRefused', 'workers'],
    ['connectionRefused', 'keys'],
    ['stalled', 'others'],
  ])('%s is of the kind %s and of no other', (event, kind) => {
    const kinds = ['requests', 'workers', 'keys', 'others'].filter((one) => isOfKind(line(event), one));
    expect(kinds).toEqual([kind]);
    expect(isOfKind(line(event), 'all')).toBe(true);
  });

  test('is counted in words, most first', () => {
    expect(totalOf({})).toBe('none');
    expect(totalOf({ denied: 2, unknownKey: 1_500 })).toBe('1,502: 1,500 × unknown key, 2 × denied');
  });
});
