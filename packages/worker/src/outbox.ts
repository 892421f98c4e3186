// SPDX-License-Identifier: Apache-2.0
// outbox - the send path of one socket: in order, and nothing is lost while the socket lives

import type { Frame } from '@mdp/protocol';
import { byteLength } from '@mdp/protocol';
import type { Done } from './state/port.js';

/** What the outbox needs of a DEALER whose `sendTimeout` is 0: it takes a message at once or rejects with EAGAIN. */
export interface SendingSocket {
  send(frames: Frame[]): Promise<void>;
}

/** What the outbox tells. */
export interface OutboxOwner {
  /** ZeroMQ's queue is full: call {@link Outbox.retry} when {@link Outbox.retryAt} has come. */
  stuck(): void;
  /** Everything that was given has been handed to the socket. */
  emptied(): void;
  /** The socket failed for another reason than a full queue. */
  failed(error: unknown): void;
}

interface Unsent {
  readonly frames: Frame[];
  readonly done: Done | undefined;
}

/** More than this is not to be caused by what the other side asks for: it does not read. */
const FULL_MESSAGES = 1_024;
const FULL_BYTES = 16 * 1024 * 1024;

const FIRST_RETRY_MS = 1;
const LONGEST_RETRY_MS = 16;

/**
 * Sends one message at a time and keeps those that have to wait.
 *
 * Whether a send succeeded is known only after the current turn of the event loop, so a second message waits for the
 * first one's outcome: else it could overtake it. A full queue is tried again on a short timer, because the binding
 * reports room in it unreliably while a receive is pending.
 */
export class Outbox {
  readonly #socket: SendingSocket;
  readonly #owner: OutboxOwner;
  readonly #now: () => number;
  readonly #waiting: Unsent[] = [];
  #waitingBytes = 0;
  /** What was handed to the socket last, until its outcome is known. */
  #frames: Frame[] | undefined;
  #done: Done | undefined;
  #retryAt = Infinity;
  #retryMs = 0;
  #closed = false;

  /** @param now - a monotonic clock, in milliseconds */
  constructor(socket: SendingSocket, owner: OutboxOwner, now: () => number) {
    this.#socket = socket;
    this.#owner = owner;
    this.#now = now;
  }

  /** How many messages the socket has not taken yet. */
  get size(): number {
    return this.#waiting.length + (this.#frames === undefined ? 0 : 1);
  }

  /** Whether so much waits that nothing should be read that asks for more: until {@link OutboxOwner.emptied}. */
  get full(): boolean {
    return this.#waiting.length >= FULL_MESSAGES || this.#waitingBytes >= FULL_BYTES;
  }

  /** When {@link retry} is due; `Infinity` when the socket takes what it is given. */
  get retryAt(): number {
    return this.#retryAt;
  }

  /**
   * Send a message after all that were given before.
   *
   * @param done - told when the socket has taken it, or when it never will
   */
  send(frames: Frame[], done: Done | undefined): void {
    if (this.#closed) {
      done?.(false);
    } else if (this.#frames === undefined) {
      this.#put(frames, done);
    } else {
      this.#waiting.push({ frames, done });
      this.#waitingBytes += byteLength(frames);
    }
  }

  #put(frames: Frame[], done: Done | undefined): void {
    this.#frames = frames;
    this.#done = done;
    this.#socket.send(frames).then(this.#sent, this.#refused);
  }

  readonly #sent = (): void => {
    if (this.#closed) return;
    const done = this.#done;
    this.#frames = this.#done = undefined;
    this.#retryMs = 0;
    const next = this.#waiting.shift();
    if (next !== undefined) {
      this.#waitingBytes -= byteLength(next.frames);
      this.#put(next.frames, next.done);
    }
    done?.(true);
    if (this.size === 0) this.#owner.emptied();
  };

  readonly #refused = (error: unknown): void => {
    if (this.#closed) return;
    if ((error as { code?: unknown }).code !== 'EAGAIN') {
      this.#owner.failed(error);
      return;
    }
    this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2 || FIRST_RETRY_MS);
    this.#retryAt = this.#now() + this.#retryMs;
    this.#owner.stuck();
  };

  /** Try again to send what the socket did not take. */
  retry(): void {
    this.#retryAt = Infinity;
    if (this.#frames !== undefined && !this.#closed) this.#put(this.#frames, this.#done);
  }

  /**
   * Give up: nothing more is sent.
   *
   * @returns how many messages the socket had not taken
   */
  close(): number {
    if (this.#closed) return 0;
    this.#closed = true;
    this.#retryAt = Infinity;
    // What was handed over in this very turn may have been taken; its connection is given up, so it does not matter.
    const unsent = this.#waiting.map(({ done }) => done);
    if (this.#frames !== undefined) unsent.unshift(this.#done);
    this.#frames = this.#done = undefined;
    this.#waiting.length = 0;
    for (const done of unsent) done?.(false);
    return unsent.length;
  }
}
