// SPDX-License-Identifier: Apache-2.0
// client-id - routing ids by which a broker knows which connections belong to one client

import { ArgumentError } from './errors.js';
import type { Frame } from './frame.js';
import { NONCE_LENGTH } from './token.js';

/** What such a routing id begins with. No id that ZeroMQ makes up does: those begin with a zero byte. */
const MARK = 'mdp:';

/** Length of what is the same for all connections of a client: the mark, and its random bytes in hexadecimal. */
const CLIENT_LENGTH = MARK.length + 2 * NONCE_LENGTH;

const COLON = 0x3a;

/**
 * Makes the routing ids of one client's connections: each another one, for a ROUTER serves one connection of each name.
 * They are text, for that is what ZeroMQ takes.
 *
 * ```text
 * mdp:0123456789abcdef:1
 *     |                `-- the connection: 1 is the first
 *     `-- the client: 8 random bytes
 * ```
 */
export class ClientIds {
  readonly #client: string;
  #last = 0;

  /**
   * @param nonce - 8 bytes of cryptographic randomness, drawn anew for every client
   * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when it has another length
   */
  constructor(nonce: Frame) {
    if (nonce.length !== NONCE_LENGTH) throw new ArgumentError('nonce', nonce, `${String(NONCE_LENGTH)} bytes`);
    this.#client = MARK + Array.from(nonce, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  /** A routing id that was never used before. */
  next(): string {
    return `${this.#client}:${String(++this.#last)}`;
  }
}

/** The part of a routing id that says whose connection it is: the very same frame, unless it is one of {@link ClientIds}. */
export function clientOf(routingId: Frame): Frame {
  if (routingId.length <= CLIENT_LENGTH + 1 || routingId[CLIENT_LENGTH] !== COLON) return routingId;
  for (let i = 0; i < MARK.length; i++) if (routingId[i] !== MARK.charCodeAt(i)) return routingId;
  return routingId.subarray(0, CLIENT_LENGTH);
}
