// SPDX-License-Identifier: Apache-2.0
// outbox - what waits for one peer that reads too slowly: in order, and bounded

import type { Frame } from '@mdp/protocol';
import { ownFrame } from '@mdp/protocol/internal';
import { memoryBytes } from './state/memory.js';

/** How much one outbox holds. */
export interface OutboxLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** And all of them together. */
  readonly maxBytesInAll: number;
}

/** What all outboxes of a broker hold. */
export interface OutboxTotal {
  bytes: number;
}

/** The sending side of one connection; the port's. */
export interface Line {
  /** The message whose outcome is not known yet. */
  sending: Frame[] | undefined;
  /** What waits because the peer reads too slowly. */
  outbox: Outbox | undefined;
  /** ZeroMQ took {@link sending}. Made once for each connection, not for each message. */
  readonly onSent: () => void;
  /** ZeroMQ did not take {@link sending}. */
  readonly onRefused: (error: unknown) => void;
}

/** Messages for one connection, oldest first. */
export class Outbox {
  #messages: (Frame[] | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  /** Its messages are being sent, or about to be. */
  draining = false;
  /** The peer was full; it is tried again later. */
  blocked = false;
  /** How often the peer was found full since it took something. */
  tries = 0;
  /** The peer was full at some time. */
  wasBlocked = false;

  /** @param total - what all outboxes hold; {@link clear} takes out of it what is left */
  constructor(
    readonly limits: OutboxLimits,
    readonly total: OutboxTotal,
  ) {}

  get size(): number {
    return this.#messages.length - this.#head;
  }

  /** The bytes that all messages take: {@link memoryBytes}. */
  get bytes(): number {
    return this.#bytes;
  }

  get first(): Frame[] | undefined {
    return this.#messages[this.#head];
  }

  /**
   * Whether a message of so many bytes does not go in. One may always go into an empty outbox, however large it is; and
   * what one turn says to a peer that reads well waits for a moment only, however much that is.
   *
   * @param urgent - allow twice the limits
   */
  isFull(bytes: number, urgent: boolean): boolean {
    if (!this.wasBlocked) return false;
    const factor = urgent ? 2 : 1;
    if (this.total.bytes + bytes > this.limits.maxBytesInAll * factor) return true;
    if (this.size === 0) return false;
    return this.size >= this.limits.maxMessages * factor || this.#bytes + bytes > this.limits.maxBytes * factor;
  }

  /** Add a message. */
  push(frames: Frame[]): void {
    if (this.wasBlocked) settle(frames);
    this.#messages.push(frames);
    this.#count(memoryBytes(frames));
  }

  /** Put a message before all others: it was sent before them and not taken. */
  putBack(frames: Frame[]): void {
    if (this.#head > 0) this.#messages[--this.#head] = frames;
    else this.#messages.unshift(frames);
    this.#count(memoryBytes(frames));
  }

  /** It is not used any more. */
  clear(): void {
    this.#messages = [];
    this.#head = 0;
    this.#count(-this.#bytes);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.total.bytes += bytes;
  }

  /** The peer is full: what waits for it may wait for long. */
  block(): void {
    this.blocked = true;
    if (this.wasBlocked) return;
    this.wasBlocked = true;
    for (const frames of this.#messages) if (frames !== undefined) settle(frames);
  }

  /** Take out the oldest message. */
  shift(): void {
    const first = this.#messages[this.#head];
    if (first === undefined) return;
    this.#count(-memoryBytes(first));
    this.#messages[this.#head++] = undefined;
    if (this.#head > 64 && this.#head * 2 > this.#messages.length) {
      this.#messages = this.#messages.slice(this.#head);
      this.#head = 0;
    }
  }
}

/** Keep no more memory alive than the frames hold. In place: a message is known by its array. */
function settle(frames: Frame[]): void {
  for (let i = 0; i < frames.length; i++) frames[i] = ownFrame(frames[i] as Frame);
}
