// SPDX-License-Identifier: Apache-2.0
// token - the client address that a worker sees: it names one attempt of one request at one broker

import { ArgumentError } from './errors.js';
import type { Frame } from './frame.js';

/** Length of a token, in bytes: 8 drawn at random when the broker starts, 8 of sequence. */
export const TOKEN_LENGTH = 16;

/** Length of the random half of a token, in bytes. */
export const NONCE_LENGTH = 8;

/**
 * Why a token is not the current attempt of the worker that sent it:
 *
 * - `foreign`: another broker's, or this one's before it was restarted
 * - `late`: an attempt that this broker did make, and that is over or belongs to another worker
 * - `forged`: no attempt that was ever made
 */
export type StrayToken = 'foreign' | 'late' | 'forged';

/**
 * One token.
 *
 * @param nonce - {@link NONCE_LENGTH} bytes
 * @param sequence - a whole number from 1 to 2^53-1
 */
export function encodeToken(nonce: Frame, sequence: number): Frame {
  const token = new Uint8Array(TOKEN_LENGTH);
  for (let i = 0; i < NONCE_LENGTH; i++) token[i] = nonce[i] ?? 0;
  let high = Math.floor(sequence / 0x1_0000_0000);
  let low = sequence >>> 0;
  for (let i = TOKEN_LENGTH - 1; i >= TOKEN_LENGTH - 4; i--) {
    token[i] = low & 0xff;
    low >>>= 8;
    token[i - 4] = high & 0xff;
    high >>>= 8;
  }
  return token;
}

/**
 * Makes the tokens of one broker.
 *
 * ```text
 * | nonce: 8 random bytes | sequence: 8 bytes, big-endian, 1 is the first |
 * ```
 */
export class TokenMint {
  readonly #nonce: Frame;
  #sequence = 0;

  /**
   * @param nonce - 8 bytes of cryptographic randomness, drawn anew at every start of the broker
   * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when it has another length
   */
  constructor(nonce: Frame) {
    if (nonce.length !== NONCE_LENGTH) throw new ArgumentError('nonce', nonce, `${String(NONCE_LENGTH)} bytes`);
    // Not slice(): that of a Buffer is a view, and its owner may fill it anew.
    this.#nonce = Uint8Array.from(nonce);
  }

  /** A token that was never used before. */
  next(): Frame {
    return encodeToken(this.#nonce, ++this.#sequence);
  }

  /** Classify a token that is not the sender's current one, for the counters. */
  classify(token: Frame): StrayToken {
    if (token.length !== TOKEN_LENGTH) return 'foreign';
    for (let i = 0; i < NONCE_LENGTH; i++) if (token[i] !== this.#nonce[i]) return 'foreign';
    let sequence = 0;
    for (let i = NONCE_LENGTH; i < TOKEN_LENGTH; i++) sequence = sequence * 256 + (token[i] ?? 0);
    return sequence >= 1 && sequence <= this.#sequence ? 'late' : 'forged';
  }
}
