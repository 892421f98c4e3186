// SPDX-License-Identifier: Apache-2.0
// waiting-list - first come, first served, and whoever gives up leaves from the middle at no cost

/** What a {@link WaitingList} holds. The list alone writes these. */
export interface Listed<T extends Listed<T>> {
  previous: T | undefined;
  next: T | undefined;
  /** The list that it stands in. */
  list: WaitingList<T> | undefined;
}

/** A doubly linked list whose links are in the items: adding and removing allocate nothing. */
export class WaitingList<T extends Listed<T>> {
  #head: T | undefined;
  #tail: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Who waits longest. */
  get head(): T | undefined {
    return this.#head;
  }

  /** Who waits shortest. */
  get tail(): T | undefined {
    return this.#tail;
  }

  /** Add at the end an item that stands in no list. */
  push(item: T): void {
    item.list = this;
    item.previous = this.#tail;
    if (this.#tail === undefined) this.#head = item;
    else this.#tail.next = item;
    this.#tail = item;
    this.#size += 1;
  }

  /** Remove an item; nothing happens when it does not stand in this list. */
  remove(item: T): void {
    if (item.list !== this) return;
    if (item.previous === undefined) this.#head = item.next;
    else item.previous.next = item.next;
    if (item.next === undefined) this.#tail = item.previous;
    else item.next.previous = item.previous;
    item.previous = item.next = item.list = undefined;
    this.#size -= 1;
  }
}
