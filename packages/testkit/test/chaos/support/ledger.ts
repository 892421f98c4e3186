// SPDX-License-Identifier: Apache-2.0
// ledger - ledgers written by hand

import type { Ended, Entry, EntryOf, Part, Sent } from '../../../src/chaos/ledger.js';

/** Entries in the order in which they are written here. */
export class Ledger {
  readonly #entries: Entry[] = [];

  /** All of them, in the order of their times. */
  get entries(): readonly Entry[] {
    return [...this.#entries].sort((a, b) => a.at - b.at);
  }

  #add(entry: Entry): this {
    this.#entries.push(entry);
    return this;
  }

  sent(at: number, id: string, facts: Partial<Sent> = {}, who = 'client'): this {
    return this.#add({ at, who, what: 'sent', id, service: 'work', kind: 'call', once: false, ...facts });
  }

  began(at: number, id: string, who = 'w1', endpoint = 'tcp://one'): this {
    return this.#add({ at, who, what: 'began', id, endpoint });
  }

  streamed(at: number, id: string, who = 'w1'): this {
    return this.#add({ at, who, what: 'streamed', id });
  }

  executed(at: number, id: string, who = 'w1'): this {
    return this.#add({ at, who, what: 'executed', id });
  }

  part(at: number, id: string, n: number, facts: Partial<Part> = {}, who = 'client'): this {
    return this.#add({ at, who, what: 'part', id, n, worker: 'w1', for: id, intact: true, ...facts });
  }

  reply(at: number, id: string, facts: Partial<Ended> = {}, who = 'client'): this {
    return this.#add({ at, who, what: 'ended', id, outcome: 'reply', worker: 'w1', for: id, intact: true, ...facts });
  }

  failed(at: number, id: string, outcome: string, status?: number, who = 'client'): this {
    return this.#add({ at, who, what: 'ended', id, outcome, ...(status === undefined ? {} : { status }) });
  }

  /** A call that takes 4 ms and goes well. */
  call(at: number, id: string): this {
    return this.sent(at, id)
      .began(at + 1, id)
      .executed(at + 2, id)
      .reply(at + 4, id);
  }

  /** A stream of so many parts that goes well. */
  stream(at: number, id: string, parts: number): this {
    this.sent(at, id, { kind: 'stream' }).began(at + 1, id);
    for (let n = 0; n < parts; n++) this.part(at + 1 + n, id, n);
    return this.executed(at + parts + 1, id).reply(at + parts + 2, id, { parts });
  }

  fault(at: number, fault: number, facts: Partial<EntryOf<'faultBegan'>> = {}): this {
    const usual = { kind: 'kill', role: 'worker', target: 'w1' } as const;
    return this.#add({ at, who: 'controller', what: 'faultBegan', fault, ...usual, ...facts });
  }

  over(at: number, fault: number): this {
    return this.#add({ at, who: 'controller', what: 'faultOver', fault });
  }

  gone(at: number, name: string): this {
    return this.#add({ at, who: 'controller', what: 'gone', role: 'client', name });
  }
}
