// SPDX-License-Identifier: Apache-2.0
// id-map - what is under way, by its number; adding and deleting make no garbage, however often

/** How many places a map has when it gets its first item: a power of two. */
const FIRST_PLACES = 16;

/** It has no more places than this. */
const PLACES_AT_MOST = 65_536;

/**
 * A map whose keys are integers from 0 to 4,294,967,295 that mostly count up.
 *
 * A `Map` copies itself into a new table whenever enough was deleted from it, and each old table holds on to what it had, and
 * to the next table: once a single one of them has grown old, all that is ever put in survives the young generation, and
 * garbage collection costs several times as much. This one has a place for each of the last bits of a key, so nothing moves; a key
 * whose place is taken goes to a `Map` after all.
 */
export class IdMap<T extends object> {
  /** The keys of what stands in {@link #items}. */
  #keys = new Uint32Array(0);
  #items: (T | undefined)[] = [];
  #others: Map<number, T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(key: number): boolean {
    return this.get(key) !== undefined;
  }

  get(key: number): T | undefined {
    const place = key & (this.#items.length - 1);
    const item = this.#items[place];
    return item !== undefined && this.#keys[place] === key ? item : this.#others?.get(key);
  }

  /** Add an item under a key that has none. */
  add(key: number, item: T): void {
    if (this.#size * 2 >= this.#items.length && this.#items.length < PLACES_AT_MOST) this.#grow();
    this.#size += 1;
    this.#put(key, item);
  }

  /** @returns whether there was an item under this key */
  delete(key: number): boolean {
    const place = key & (this.#items.length - 1);
    if (this.#items[place] !== undefined && this.#keys[place] === key) this.#items[place] = undefined;
    else if (this.#others?.delete(key) !== true) return false;
    this.#size -= 1;
    return true;
  }

  clear(): void {
    this.#keys = new Uint32Array(0);
    this.#items = [];
    this.#others = undefined;
    this.#size = 0;
  }

  /** Every item, in no order. */
  *values(): Generator<T> {
    for (const item of this.#items) if (item !== undefined) yield item;
    if (this.#others !== undefined) yield* this.#others.values();
  }

  #put(key: number, item: T): void {
    const place = key & (this.#items.length - 1);
    if (this.#items[place] !== undefined) {
      (this.#others ??= new Map<number, T>()).set(key, item);
      return;
    }
    this.#keys[place] = key;
    this.#items[place] = item;
  }

  #grow(): void {
    const [keys, items, others] = [this.#keys, this.#items, this.#others];
    const places = Math.max(FIRST_PLACES, items.length * 2);
    this.#keys = new Uint32Array(places);
    this.#items = new Array<T | undefined>(places).fill(undefined);
    this.#others = undefined;
    for (let place = 0; place < items.length; place++) {
      const item = items[place];
      if (item !== undefined) this.#put(keys[place] as number, item);
    }
    if (others !== undefined) for (const [key, item] of others) this.#put(key, item);
  }
}
