// SPDX-License-Identifier: Apache-2.0
// responder - the replies of one connection: PARTIALs, the one FINAL, and error replies in its place

import type { ErrorReply, Frame } from '@mdp/protocol';
import { STATUS, WORKER_COMMANDS, byteLength, checkMxBody, encodeErrorReply } from '@mdp/protocol';
import type { ResolvedWorkerOptions } from './options.js';
import type { Job } from './request.js';
import type { ConnectionState } from './state/connection-state.js';
import type { Done } from './state/port.js';
import type { WorkerCounters } from './stats.js';
import type { StreamPace } from './stream-pace.js';
import type { WireName } from './wire.js';

/** How many PARTIALs of a request may wait to leave; only a caller that does not await them gets so far. */
const MAX_WAITING_PARTIALS = 1_000;

/** What was yielded for the one reply of a dialect without PARTIALs. */
interface Parts {
  readonly frames: Frame[];
  bytes: number;
}

/** What a responder needs of the worker around it. */
export interface ResponderHost {
  readonly options: ResolvedWorkerOptions;
  readonly counters: WorkerCounters;
  readonly pace: StreamPace;
}

/** Sends what jobs say through the state of their connection. */
export class Responder {
  readonly #state: ConnectionState<Job>;
  readonly #host: ResponderHost;
  readonly #mx: boolean;
  readonly #streams: boolean;
  readonly #errorReplies: boolean;
  readonly #parts = new WeakMap<Job, Parts>();

  constructor(state: ConnectionState<Job>, wire: WireName, host: ResponderHost) {
    const { dialect, errorReplies } = host.options;
    this.#state = state;
    this.#host = host;
    this.#mx = wire === 'mx';
    this.#streams = WORKER_COMMANDS[dialect].partial !== undefined;
    // MX knows no other end of a request than a FINAL.
    this.#errorReplies = this.#mx || errorReplies === 'always';
  }

  /** A job that had to wait for its consumer begins. */
  begin(job: Job): void {
    this.#state.begin(job);
  }

  /**
   * See that the wire can carry a body: to be called before anything else is done with it.
   *
   * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when MX cannot
   */
  check(frames: readonly Frame[]): void {
    if (this.#mx) checkMxBody(frames);
  }

  /**
   * Send a PARTIAL, or keep it for the one REPLY of a dialect without PARTIALs.
   *
   * @returns resolves when it is on its way: true; or false when the request is over and it was dropped
   */
  partial(job: Job, frames: readonly Frame[]): Promise<boolean> {
    if (job.unsent >= MAX_WAITING_PARTIALS) {
      this.fail(job, {
        status: STATUS.HANDLER_FAILED,
        message: `the worker has ${String(MAX_WAITING_PARTIALS)} PARTIALs waiting: it must await them`,
      });
      return Promise.resolve(false);
    }
    return new Promise((resolve) => {
      const done = this.#host.pace.next((sent) => {
        job.unsent--;
        resolve(sent);
      });
      job.unsent++;
      if (!this.#streams) done(this.#join(job, frames));
      else if (!this.#state.partial(performance.now(), job, frames, done)) done(false);
    });
  }

  #join(job: Job, frames: readonly Frame[]): boolean {
    if (job.stage !== 'running') {
      this.#host.counters.dropped.replies++;
      return false;
    }
    let parts = this.#parts.get(job);
    if (parts === undefined) this.#parts.set(job, (parts = { frames: [], bytes: 0 }));
    // A frame counts one byte more than it has, so that empty ones have an end, too.
    parts.bytes += byteLength(frames) + frames.length;
    if (parts.bytes > this.#host.options.maxJoinedBytes) {
      this.fail(job, {
        status: STATUS.TOO_LARGE,
        message: `the parts of the reply make more than ${String(this.#host.options.maxJoinedBytes)} bytes`,
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
    return this.#state.final(performance.now(), job, body, done);
  }

  /**
   * End the request with an error reply; or without a word, where its client would take that for a result.
   *
   * @returns false when nothing was sent
   */
  fail(job: Job, failure: ErrorReply, done?: Done): boolean {
    if (!this.#errorReplies) {
      this.#state.withhold(performance.now(), job);
      return false;
    }
    const body = encodeErrorReply(failure.status, failure.message);
    if (!this.#state.final(performance.now(), job, body, done)) return false;
    this.#host.counters.errorReplies++;
    return true;
  }
}
