// SPDX-License-Identifier: Apache-2.0
// diagnostics - the client's diagnostics channels: each request from its call to its one end, for who listens

import { channel } from 'node:diagnostics_channel';
import type { Frame, RequestError, TraceContext } from '@mdp/protocol';
import type { ReplyOwner } from './reply.js';
import { PendingReply } from './reply.js';

/**
 * What the channels `mdp.client.request.start` and `mdp.client.request.end` tell of a request: one object for both, so that
 * it can be the key of a `WeakMap`.
 */
export interface ClientRequestMessage {
  /** The service that is asked. */
  readonly service: string;
  /** The body of the request, one or more frames. Never write to them. */
  readonly body: readonly Frame[];
  /** The trace that the request is sent with: the option `trace`. A subscriber of `start` may set it, before it is sent. */
  trace: TraceContext | undefined;
  /** At the end: how often it was sent; 0 when it never left. */
  readonly attempts: number;
  /** At the end: parts of the reply, the FINAL included. */
  readonly parts: number;
  /** At the end: why it failed; `undefined` when its FINAL has come, however the reader fares with it. */
  readonly error: RequestError | undefined;
}

type Writable = { -readonly [K in keyof ClientRequestMessage]: ClientRequestMessage[K] };

const start = channel('mdp.client.request.start');
const end = channel('mdp.client.request.end');

/** Whether anybody wants to know of requests. */
export function isWatched(): boolean {
  return start.hasSubscribers || end.hasSubscribers;
}

/** A reply whose request is told of on the channels. */
export class WatchedReply extends PendingReply {
  readonly #message: Writable;

  constructor(owner: ReplyOwner, service: string, body: readonly Frame[], trace: TraceContext | undefined) {
    super(owner);
    this.#message = { service, body, trace, attempts: 0, parts: 0, error: undefined };
  }

  /** Tell of its beginning. @returns the trace that it is to be sent with */
  begin(): TraceContext | undefined {
    start.publish(this.#message);
    return this.#message.trace;
  }

  override part(body: Frame[], last: boolean): boolean {
    const taken = super.part(body, last);
    this.#message.parts += 1;
    if (last) this.#tellEnd(undefined);
    return taken;
  }

  override fail(error: RequestError, atOnce: boolean): void {
    super.fail(error, atOnce);
    this.#tellEnd(error);
  }

  #tellEnd(error: RequestError | undefined): void {
    const message = this.#message;
    message.attempts = this.attempts;
    message.error = error;
    end.publish(message);
  }
}
