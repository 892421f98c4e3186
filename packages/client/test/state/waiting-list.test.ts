// SPDX-License-Identifier: Apache-2.0
// waiting-list.test - the queue that can be left from the middle

import { describe, expect, test } from '@jest/globals';
import type { Listed } from '../../src/state/waiting-list.js';
import { WaitingList } from '../../src/state/waiting-list.js';

class Item implements Listed<Item> {
  previous: Item | undefined;
  next: Item | undefined;
  list: WaitingList<Item> | undefined;
  constructor(readonly name: string) {}
}

function names(list: WaitingList<Item>): string {
  let out = '';
  for (let item = list.head; item !== undefined; item = item.next) out += item.name;
  return out;
}

describe('WaitingList', () => {
  test.each([
    ['first', 0, 'bc'],
    ['middle', 1, 'ac'],
    ['last', 2, 'ab'],
  ])('keeps its order when the %s leaves', (_, index, left) => {
    const list = new WaitingList<Item>();
    const items = ['a', 'b', 'c'].map((name) => new Item(name));
    for (const item of items) list.push(item);
    list.remove(items[index] as Item);
    expect(names(list)).toBe(left);
    expect(list.size).toBe(2);
    list.push(new Item('d'));
    expect(names(list)).toBe(`${left}d`);
  });

  test('ignores an item that stands in no list, or in another', () => {
    const list = new WaitingList<Item>();
    const other = new WaitingList<Item>();
    const item = new Item('a');
    list.remove(item);
    other.push(item);
    list.remove(item);
    expect([list.size, other.size]).toEqual([0, 1]);
  });
});
