// SPDX-License-Identifier: Apache-2.0
// typed-reply - a reply as values: its parts through a codec, one after another

import type { Frame, PayloadError, PayloadKind } from '@mdp/protocol';
import { StateError } from '@mdp/protocol';
import type { Reply, ReplyError } from './reply.js';

/** What a {@link TypedReply} may be rejected with: `issues` are there with `MDP_PAYLOAD`. */
export type TypedReplyError = ReplyError & Partial<Pick<PayloadError, 'issues'>>;

/** What an iteration over a reply gives: PARTIALs, and the FINAL unless it has no value. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a service that replies with nothing is typed so
export type PartOf<Value, Partial> = Partial | Exclude<Value, undefined | void>;

/**
 * The reply of one request as values, while it comes and after. It is read in one of two ways, and the first use decides:
 *
 * - `await reply` (or `then`, `catch`, `finally`, as often as wanted): the value of the FINAL. PARTIALs before it are
 *   passed over;
 * - `for await (const part of reply)`: the value of each PARTIAL as it comes, then that of the FINAL, unless it is
 *   `undefined`. Leaving the loop gives the request up.
 *
 * Errors reach whoever reads as they do in a {@link Reply}. A body that cannot be read, or that its schema does not like, is
 * PayloadError `MDP_PAYLOAD`; in an iteration it gives the request up, too.
 */
export interface TypedReply<Value, Partial = never>
  extends PromiseLike<Value>, AsyncIterable<PartOf<Value, Partial>, undefined, undefined> {
  /** The service that was asked. */
  readonly service: string;
  /** As with a promise of the FINAL's value. */
  then<A = Value, B = never>(
    onFulfilled?: ((value: Value) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: TypedReplyError) => B | PromiseLike<B>) | null,
  ): Promise<A | B>;
  /** As with a promise of the FINAL's value. */
  catch<R = never>(onRejected?: ((reason: TypedReplyError) => R | PromiseLike<R>) | null): Promise<Value | R>;
  /** As with a promise of the FINAL's value. */
  finally(onFinally?: (() => void) | null): Promise<Value>;
  /**
   * Give the request up, see {@link Reply.cancel}.
   *
   * @param reason - becomes the error's `cause`
   */
  cancel(reason?: unknown): void;
}

/** Reads one body. */
export type ReadPayload = (kind: PayloadKind, frames: readonly Frame[]) => Promise<unknown>;

/** {@link TypedReply} over a reply of frames, which it reads part by part. */
export class DecodedReply implements TypedReply<unknown, unknown> {
  readonly #reply: Reply;
  readonly #read: ReadPayload;
  #iterated = false;
  #value: Promise<unknown> | undefined;

  constructor(reply: Reply, read: ReadPayload) {
    this.#reply = reply;
    this.#read = read;
  }

  get service(): string {
    return this.#reply.service;
  }

  then<A = unknown, B = never>(
    onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: TypedReplyError) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#promise().then(onFulfilled, onRejected);
  }

  catch<R = never>(onRejected?: ((reason: TypedReplyError) => R | PromiseLike<R>) | null): Promise<unknown> {
    return this.#promise().catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<unknown> {
    return this.#promise().finally(onFinally);
  }

  #promise(): Promise<unknown> {
    if (this.#iterated) {
      return Promise.reject(new StateError('the reply is read part by part already; it cannot be awaited too'));
    }
    return (this.#value ??= this.#final());
  }

  /** The value of the last part. Those before it are dropped as they come, so that they take no memory. */
  async #final(): Promise<unknown> {
    let last: readonly Frame[] = [];
    for await (const part of this.#reply) last = part;
    return this.#read('reply', last);
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown, undefined, undefined> {
    if (this.#iterated) throw new StateError('the reply was iterated already');
    if (this.#value !== undefined) throw new StateError('the reply is awaited already; it cannot be iterated too');
    this.#iterated = true;
    const parts = this.#reply[Symbol.asyncIterator]();
    const leave = async (): Promise<IteratorReturnResult<undefined>> => {
      await parts.return?.();
      return { done: true, value: undefined };
    };
    return { next: () => this.#next(parts, leave), return: leave };
  }

  cancel(reason?: unknown): void {
    this.#reply.cancel(reason);
  }

  async #next(
    parts: AsyncIterator<Frame[], undefined, undefined>,
    leave: () => Promise<IteratorReturnResult<undefined>>,
  ): Promise<IteratorResult<unknown, undefined>> {
    const step = await parts.next();
    if (step.done === true) return step;
    const last = this.#reply.complete;
    let value: unknown;
    try {
      value = await this.#read(last ? 'reply' : 'partial', step.value);
    } catch (error) {
      // A loop does not leave an iterator that fails.
      await leave();
      throw error;
    }
    return last && value === undefined ? leave() : { done: false, value };
  }
}
