// SPDX-License-Identifier: Apache-2.0
// deadlines - who has to be looked at next: a heap in which every entry knows its place

/** What a {@link DeadlineHeap} holds. The heap alone writes `heapIndex`. */
export interface Timed {
  /** When to look at it, in milliseconds of the client's clock. Change it only through the heap. */
  wakeAt: number;
  /** Its place in the heap, -1 when it is not in one. */
  heapIndex: number;
}

/**
 * A binary heap by `wakeAt`. Requests with one and the same timeout come in order, so that an insertion is one
 * comparison; a removal is O(log n) in the requests under way.
 */
export class DeadlineHeap<T extends Timed> {
  readonly #items: T[] = [];

  /** Every item, in no order. */
  get items(): readonly T[] {
    return this.#items;
  }

  /** When the earliest item wants to be looked at; `Infinity` when there is none. */
  get nextAt(): number {
    return this.#items[0]?.wakeAt ?? Infinity;
  }

  /** Put an item in, move it, or, for `Infinity`, take it out. */
  set(item: T, wakeAt: number): void {
    if (wakeAt === Infinity) {
      this.remove(item);
      item.wakeAt = wakeAt;
      return;
    }
    const before = item.wakeAt;
    item.wakeAt = wakeAt;
    if (item.heapIndex < 0) {
      item.heapIndex = this.#items.push(item) - 1;
      this.#rise(item);
    } else if (wakeAt < before) this.#rise(item);
    else this.#sink(item);
  }

  /** Take an item out; nothing happens when it is not in. */
  remove(item: T): void {
    const index = item.heapIndex;
    if (index < 0) return;
    item.heapIndex = -1;
    const last = this.#items.pop() as T;
    if (last === item) return;
    last.heapIndex = index;
    this.#items[index] = last;
    this.#rise(last);
    this.#sink(last);
  }

  /** Take out the earliest item if its time has come. */
  takeDue(now: number): T | undefined {
    const first = this.#items[0];
    if (first === undefined || first.wakeAt > now) return undefined;
    this.remove(first);
    return first;
  }

  #rise(item: T): void {
    const items = this.#items;
    let index = item.heapIndex;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = items[above] as T;
      if (parent.wakeAt <= item.wakeAt) break;
      items[index] = parent;
      parent.heapIndex = index;
      index = above;
    }
    items[index] = item;
    item.heapIndex = index;
  }

  #sink(item: T): void {
    const items = this.#items;
    let index = item.heapIndex;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= items.length) break;
      const right = items[below + 1];
      if (right !== undefined && right.wakeAt < (items[below] as T).wakeAt) below += 1;
      const child = items[below] as T;
      if (child.wakeAt >= item.wakeAt) break;
      items[index] = child;
      child.heapIndex = index;
      index = below;
    }
    items[index] = item;
    item.heapIndex = index;
  }
}
