// SPDX-License-Identifier: Apache-2.0
// reply - what request() returns: one reply, to be awaited whole, iterated, or read part by part

import type { Frame, MdpError, RemoteError, RequestError } from '@mdp/protocol';
import { StateError } from '@mdp/protocol';
import { durationOption, refuseUnknownOptions } from '@mdp/protocol/internal';
import type { Exchange, ReplySink } from './state/exchange.js';
import { bufferedBytes } from './state/exchange.js';

/**
 * What a reply may be rejected with: look at `code`. `service` and `attempts` are there unless the reply was read in two
 * ways at once (`MDP_INVALID_STATE`), `status` with `MDP_REMOTE`.
 */
export type ReplyError = MdpError & Partial<Pick<RemoteError, 'service' | 'attempts' | 'status'>>;

/** Options of {@link Reply.receivePart}. */
export interface ReceivePartOptions {
  /** How long to wait for this part, in whole milliseconds. Default 0 = as long as the request lasts. */
  readonly timeoutMs?: number | undefined;
}

/**
 * The reply of one request, while it comes and after.
 *
 * It is read in one of two ways, and the first use decides:
 *
 * - **whole**: `await reply` (or `then`, `catch`, `finally`, as often as wanted): every frame of every part, flat;
 * - **part by part**: `for await (const part of reply)` or {@link receivePart}: each PARTIAL, then FINAL, as it comes.
 *
 * An error reaches whoever reads. When the request fails and nobody has begun to read by the end of that turn of the
 * event loop, it is an unhandled rejection, as with any promise. An error that comes while parts are unread is met
 * after them, but abort and close are met at once.
 */
export interface Reply extends PromiseLike<Frame[]>, AsyncIterable<Frame[], undefined, undefined> {
  /** The service that was asked. */
  readonly service: string;
  /** Whether all of it has come and been read: the part that was read last is the FINAL. */
  readonly complete: boolean;
  /** As with a promise of the whole reply. */
  then<A = Frame[], B = never>(
    onFulfilled?: ((frames: Frame[]) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: ReplyError) => B | PromiseLike<B>) | null,
  ): Promise<A | B>;
  /** As with a promise of the whole reply. */
  catch<R = never>(onRejected?: ((reason: ReplyError) => R | PromiseLike<R>) | null): Promise<Frame[] | R>;
  /** As with a promise of the whole reply. */
  finally(onFinally?: (() => void) | null): Promise<Frame[]>;
  /**
   * The next part.
   *
   * @returns its frames, or `null` after the FINAL
   * @throws (rejects) TimeoutError `MDP_TIMEOUT` after `timeoutMs` without a part: the request goes on, call again;
   * StateError `MDP_INVALID_STATE` when the reply is read whole, or another call still waits; else what ended the request
   */
  receivePart(options?: ReceivePartOptions): Promise<Frame[] | null>;
  /**
   * Give the request up: it ends with `MDP_ABORTED`, its connection is closed (by MX it is cancelled at the broker), a late
   * reply goes nowhere. Nothing
   * happens when it has ended. Leaving a `for await` loop does the same.
   *
   * @param reason - becomes the error's `cause`
   */
  cancel(reason?: unknown): void;
}

/** What a reply asks of the client that it belongs to. */
export interface ReplyOwner {
  collect(exchange: Exchange): void;
  taken(exchange: Exchange, bytes: number): void;
  awaitPart(exchange: Exchange, waitMs: number): void;
  abort(exchange: Exchange, message: string, cause?: unknown): void;
}

/** The parts of a reply that has none yet. It is never written to. */
const NO_PARTS: Frame[][] = [];

/** How a signal is listened to. */
const ONCE = { once: true } as const;

/** Parts that are taken are forgotten in batches of so many. */
const COMPACT_AT = 256;

/**
 * {@link Reply} over an exchange of the state. There are as many as there are requests under way, so what few need is made
 * when it is needed, and what settles the promise of a reader stands here rather than in an object of its own.
 */
export class PendingReply implements Reply, ReplySink {
  readonly #owner: ReplyOwner;
  #exchange!: Exchange;
  #mode: 'unread' | 'whole' | 'parts' = 'unread';
  #iterated = false;
  /** Parts that came and were not taken; those before `#first` were. */
  #parts: Frame[][] = NO_PARTS;
  #first = 0;
  #complete = false;
  #error: RequestError | undefined;
  #whole: Promise<Frame[]> | undefined;
  /** Settle the promise of the reader who waits: for the whole reply, or for the next part. */
  #resolve: ((frames: Frame[]) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;
  /** The caller's, while the request lasts. */
  #signal: AbortSignal | undefined;

  constructor(owner: ReplyOwner) {
    this.#owner = owner;
  }

  get service(): string {
    return this.#exchange.service;
  }

  /** How often its request was sent. */
  get attempts(): number {
    return this.#exchange.attempts;
  }

  get complete(): boolean {
    return this.#complete && this.#first === this.#parts.length;
  }

  /** Tie it to its exchange, before anything else is called. */
  bind(exchange: Exchange): void {
    this.#exchange = exchange;
  }

  /** Give the request up when this signal says so. */
  obey(signal: AbortSignal): void {
    this.#signal = signal;
    signal.addEventListener('abort', this, ONCE);
  }

