// SPDX-License-Identifier: Apache-2.0
// duplicates - which requests are being executed, by their names, and the replies of those that were, for a while

import type { Frame } from '@mdp/protocol';
import type { DuplicateCounters } from '../stats.js';

/** How much is remembered. */
export interface DuplicatesLimits {
  /** The most replies. */
  readonly maxEntries: number;
  /** The most bytes of all replies together: {@link replyBytes}. */
  readonly maxBytes: number;
  /** How long a reply is remembered, in milliseconds. */
  readonly ttlMs: number;
}

/** What a reply takes beside its frames and the name of its request, more or less. */
const BYTES_PER_REPLY = 400;

/** What a frame takes beside its bytes. */
const BYTES_PER_FRAME = 200;

interface Remembered {
  readonly body: readonly Frame[];
  readonly bytes: number;
  readonly until: number;
}

/** A request that was executed before: its reply. */
export interface KnownReply {
  readonly body: readonly Frame[];
}

/** What a remembered reply counts, in bytes. */
export function replyBytes(key: string, body: readonly Frame[]): number {
  let sum = BYTES_PER_REPLY + key.length + BYTES_PER_FRAME * body.length;
  for (const { length } of body) sum += length;
  return sum;
}

/**
 * Requests by their names.
 *
 * ```text
 * unknown --begin--> running --end with a reply--> remembered --time, limits--> unknown
 *                       `----end without, forget--> unknown
 * ```
 *
 * The reply that was asked for least recently goes first when there are too many.
 */
export class Duplicates<Running extends object> {
  readonly #limits: DuplicatesLimits;
  readonly #counters: DuplicateCounters;
  readonly #running = new Map<string, Running>();
  /** The one that was made or asked for least recently comes first. */
  readonly #replies = new Map<string, Remembered>();
  #bytes = 0;

  constructor(limits: DuplicatesLimits, counters: DuplicateCounters) {
    this.#limits = limits;
    this.#counters = counters;
  }

  /** How many replies are remembered. */
  get size(): number {
    return this.#replies.size;
  }

  /** What they take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The execution of this name that runs. */
  running(key: string): Running | undefined {
    return this.#running.get(key);
  }

  /** The reply to the request of this name. */
  reply(now: number, key: string): KnownReply | undefined {
    const found = this.#replies.get(key);
    if (found === undefined) return undefined;
    this.#drop(key, found);
    if (found.until <= now) return undefined;
    this.#replies.set(key, found);
    this.#bytes += found.bytes;
    return found;
  }

  /** An execution begins. */
  begin(key: string, execution: Running): void {
    this.#running.set(key, execution);
  }

  /** Nobody joins this execution any more, and its reply is not remembered. */
  forget(key: string, execution: Running): void {
    if (this.#running.get(key) === execution) this.#running.delete(key);
  }

  /** An execution has ended with a reply, which is copied. One that was forgotten says nothing. */
  end(now: number, key: string, execution: Running, body: readonly Frame[]): void {
    if (this.#running.get(key) !== execution) return;
    this.#running.delete(key);
    this.sweep(now);
    const { maxEntries, maxBytes, ttlMs } = this.#limits;
    const bytes = replyBytes(key, body);
    if (bytes > maxBytes) {
      this.#counters.forgotten++;
      return;
    }
    // Its owner may write on its bytes as soon as they are sent.
    this.#replies.set(key, { body: body.map((frame) => new Uint8Array(frame)), bytes, until: now + ttlMs });
    this.#bytes += bytes;
    for (const [oldest, reply] of this.#replies) {
      if (this.#replies.size <= maxEntries && this.#bytes <= maxBytes) break;
      this.#drop(oldest, reply);
      this.#counters.forgotten++;
    }
  }

  /** Let go what has been remembered for long enough. One that was asked for meanwhile may stay a while longer, unused. */
  sweep(now: number): void {
    for (const [key, reply] of this.#replies) {
      if (reply.until > now) break;
      this.#drop(key, reply);
    }
  }

  #drop(key: string, { bytes }: Remembered): void {
    this.#replies.delete(key);
    this.#bytes -= bytes;
  }
}
