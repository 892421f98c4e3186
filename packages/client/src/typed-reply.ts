// SPDX-License-Identifier: Apache-2.0
// typed-reply - a reply as values: its parts through a codec, one after another

import type { Frame, PayloadError, PayloadKind } from '@mdp/protocol';
import { StateError } from '@mdp/protocol';
import type { ReceivePartOptions, Reply, ReplyError } from './reply.js';

/** What a {@link TypedReply} may be rejected with: `issues` are there with `MDP_PAYLOAD`. */
export type TypedReplyError = ReplyError & Partial<Pick<PayloadError, 'issues'>>;

/** What a reply gives that is read part by part: PARTIALs, and the FINAL unless it has no value. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a service that replies with nothing is typed so
export type PartOf<Value, Partial> = Partial | Exclude<Value, undefined | void>;

/**
 * The reply of one request as values, while it comes and after. It is read in one of two ways, and the first use decides:
 *
 * - `await reply` (or `then`, `catch`, `finally`, as often as wanted): the value of the FINAL. PARTIALs before it are
 *   passed over;
 * - `for await (const part of reply)` or {@link receivePart}: the value of each PARTIAL as it comes, then that of the FINAL,
 *   unless it is `undefined`. Leaving the loop gives the request up.
 *
 * Errors reach whoever reads as they do in a {@link Reply}. A body that cannot be read, or that its schema does not like, is
 * PayloadError `MDP_PAYLOAD`; part by part it gives the request up, too.
 */
export interface TypedReply<Value, Partial = never>
  extends PromiseLike<Value>, AsyncIterable<PartOf<Value, Partial>, undefined, undefined> {
  /** The service that was asked. */
  readonly service: string;
  /** Whether all of it has come and been read: the part that was read last is the FINAL. */
  readonly complete: boolean;
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
   * The next part.
   *
   * @returns its value; after the FINAL, and in place of one that has no value, `undefined`
   * @throws (rejects) as {@link Reply.receivePart}, TimeoutError `MDP_TIMEOUT` after `timeoutMs` among it; PayloadError
   * `MDP_PAYLOAD`, which gives the request up
   */
  receivePart(options?: ReceivePartOptions): Promise<PartOf<Value, Partial> | undefined>;
  /**
   * Give the request up, see {@link Reply.cancel}.
   *
   * @param reason - becomes the error's `cause`
   */
  cancel(reason?: unknown): void;
}

/** Reads one body. */
export type ReadPayload = (kind: PayloadKind, frames: readonly Frame[]) => Promise<unknown>;

type Step = IteratorResult<unknown, undefined>;

const END: Step = Object.freeze({ done: true, value: undefined });

/** {@link TypedReply} over a reply of frames, which it reads part by part. */
export class DecodedReply implements TypedReply<unknown, unknown> {
  readonly #reply: Reply;
  readonly #read: ReadPayload;
  /** The value of the FINAL, once the reply is awaited. */
  #value: Promise<unknown> | undefined;
  /** The parts, once it is read one by one. */
  #parts: AsyncIterator<Frame[], undefined, undefined> | undefined;
  #iterated = false;
  /** A part is waited for, or read. */
  #reading = false;

  constructor(reply: Reply, read: ReadPayload) {
    this.#reply = reply;
    this.#read = read;
  }

  get service(): string {
    return this.#reply.service;
  }

  get complete(): boolean {
    return this.#reply.complete;
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
    if (this.#parts !== undefined) {
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

  receivePart(options?: ReceivePartOptions): Promise<unknown> {
    return this.#next(options).then(({ value }) => value);
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown, undefined, undefined> {
    if (this.#iterated) throw new StateError('the reply was iterated already');
    if (this.#value !== undefined) throw new StateError('the reply is awaited already; it cannot be iterated too');
    this.#iterated = true;
    this.#parts ??= this.#reply[Symbol.asyncIterator]();
    return { next: () => this.#next(), return: () => this.#leave() };
  }

  cancel(reason?: unknown): void {
    this.#reply.cancel(reason);
  }

  #next(options?: ReceivePartOptions): Promise<Step> {
    if (this.#value !== undefined) {
      return Promise.reject(new StateError('the reply is awaited already; it cannot be read part by part too'));
    }
    if (this.#reading) return Promise.reject(new StateError('another receivePart() still waits for the next part'));
    const part = this.#reply.receivePart(options);
    this.#parts ??= this.#reply[Symbol.asyncIterator]();
    this.#reading = true;
    return this.#valueOf(part).finally(() => {
      this.#reading = false;
    });
  }

  async #valueOf(part: Promise<Frame[] | null>): Promise<Step> {
    const frames = await part;
    if (frames === null) return END;
    const last = this.#reply.complete;
    let value: unknown;
    try {
      value = await this.#read(last ? 'reply' : 'partial', frames);
    } catch (error) {
      // A loop does not leave an iterator that fails.
      await this.#leave();
      throw error;
    }
    return last && value === undefined ? END : { done: false, value };
  }

  /** Give up what is left of it. */
  async #leave(): Promise<Step> {
    await this.#parts?.return?.();
    return END;
  }
}
