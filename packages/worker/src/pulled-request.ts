// SPDX-License-Identifier: Apache-2.0
// pulled-request - a request that the worker's owner took from the loop, and replies to by hand

import type { ErrorReply } from '@mdp/protocol';
import {
  ArgumentError,
  BROKER_STATUSES,
  RemoteError,
  STATUS,
  StateError,
  encodeErrorReply,
  toFrames,
} from '@mdp/protocol';
import { pulled } from './diagnostics.js';
import type { Body, WorkerRequest } from './request.js';
import { Job } from './request.js';
import type { Responder } from './responder.js';
import type { RequestCommand } from './wire.js';

/** A request that is replied to by any number of PARTIALs and exactly one FINAL or error. */
export interface PulledRequest extends WorkerRequest {
  /**
   * Send a PARTIAL. Await it: that is how a broker that reads slowly slows the worker down. With 1,000 of them waiting
   * the request is ended by an error reply.
   *
   * @returns resolves when ZeroMQ has taken it: true; or false when the request is over (its broker is lost, the worker
   * was stopped) and it was dropped
   * @throws {@link StateError} `MDP_INVALID_STATE` after `final()` or `error()`
   * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when it is neither a frame nor an array of frames
   */
  partial(body: Body): Promise<boolean>;
  /**
   * Send the FINAL. Without frames the reply is empty.
   *
   * @returns as {@link partial}
   * @throws as {@link partial}
   */
  final(body?: Body): Promise<boolean>;
  /**
   * End the request with an error reply (MDPE01) in place of the FINAL.
   *
   * @param status - 100 to 999, but none of {@link BROKER_STATUSES}; see {@link STATUS}
   * @param message - for people
   * @returns as {@link partial}; false too where `errorReplies` is `never`
   * @throws as {@link partial}
   */
  error(status: number, message: string): Promise<boolean>;
  /** Whether nothing more is to be said: `final()` or `error()` was called, or {@link signal} is aborted. */
  readonly ended: boolean;
}

/** {@link PulledRequest} as the loop makes it. */
export class PulledJob extends Job implements PulledRequest {
  readonly #responder: Responder;
  #replied = false;
  #tellEnd: ((error?: unknown) => void) | undefined;

  constructor(
    command: RequestCommand,
    grant: number,
    service: string,
    endpoint: string,
    receivedAt: number,
    responder: Responder,
  ) {
    super(command, grant, service, endpoint, receivedAt);
    this.#responder = responder;
  }

  get ended(): boolean {
    return this.#replied || this.aborted;
  }

  async partial(body: Body): Promise<boolean> {
    this.#refuseAfterEnd();
    const frames = toFrames(body, 'body');
    this.#responder.check(frames);
    return this.#responder.partial(this, frames);
  }

  async final(body: Body = []): Promise<boolean> {
    this.#refuseAfterEnd();
    const frames = toFrames(body, 'body');
    this.#responder.check(frames);
    this.#end();
    return new Promise((resolve) => {
      if (!this.#responder.final(this, frames, resolve)) resolve(false);
    });
  }

  async error(status: number, message: string): Promise<boolean> {
    this.#refuseAfterEnd();
    if (BROKER_STATUSES.includes(status)) {
      throw new ArgumentError('status', status, `any but ${BROKER_STATUSES.join(', ')}, which are for brokers only`);
    }
    if (typeof message !== 'string') throw new ArgumentError('message', message, 'a string');
    encodeErrorReply(status, message);
    this.#end({ status, message });
    return new Promise((resolve) => {
      if (!this.#responder.fail(this, { status, message }, resolve)) resolve(false);
    });
  }

  /** Its consumer takes it up. */
  begin(): void {
    this.#responder.begin(this);
  }

  /** Its consumer has it. */
  takenUp(): void {
    this.#tellEnd = pulled(this);
  }

  /** Its consumer has gone on without a reply. */
  drop(): void {
    if (this.#replied || this.stage !== 'running') return;
    const failure = { status: STATUS.HANDLER_FAILED, message: 'the worker went on without a reply' };
    this.#end(failure);
    this.#responder.fail(this, failure);
  }

  /** Its last word is said. */
  #end(failure?: ErrorReply): void {
    this.#replied = true;
    this.#tellEnd?.(failure === undefined ? undefined : new RemoteError(failure.status, failure.message));
  }

  // MDP-W-17
  #refuseAfterEnd(): void {
    if (this.#replied) throw new StateError('the request was replied to: there is one FINAL, and nothing after it');
  }
}
