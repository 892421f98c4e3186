// SPDX-License-Identifier: Apache-2.0
// deadline-heap - which of many things is due next

/** Something that becomes due. */
export interface Deadline {
  /** Its place in the heap, which alone writes it; -1 when it is in none. */
  heapIndex: number;
}

/** Each item has so many below it: few levels, and all that are compared in one go lie side by side. */
const BRANCHES = 4;

/**
 * A heap of deadlines, in milliseconds of its owner's clock.
 *
 * The times in it are lower bounds: nobody moves a deadline back when it becomes later (that would cost every message
 * something). Whoever takes one out that is not due yet puts it in again with its true time.
 *
 * They stand in a list of their own: so an item needs no boxed number for it, and is not touched to be compared.
 */
export class DeadlineHeap<T extends Deadline> {
  readonly #items: T[] = [];
  readonly #times: number[] = [];

  /** Every item, in no order. */
  get items(): readonly T[] {
    return this.#items;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The earliest time in the heap; `Infinity` when it is empty. */
  get next(): number {
    return this.#times[0] ?? Infinity;
  }

  /** When to look at an item; `Infinity` when it is not in the heap. */
  dueAt(item: T): number {
    return item.heapIndex < 0 ? Infinity : (this.#times[item.heapIndex] as number);
  }

  /** Put an item in, move it to another time, or, for `Infinity`, take it out. */
  set(item: T, dueAt: number): void {
    if (dueAt === Infinity) {
      this.delete(item);
      return;
    }
    let index = item.heapIndex;
    if (index < 0) {
      index = this.#items.length;
      this.#items.push(item);
      this.#times.push(dueAt);
    }
    this.#place(item, dueAt, index);
  }

  /** Take an item out, wherever it is. */
  delete(item: T): void {
    const index = item.heapIndex;
    if (index < 0) return;
    const last = this.#items.pop();
    const dueAt = this.#times.pop();
    item.heapIndex = -1;
    if (last !== undefined && dueAt !== undefined && last !== item) this.#place(last, dueAt, index);
  }

  /** Take out the earliest item, if its time has come. */
  takeDue(now: number): T | undefined {
    const first = this.#items[0];
    if (first === undefined || this.next > now) return undefined;
    this.delete(first);
    return first;
  }

  /** Put an item where it belongs, on the way up or down from a place that is free. */
  #place(item: T, dueAt: number, index: number): void {
    const above = this.#up(dueAt, index);
    const place = above < index ? above : this.#down(dueAt, index);
    this.#items[place] = item;
    this.#times[place] = dueAt;
    item.heapIndex = place;
  }

  /** Let those above that are due later move down. @returns the place that is free then */
  #up(dueAt: number, index: number): number {
    const times = this.#times;
    while (index > 0) {
      const parent = ((index - 1) / BRANCHES) | 0;
      if ((times[parent] as number) <= dueAt) break;
      this.#move(parent, index);
      index = parent;
    }
    return index;
  }

  /** Let those below that are due sooner move up. @returns the place that is free then */
  #down(dueAt: number, index: number): number {
    const times = this.#times;
    const size = times.length;
    for (;;) {
      const from = BRANCHES * index + 1;
      const to = Math.min(from + BRANCHES, size);
      let first = index;
      let least = dueAt;
      for (let child = from; child < to; child++) {
        const time = times[child] as number;
        if (time < least) {
          least = time;
          first = child;
        }
      }
      if (first === index) return index;
      this.#move(first, index);
      index = first;
    }
  }

  #move(from: number, to: number): void {
    const item = this.#items[from] as T;
    this.#items[to] = item;
    this.#times[to] = this.#times[from] as number;
    item.heapIndex = to;
  }
}
