// SPDX-License-Identifier: Apache-2.0
// state-clients - the clients around a broker's state: what they asked, and what they may hear in answer

import type { PeerDialect } from '../../src/events.js';
import { hold } from './side-by-side.js';
import type { Heard } from './tongues.js';

/** A request as its client knows it. */
export interface Asked {
  /** What its body begins with: `r7`. */
  readonly name: string;
  readonly id: number;
  readonly connection: string;
  readonly place: number;
  /** Whom behind the proxy the reply goes to; none without one. */
  readonly hops: readonly string[];
  readonly dialect: PeerDialect;
  readonly service: string;
  dispatches: number;
  /** Dispatches that were given back, or never left. */
  excused: number;
  /** PARTIALs that came; they carry their number. */
  partials: number;
  /** A PARTIAL has come. */
  begun: boolean;
  ended: boolean;
}

/** All requests of a world. */
export class StateClients {
  /** By connection, the hops behind it and the id. */
  readonly #asked = new Map<string, Asked>();

  get all(): Iterable<Asked> {
    return this.#asked.values();
  }

  add(asked: Asked): void {
    const { connection, hops, dialect, id } = asked;
    this.#asked.set(askedKey(connection, dialect === 'mx' ? [...hops, String(id)] : hops), asked);
  }

  /** What was asked there; an MX request's path ends with its id. */
  at(key: string, path: readonly string[]): Asked {
    const asked = this.#asked.get(askedKey(key, path));
    if (asked === undefined) throw new Error(`a reply to nobody: ${key} ${path.join()}`);
    return asked;
  }

  /** The request whose body begins so. */
  named(name: string): Asked {
    for (const asked of this.#asked.values()) if (asked.name === name) return asked;
    throw new Error(`a request of nobody: ${name}`);
  }

  /** A reply comes for a request. */
  hears(asked: Asked, message: Heard): void {
    const { name } = asked;
    if (message.type === 'invalid') throw new Error(`a client was sent what is no message: ${message.reason}`);
    // At most one end, and nothing after it.
    hold(`${name} is answered; has ended`, asked.ended, false);
    if (message.type === 'final') asked.ended = true;
    if (!('body' in message)) throw new Error(`a client was sent ${message.type}`);
    const words = message.body.filter((frame) => frame.length < 100).map((frame) => Buffer.from(frame).toString());
    if (words[0] === 'MDPE01') return;
    for (const word of words) {
      const [whose, part = ''] = word.split(' ');
      hold(`${name} is answered with the reply to`, whose, name);
      // The first is number 0, and none is left out: also not when the parts were joined into one REPLY.
      hold(`the part of ${name}`, Number(part.slice(1)), asked.partials);
      if (part.startsWith('p')) asked.partials++;
    }
    if (message.type === 'partial') asked.begun = true;
  }
}

function askedKey(connection: string, path: readonly string[]): string {
  return [connection, ...path].join('/');
}
