// SPDX-License-Identifier: Apache-2.0
// exchange - one request and its reply, from the call to its one end

import type { Frame, RequestError } from '@mdp/protocol';
import { isFrame } from '@mdp/protocol';
import type { Deadline } from '@mdp/protocol/internal';
import type { Carrier } from './carrier.js';
import type { Endpoint } from './endpoint.js';
import type { Listed, WaitingList } from './waiting-list.js';

/**
 * Where a request stands.
 *
 * ```text
 *  waiting --a connection is free--> sent --PARTIAL--> streaming
 *     ^                               |                    |
 *     |                     the attempt failed,            |
 *     |                     another is allowed             |
 *     +---------- backoff <-----------+                    |
 *
 *  every phase --FINAL, error, deadline, abort, close--> ended (no way back)
 * ```
 */
export type ExchangePhase = 'waiting' | 'sent' | 'streaming' | 'backoff' | 'ended';

/** The options of one request, resolved. Durations in milliseconds, 0 = none. */
export interface RequestPolicy {
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly attemptTimeoutMs: number;
  /** How often it may be sent in all, 1 or more. */
  readonly attempts: number;
  readonly baseMs: number;
  readonly maxMs: number;
  readonly maxBufferedBytes: number;
}

/** Where the parts of a reply go, and what ends it. Called from within the state: it must not call back into it. */
export interface ReplySink {
  /**
   * The next part.
   *
   * @returns whether a reader took it; else it is kept, and counts as buffered until {@link Requests.taken}
   */
  part(body: Frame[], last: boolean): boolean;
  /** The end without a reply. `atOnce`: parts that were not yet read are dropped. */
  fail(error: RequestError, atOnce: boolean): void;
  /** The reader's own wait for this part is over; the request goes on. */
  partTimeout(error: RequestError): void;
}

/** A frame costs more than its bytes: what is counted for each one that is kept. */
const FRAME_OVERHEAD = 64;

/** What a part that is kept counts, in bytes. */
export function bufferedBytes(body: readonly Frame[]): number {
  let sum = body.length * FRAME_OVERHEAD;
  for (const frame of body) sum += frame.length;
  return sum;
}

/** Where requests go: the same for all that ask for a service. */
export interface Target {
  /** The service's name. */
  readonly service: string;
  /** The name as a frame. */
  readonly name: Frame;
  /** What a strict REQUEST has in front of the body. */
  readonly head: readonly Frame[];
}

/** The deadlines of a request besides its total one, in milliseconds of the client's clock; `Infinity` for none. */
interface Times {
  idleAt: number;
  attemptAt: number;
  retryAt: number;
  /** When the reader's wait for a part ends. */
  partAt: number;
  /** How long the reader wanted to wait for it. */
  partWaitMs: number;
}

/** What most requests have of these: one object for all, for each number in a record of its own takes 24 bytes. */
const NO_TIMES: Readonly<Times> = {
  idleAt: Infinity,
  attemptAt: Infinity,
  retryAt: Infinity,
  partAt: Infinity,
  partWaitMs: 0,
};

/** Makes names for requests: each another one. */
export interface Naming {
  next(): Frame;
}

/** What is left of the body of a request that has ended. */
export const NO_BODY: readonly Frame[] = [];

/**
 * The record of one request. The state alone writes it.
 *
 * Thousands may wait at a time, and the garbage collector copies each of them: what few requests need stands elsewhere.
 */
export class Exchange implements Deadline, Listed<Exchange> {
  phase: ExchangePhase = 'waiting';
  /** How often it was sent. */
  attempts = 0;
  /** The connection that carries it while it is sent or streaming. */
  link: Carrier | undefined = undefined;
  /** Whether the next attempt needs a connection that nothing was sent on before (MDP-C-09). */
  fresh = false;
  /** Where it was sent last: another attempt rather goes elsewhere. */
  lastEndpoint: Endpoint | undefined = undefined;
  /** Why the attempt before failed. */
  lastError: RequestError | undefined = undefined;

  /** While it waits: how many refusals the client had met with before. */
  refusedBefore = 0;

  deadlineAt = Infinity;
  /** Its other deadlines; {@link ownTimes} is for writing. */
  times: Readonly<Times> = NO_TIMES;

  /** The trace that it belongs to, as MX carries it. */
  trace: Frame | undefined = undefined;

  /** On an MX connection: its id there. */
  id = 0;
  /** When it was sent last, in the {@link Endpoint.order} of the endpoint that it was sent to. */
  sentOrder = 0;
  /** On an MX connection: how much more of the reply may come. */
  credit = 0;
  /** On an MX connection: how much more may come but was not yet granted. */
  owed = 0;

  /** Bytes that came and were not yet read. */
  buffered = 0;
  /** Whether `maxBufferedBytes` holds: not once the whole reply is awaited. */
  bounded = true;
  /** Whether no more comes because too much is buffered. */
  paused = false;

  heapIndex = -1;
  previous: Exchange | undefined = undefined;
  next: Exchange | undefined = undefined;
  list: WaitingList<Exchange> | undefined = undefined;
  #name: Frame | Naming | undefined;

  /**
   * @param target - what it asks for
   * @param body - one or more frames, the same for every attempt
   * @param policy - its options
   * @param sink - where its reply goes
   * @param name - its name over all attempts, 1 to 64 bytes, or who makes one; only MX carries it
   */
  constructor(
    readonly target: Target,
    public body: readonly Frame[],
    readonly policy: RequestPolicy,
    readonly sink: ReplySink,
    name?: Frame | Naming,
  ) {
    this.#name = name;
  }

  /** Its name over all attempts: made when the first one asks for it, not while it waits. */
  get key(): Frame | undefined {
    const name = this.#name;
    if (name === undefined || isFrame(name)) return name;
    return (this.#name = name.next());
  }

  /** The service's name. */
  get service(): string {
    return this.target.service;
  }

  /** The REQUEST as it goes out by the strict wire: made for each attempt, not while it waits. */
  get frames(): readonly Frame[] {
    return this.target.head.concat(this.body);
  }

  /** {@link times}, to be written. */
  get ownTimes(): Times {
    if (this.times === NO_TIMES) this.times = { ...NO_TIMES };
    return this.times;
  }

  /** When it must be looked at next; `Infinity` for never. */
  nextWake(): number {
    const { deadlineAt, times } = this;
    // Few requests have more than the one deadline.
    if (times === NO_TIMES) return deadlineAt;
    let at = deadlineAt < times.partAt ? deadlineAt : times.partAt;
    if (this.phase === 'backoff') return times.retryAt < at ? times.retryAt : at;
    if (!this.paused && times.idleAt < at) at = times.idleAt;
    if (this.phase === 'sent' && times.attemptAt < at) at = times.attemptAt;
    return at;
  }
}
