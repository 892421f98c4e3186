// SPDX-License-Identifier: Apache-2.0
// linked-list - a list in which everything, taking out of the middle included, costs the same however long it is

/** The place of one item in a {@link LinkedList}. It belongs to the item and is used again and again. */
export class Link<T> {
  list: LinkedList<T> | undefined;
  previous: Link<T> | undefined;
  next: Link<T> | undefined;

  constructor(readonly item: T) {}
}

/** A doubly linked list. A link is in one list at a time. */
export class LinkedList<T> {
  #first: Link<T> | undefined;
  #last: Link<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The item at the head, without taking it out. */
  get first(): T | undefined {
    return this.#first?.item;
  }

  /** The item at the tail, without taking it out. */
  get last(): T | undefined {
    return this.#last?.item;
  }

  /** Put a link at the tail. It must be in no list. */
  append(link: Link<T>): void {
    link.list = this;
    link.previous = this.#last;
    link.next = undefined;
    if (this.#last === undefined) this.#first = link;
    else this.#last.next = link;
    this.#last = link;
    this.#size++;
  }

  /** Put a link at the head. It must be in no list. */
  prepend(link: Link<T>): void {
    link.list = this;
    link.previous = undefined;
    link.next = this.#first;
    if (this.#first === undefined) this.#last = link;
    else this.#first.previous = link;
    this.#first = link;
    this.#size++;
  }

  /** Take a link out. A link that is not in this list is left alone. */
  remove(link: Link<T>): void {
    if (link.list !== this) return;
    if (link.previous === undefined) this.#first = link.next;
    else link.previous.next = link.next;
    if (link.next === undefined) this.#last = link.previous;
    else link.next.previous = link.previous;
    link.list = undefined;
    link.previous = undefined;
    link.next = undefined;
    this.#size--;
  }

  /** Take out the item at the head. */
  shift(): T | undefined {
    const link = this.#first;
    if (link === undefined) return undefined;
    this.remove(link);
    return link.item;
  }

  /** From head to tail. The item that was handed out last may be taken out meanwhile. */
  *[Symbol.iterator](): IterableIterator<T> {
    let link = this.#first;
    while (link !== undefined) {
      const next = link.next;
      yield link.item;
      link = next;
    }
  }
}
