// SPDX-License-Identifier: Apache-2.0
// deadline-heap.test - what is due next, against a plain sort

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { check } from '@mdp/testkit/fuzz';
import type { Deadline } from '../src/deadline-heap.js';
import { DeadlineHeap } from '../src/deadline-heap.js';

class Item implements Deadline {
  heapIndex = -1;
  constructor(readonly name: number) {}
}

describe('DeadlineHeap', () => {
  test('has nothing due when it is empty', () => {
    const heap = new DeadlineHeap<Item>();
    expect(heap.next).toBe(Infinity);
    expect(heap.takeDue(Infinity)).toBeUndefined();
    expect(heap.size).toBe(0);
  });

  test('hands out what is due, earliest first, and nothing else', () => {
    const heap = new DeadlineHeap<Item>();
    for (const due of [50, 10, 40, 20, 30]) heap.set(new Item(due), due);
    expect(heap.takeDue(9)).toBeUndefined();
    expect(heap.takeDue(10)?.name).toBe(10);
    expect(heap.takeDue(45)?.name).toBe(20);
    expect(heap.takeDue(45)?.name).toBe(30);
    expect(heap.takeDue(45)?.name).toBe(40);
    expect(heap.takeDue(45)).toBeUndefined();
    expect(heap.next).toBe(50);
  });

  test('moves an item to an earlier or a later time', () => {
    const heap = new DeadlineHeap<Item>();
    const items = [1, 2, 3].map((name) => new Item(name));
    for (const item of items) heap.set(item, item.name * 10);
    heap.set(items[2] as Item, 5);
    heap.set(items[0] as Item, 25);
    expect(heap.size).toBe(3);
    expect([heap.takeDue(99)?.name, heap.takeDue(99)?.name, heap.takeDue(99)?.name]).toEqual([3, 2, 1]);
  });

  test('takes an item out that is not in it, or twice, without harm', () => {
    const heap = new DeadlineHeap<Item>();
    const item = new Item(1);
    heap.delete(item);
    heap.set(item, 1);
    heap.delete(item);
    heap.delete(item);
    expect(heap.size).toBe(0);
    heap.set(item, 2);
    expect(heap.next).toBe(2);
  });

  test('does the same as a sort, whatever is done to it', () => {
    const steps = fc.array(
      fc.record({
        what: fc.constantFrom('set', 'delete', 'take'),
        which: fc.nat(14),
        at: fc.nat(40),
      }),
      { maxLength: 120 },
    );
    check(
      fc.property(steps, (all) => {
        const heap = new DeadlineHeap<Item>();
        const items = Array.from({ length: 15 }, (_, name) => new Item(name));
        const model = new Map<number, number>();
        for (const { what, which, at } of all) {
          const item = items[which] as Item;
          if (what === 'set') {
            heap.set(item, at);
            model.set(which, at);
          } else if (what === 'delete') {
            heap.delete(item);
            model.delete(which);
          } else {
            const taken = heap.takeDue(at);
            const earliest = Math.min(Infinity, ...model.values());
            // Which of several that are due at the same time comes first does not matter.
            if (taken === undefined) expect(earliest).toBeGreaterThan(at);
            else {
              expect(model.get(taken.name)).toBe(earliest);
              expect(taken.heapIndex).toBe(-1);
              model.delete(taken.name);
            }
          }
          expect(heap.size).toBe(model.size);
          expect(heap.next).toBe(Math.min(Infinity, ...model.values()));
        }
      }),
      { runs: 300 },
    );
  });
});