  /** The signal has said so. */
  handleEvent(): void {
    this.#owner.abort(this.#exchange, `the request to "${this.service}" was aborted`, this.#signal?.reason);
  }

  // What the state says.

  part(body: Frame[], last: boolean): boolean {
    if (last) this.#ended(undefined);
    const resolve = this.#resolve;
    const whole = this.#mode === 'whole';
    if (resolve !== undefined && (last || !whole)) {
      this.#resolve = this.#reject = undefined;
      if (whole && this.#parts.length > 0) {
        this.#parts.push(body);
        resolve(this.#flat());
      } else resolve(body);
      return !whole;
    }
    if (this.#parts === NO_PARTS) this.#parts = [body];
    else this.#parts.push(body);
    return false;
  }

  fail(error: RequestError, atOnce: boolean): void {
    this.#ended(error);
    if (atOnce || this.#mode === 'whole') this.#drop();
    const reject = this.#reject;
    if (reject !== undefined) {
      this.#resolve = this.#reject = undefined;
      reject(error);
    }
    // Nobody reads yet. Unless somebody does before this turn ends, it surfaces as an unhandled rejection.
    else if (this.#mode === 'unread') this.#whole = Promise.reject(error);
  }

  partTimeout(error: RequestError): void {
    const reject = this.#reject;
    // Who waits for the whole reply has set no such time.
    if (reject === undefined || this.#mode === 'whole') return;
    this.#resolve = this.#reject = undefined;
    reject(error);
  }

  // Whole.

  then<A = Frame[], B = never>(
    onFulfilled?: ((frames: Frame[]) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: ReplyError) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#promise().then(onFulfilled, onRejected);
  }

  catch<R = never>(onRejected?: ((reason: ReplyError) => R | PromiseLike<R>) | null): Promise<Frame[] | R> {
    return this.#promise().catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<Frame[]> {
    return this.#promise().finally(onFinally);
  }

  #promise(): Promise<Frame[]> {
    if (this.#mode === 'parts') {
      return Promise.reject(new StateError('the reply is read part by part already; it cannot be awaited too'));
    }
    this.#mode = 'whole';
    if (this.#whole !== undefined) return this.#whole;
    if (this.#complete) this.#whole = Promise.resolve(this.#flat());
    else {
      this.#whole = new Promise((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
      });
      this.#owner.collect(this.#exchange);
    }
    return this.#whole;
  }

  /** Every frame of every part. */
  #flat(): Frame[] {
    const parts = this.#parts;
    this.#parts = NO_PARTS;
    return parts.length === 1 ? (parts[0] as Frame[]) : parts.flat();
  }

  // Part by part.

  receivePart(options?: ReceivePartOptions): Promise<Frame[] | null> {
    let waitMs = 0;
    if (options !== undefined) {
      refuseUnknownOptions(options, ['timeoutMs']);
      waitMs = durationOption('timeoutMs', options.timeoutMs, 0);
    }
    if (this.#mode === 'whole') {
      return Promise.reject(new StateError('the reply is awaited already; it cannot be read part by part too'));
    }
    this.#readParts();
    if (this.#resolve !== undefined) {
      return Promise.reject(new StateError('another receivePart() still waits for the next part'));
    }
    const part = this.#shift();
    if (part !== undefined) return Promise.resolve(part);
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#complete) return Promise.resolve(null);
    const promise = new Promise<Frame[] | null>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (waitMs > 0) this.#owner.awaitPart(this.#exchange, waitMs);
    return promise;
  }

  [Symbol.asyncIterator](): AsyncIterator<Frame[], undefined, undefined> {
    if (this.#iterated) throw new StateError('the reply was iterated already');
    if (this.#mode === 'whole') throw new StateError('the reply is awaited already; it cannot be iterated too');
    this.#iterated = true;
    this.#readParts();
    return {
      next: async () => {
        const part = await this.receivePart();
        return part === null ? { done: true, value: undefined } : { done: false, value: part };
      },
      return: () => {
        this.#drop();
        if (!this.#complete) this.#owner.abort(this.#exchange, 'the iteration was left before the reply was complete');
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  cancel(reason?: unknown): void {
    this.#owner.abort(this.#exchange, `the request to "${this.service}" was cancelled`, reason);
  }

  #readParts(): void {
    if (this.#mode === 'unread') {
      this.#mode = 'parts';
      // The reader meets the error itself, so the rejection that stood for it has been looked at.
      this.#whole?.catch(() => undefined);
    }
  }

  #shift(): Frame[] | undefined {
    const part = this.#parts[this.#first];
    if (part === undefined) return undefined;
    this.#first += 1;
    if (this.#first === this.#parts.length) this.#drop();
    else if (this.#first >= COMPACT_AT && this.#first * 2 >= this.#parts.length) {
      this.#parts = this.#parts.slice(this.#first);
      this.#first = 0;
    }
    if (!this.#complete) this.#owner.taken(this.#exchange, bufferedBytes(part));
    return part;
  }

  #drop(): void {
    this.#parts = NO_PARTS;
    this.#first = 0;
  }

  #ended(error: RequestError | undefined): void {
    this.#error = error;
    this.#complete = error === undefined;
    if (this.#signal === undefined) return;
    this.#signal.removeEventListener('abort', this);
    this.#signal = undefined;
  }
}
