// SPDX-License-Identifier: Apache-2.0
// deadline-heap - which of many things is due next

/** Something that becomes due. Both fields belong to the heap. */
export interface Deadline {
  /** When to look at it, in milliseconds of its owner's clock. */
  dueAt: number;
  /** Its place in the heap; -1 when it is in none. */
  heapIndex: number;
}

/**
 * A binary heap of deadlines.
 *
 * The times in it are lower bounds: nobody moves a deadline back when it becomes later (that would cost every message
 * something). Whoever takes one out that is not due yet puts it in again with its true time.
 */
export class DeadlineHeap<T extends Deadline> {
  readonly #items: T[] = [];

  /** Every item, in no order. */
  get items(): readonly T[] {
    return this.#items;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The earliest time in the heap; `Infinity` when it is empty. */
  get next(): number {
    return this.#items[0]?.dueAt ?? Infinity;
  }

  /** Put an item in, move it to another time, or, for `Infinity`, take it out. */
  set(item: T, dueAt: number): void {
    if (dueAt === Infinity) this.delete(item);
    item.dueAt = dueAt;
    if (dueAt === Infinity) return;
    if (item.heapIndex < 0) {
      item.heapIndex = this.#items.length;
      this.#items.push(item);
    }
    this.#up(item.heapIndex);
    this.#down(item.heapIndex);
  }

  /** Take an item out, wherever it is. */
  delete(item: T): void {
    const index = item.heapIndex;
    if (index < 0) return;
    const last = this.#items.pop();
    item.heapIndex = -1;
    if (last === undefined || last === item) return;
    this.#items[index] = last;
    last.heapIndex = index;
    this.#up(index);
    this.#down(last.heapIndex);
  }

  /** Take out the earliest item, if its time has come. */
  takeDue(now: number): T | undefined {
    const first = this.#items[0];
    if (first === undefined || first.dueAt > now) return undefined;
    this.delete(first);
    return first;
  }

  #up(index: number): void {
    const items = this.#items;
    const item = items[index];
    if (item === undefined) return;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = items[parentIndex];
      if (parent === undefined || parent.dueAt <= item.dueAt) break;
      items[index] = parent;
      parent.heapIndex = index;
      index = parentIndex;
    }
    items[index] = item;
    item.heapIndex = index;
  }

  #down(index: number): void {
    const items = this.#items;
    const item = items[index];
    if (item === undefined) return;
    for (;;) {
      let childIndex = 2 * index + 1;
      let child = items[childIndex];
      if (child === undefined) break;
      const right = items[childIndex + 1];
      if (right !== undefined && right.dueAt < child.dueAt) {
        child = right;
        childIndex++;
      }
      if (child.dueAt >= item.dueAt) break;
      items[index] = child;
      child.heapIndex = index;
      index = childIndex;
    }
    items[index] = item;
    item.heapIndex = index;
  }
}
