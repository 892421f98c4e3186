// SPDX-License-Identifier: Apache-2.0
// responder - the replies of one connection: PARTIALs, the one FINAL, and error replies in its place

import type { ErrorReply, Frame } from '@mdp/protocol';
import { STATUS, WORKER_COMMANDS, byteLength, encodeErrorReply } from '@mdp/protocol';
import type { ResolvedWorkerOptions } from './options.js';
import type { Job } from './request.js';
import type { ConnectionState } from './state/connection-state.js';
import type { Done } from './state/port.js';
import type { WorkerCounters } from './stats.js';

/** How many PARTIALs may wait for room in the socket; only a caller that does not await them gets so far. */
const MAX_WAITING_PARTIALS = 1_000;

/**
 * After so many PARTIALs the event loop gets a turn. As long as there is room, the socket takes each at once, and a stream
 * without end would let nothing else happen in the process.
 */
const PARTIALS_PER_TURN = 64;

/** What was yielded for the one reply of a dialect without PARTIALs. */
interface Parts {
  readonly frames: Frame[];
  bytes: number;
}

/** Sends what jobs say through the state of their connection. */
export class Responder {
  readonly #state: ConnectionState;
  readonly #counters: WorkerCounters;
  readonly #backlog: () => number;
  readonly #streams: boolean;
  readonly #maxJoinedBytes: number;
  readonly #errorReplies: boolean;
  readonly #parts = new WeakMap<Job, Parts>();
  #partials = 0;

  /** @param backlog - how many messages the socket has not taken yet */
  constructor(state: ConnectionState, options: ResolvedWorkerOptions, counters: WorkerCounters, backlog: () => number) {
    this.#state = state;
    this.#counters = counters;
    this.#backlog = backlog;
    this.#streams = WORKER_COMMANDS[options.dialect].partial !== undefined;
    this.#maxJoinedBytes = options.maxJoinedBytes;
    this.#errorReplies = options.errorReplies === 'always';
  }

  /** A job that had to wait for its consumer begins. */
  begin(job: Job): void {
    this.#state.begin(job.token);
  }

  /**
   * Send a PARTIAL, or keep it for the one REPLY of a dialect without PARTIALs.
   *
   * @returns resolves when the socket has taken it: true; or false when the request is over and it was dropped
   */
  partial(job: Job, frames: readonly Frame[]): Promise<boolean> {
    const turn = ++this.#partials % PARTIALS_PER_TURN === 0;
    if (!this.#streams) {
      const joined = this.#join(job, frames);
      return new Promise((resolve) => {
        if (turn) setImmediate(resolve, joined);
        else resolve(joined);
      });
    }
    if (this.#backlog() >= MAX_WAITING_PARTIALS) {
      this.fail(job, {
        status: STATUS.HANDLER_FAILED,
        message: `the worker has ${String(MAX_WAITING_PARTIALS)} PARTIALs waiting: it must await them`,
      });
      return Promise.resolve(false);
    }
    return new Promise((resolve) => {
      const done: Done = turn ? (sent) => void setImmediate(resolve, sent) : resolve;
      if (!this.#state.partial(performance.now(), job.token, frames, done)) resolve(false);
    });
  }

  #join(job: Job, frames: readonly Frame[]): boolean {
    if (job.aborted) {
      this.#counters.dropped.replies++;
      return false;
    }
    let parts = this.#parts.get(job);
    if (parts === undefined) this.#parts.set(job, (parts = { frames: [], bytes: 0 }));
    // A frame counts one byte more than it has, so that empty ones have an end, too.
    parts.bytes += byteLength(frames) + frames.length;
    if (parts.bytes > this.#maxJoinedBytes) {
      this.fail(job, {
        status: STATUS.TOO_LARGE,
        message: `the parts of the reply make more than ${String(this.#maxJoinedBytes)} bytes`,
      });
      return false;
    }
    parts.frames.push(...frames);
    return true;
  }

  /**
   * Send the FINAL.
   *
   * @returns false when the request is over and it was dropped
   */
  final(job: Job, frames: readonly Frame[], done?: Done): boolean {
    let body = frames;
    const parts = this.#streams ? undefined : this.#parts.get(job);
    if (parts !== undefined) {
      if (!this.#join(job, frames)) return false;
      body = parts.frames;
    }
    return this.#state.final(performance.now(), job.token, body, done);
  }

  /**
   * End the request with an error reply; or without a word, where its client would take that for a result.
   *
   * @returns false when nothing was sent
   */
  fail(job: Job, failure: ErrorReply, done?: Done): boolean {
    if (!this.#errorReplies) {
      this.#state.withhold(performance.now(), job.token);
      return false;
    }
    const body = encodeErrorReply(failure.status, failure.message);
    if (!this.#state.final(performance.now(), job.token, body, done)) return false;
    this.#counters.errorReplies++;
    return true;
  }
}
