// SPDX-License-Identifier: Apache-2.0
// outbox - what waits for one peer that reads too slowly: in order, and bounded

import type { Frame } from '@mdp/protocol';
import { memoryBytes } from './state/memory.js';

/** How much one outbox holds. */
export interface OutboxLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/** The sending side of one connection; the port's. */
export interface Line {
  /** The message whose outcome is not known yet. */
  sending: readonly Frame[] | undefined;
  /** What waits because the peer reads too slowly. */
  outbox: Outbox | undefined;
  /** ZeroMQ took {@link sending}. Made once for each connection, not for each message. */
  readonly onSent: () => void;
  /** ZeroMQ did not take {@link sending}. */
  readonly onRefused: (error: unknown) => void;
}

/** Messages for one connection, oldest first. */
export class Outbox {
  #messages: (readonly Frame[] | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  /** Its messages are being sent, or about to be. */
  draining = false;
  /** The peer was full; it is tried again later. */
  blocked = false;

  constructor(readonly limits: OutboxLimits) {}

  get size(): number {
    return this.#messages.length - this.#head;
  }

  /** The bytes that all messages take: {@link memoryBytes}. */
  get bytes(): number {
    return this.#bytes;
  }

  get first(): readonly Frame[] | undefined {
    return this.#messages[this.#head];
  }

  /**
   * Add a message.
   *
   * @param urgent - allow twice the limits
   * @returns false when it is full. A message may always go into an empty outbox, however large it is.
   */
  push(frames: readonly Frame[], urgent: boolean): boolean {
    const factor = urgent ? 2 : 1;
    const bytes = memoryBytes(frames);
    if (this.size > 0) {
      if (this.size >= this.limits.maxMessages * factor) return false;
      if (this.#bytes + bytes > this.limits.maxBytes * factor) return false;
    }
    this.#messages.push(frames);
    this.#bytes += bytes;
    return true;
  }

  /** Put a message before all others: it was sent before them and not taken. */
  putBack(frames: readonly Frame[]): void {
    if (this.#head > 0) this.#messages[--this.#head] = frames;
    else this.#messages.unshift(frames);
    this.#bytes += memoryBytes(frames);
  }

  /** Take out the oldest message. */
  shift(): void {
    const first = this.#messages[this.#head];
    if (first === undefined) return;
    this.#bytes -= memoryBytes(first);
    this.#messages[this.#head++] = undefined;
    if (this.#head > 64 && this.#head * 2 > this.#messages.length) {
      this.#messages = this.#messages.slice(this.#head);
      this.#head = 0;
    }
  }
}
