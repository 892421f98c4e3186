// SPDX-License-Identifier: Apache-2.0
// deadlines.test - the heap of deadlines

import { describe, expect, test } from '@jest/globals';
import type { Timed } from '../../src/state/deadlines.js';
import { DeadlineHeap } from '../../src/state/deadlines.js';

function timed(): Timed {
  return { wakeAt: Infinity, heapIndex: -1 };
}

/** Numbers that look random and are the same in every run. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield state;
  }
}

describe('DeadlineHeap', () => {
  test('gives items out in the order of their time', () => {
    const heap = new DeadlineHeap<Timed>();
    for (const at of [5, 1, 4, 1, 3]) heap.set(timed(), at);
    const order = [];
    for (let due = heap.takeDue(100); due !== undefined; due = heap.takeDue(100)) order.push(due.wakeAt);
    expect(order).toEqual([1, 1, 3, 4, 5]);
    expect(heap.nextAt).toBe(Infinity);
  });

  test('gives out nothing whose time has not come', () => {
    const heap = new DeadlineHeap<Timed>();
    heap.set(timed(), 10);
    expect(heap.takeDue(9)).toBeUndefined();
    expect(heap.takeDue(10)?.wakeAt).toBe(10);
  });

  test('takes an item out that is set to Infinity', () => {
    const heap = new DeadlineHeap<Timed>();
    const item = timed();
    heap.set(item, 1);
    heap.set(item, Infinity);
    expect(item.heapIndex).toBe(-1);
    expect(heap.items).toHaveLength(0);
  });

  test.each([1, 2, 3])('agrees with a sorted list over many changes (seed %i)', (seed) => {
    const random = numbers(seed);
    const heap = new DeadlineHeap<Timed>();
    const items = Array.from({ length: 60 }, timed);
    for (let step = 0; step < 1_000; step++) {
      const item = items[random.next().value % items.length] as Timed;
      if (random.next().value % 3 === 0) heap.remove(item);
      else heap.set(item, random.next().value % 500);
      const inside = items.filter(({ heapIndex }) => heapIndex >= 0);
      expect(heap.items).toHaveLength(inside.length);
      expect(heap.nextAt).toBe(Math.min(Infinity, ...inside.map(({ wakeAt }) => wakeAt)));
    }
    const rest = [];
    for (let due = heap.takeDue(1e9); due !== undefined; due = heap.takeDue(1e9)) rest.push(due.wakeAt);
    expect(rest).toEqual([...rest].sort((a, b) => a - b));
  });
});
