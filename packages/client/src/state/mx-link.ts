// SPDX-License-Identifier: Apache-2.0
// mx-link - one MX connection to one broker as the state sees it: it carries many requests at a time, each by its id

import type { Frame, MxIdentity, MxRecord, MxRequest } from '@mdp/protocol';
import { EMPTY_FRAME, MX_FIRST_CREDIT, MX_MAX_ATTEMPTS, MX_MAX_NUMBER, mxCost } from '@mdp/protocol';
import { IdMap } from '@mdp/protocol/internal';
import { ASK_TIMEOUT_MS } from './agreement.js';
import type { Carrier } from './carrier.js';
import type { Endpoint } from './endpoint.js';
import type { Exchange, RequestPolicy } from './exchange.js';

/** What the state can do with an MX connection. The loop implements it over a DEALER socket. */
export interface MxHandle {
  /** Whether it needs no handshake: it can be sent on as soon as it is opened (inproc). */
  readonly connected: boolean;
  /** Whether what was handed over cannot leave for now. No request is sent meanwhile; the end of it is reported. */
  readonly blocked: boolean;
  /** Ask the broker, in a strict request, whether it speaks MX; also on a connection that is open. */
  ask(): void;
  /** Hand one record over. It leaves with what else this turn of the event loop brings, in order. */
  put(record: MxRecord<Frame>): void;
  /** Close at once, dropping what was not sent. Nothing is reported afterwards. */
  close(): void;
}

/**
 * The life of an MX link.
 *
 * ```text
 * connecting --handshake, it asks--> asking --yes--> open
 *      \------handshake, it does not ask--------------^ |
 *       \                               \               |
 *        +-------------------------------+---> closed <-+   lost, refused, expired, an invalid message
 * ```
 */
export type MxPhase = 'connecting' | 'asking' | 'open' | 'closed';

/** A connection on which something came so many milliseconds ago, or less, needs no question whether anybody is there. */
const QUIET_MS = 100;

/** One MX connection. {@link MxLinks} alone writes it, but for what it does as a {@link Carrier}. */
export class MxLink implements Carrier {
  phase: MxPhase = 'connecting';
  /** Since when it is idle, in milliseconds of the client's clock; `undefined` when that was not looked at yet. */
  idleSince: number | undefined = undefined;
  /** Answers to questions that are still due while it is open. */
  answersDue = 0;
  readonly trip = undefined;
  /** When an open connection that was asked (again) must have said something; `Infinity` when it was not. */
  checkBy = Infinity;
  /** Set right after it was opened. */
  handle!: MxHandle;
  readonly #underWay = new IdMap<Exchange>();
  /** When something came on it last. */
  #heardAt = -Infinity;
  #nextId: number;

  /**
   * @param window - how many requests may be under way at once
   * @param askUntil - when the broker must have said that it speaks MX; `Infinity` when it is not asked, or not yet
   * @param firstId - the id of the first request
   */
  constructor(
    readonly endpoint: Endpoint,
    public window: number,
    public askUntil: number,
    firstId = 0,
  ) {
    this.#nextId = firstId;
  }

  /** How many requests are under way. */
  get inFlight(): number {
    return this.#underWay.size;
  }

  /** The requests that are under way. */
  get exchanges(): Iterable<Exchange> {
    return this.#underWay.values();
  }

  /** Whether another request may be sent now. */
  get hasRoom(): boolean {
    return this.phase === 'open' && this.#underWay.size < this.window && !this.handle.blocked;
  }

  /** The request that a reply belongs to, if it is under way. */
  find(id: number): Exchange | undefined {
    return this.#underWay.get(id);
  }

  /** Forget every request. */
  clear(): void {
    this.#underWay.clear();
  }

  send(now: number, exchange: Exchange): void {
    const id = this.#newId();
    this.#underWay.add(id, exchange);
    exchange.id = id;
    exchange.credit = MX_FIRST_CREDIT;
    exchange.owed = creditOf(exchange.policy) - MX_FIRST_CREDIT;
    const { target, body, deadlineAt, key, trace } = exchange;
    const deadlineMs = deadlineAt === Infinity ? 0 : Math.max(1, Math.ceil(deadlineAt - now));
    const record: MxRequest<Frame> = { type: 'request', id, deadlineMs, service: target.name, body };
    // Whatever became of them, the attempts before may have reached a worker.
    const before = exchange.attempts - 1;
    const unknown = key === undefined && before <= 0 && trace === undefined;
    this.handle.put(unknown ? record : { ...record, identity: identityOf(key, before, trace) });
  }

  partCame(exchange: Exchange, body: readonly Frame[], taken: boolean): void {
    const cost = mxCost(body);
    exchange.credit -= cost;
    if (taken || !exchange.bounded) exchange.owed += cost;
    else exchange.buffered += cost;
    this.#grant(exchange);
  }

  partsTaken(exchange: Exchange, bytes: number): void {
    exchange.buffered -= bytes;
    exchange.owed += bytes;
    this.#grant(exchange);
  }

  collect(exchange: Exchange): void {
    exchange.owed += exchange.buffered;
    exchange.buffered = 0;
    // Most replies have one part: nothing is granted before a first one shows that there are more.
    if (exchange.phase === 'streaming') this.#grant(exchange);
  }

  release(now: number, exchange: Exchange): void {
    this.#underWay.delete(exchange.id);
    this.idleSince = now;
  }

  /**
   * Nothing at all comes any more: the network may be cut, and TCP would try for long after it is whole again; or behind a
   * proxy, which keeps the connection, there may be another broker by now, which takes MX for rubbish. So it is asked.
   */
  unanswered(now: number): void {
    if (this.phase !== 'open' || this.checkBy < Infinity) return;
    if (now - this.#heardAt < QUIET_MS) return;
    this.checkBy = now + ASK_TIMEOUT_MS;
    this.answersDue += 1;
    this.handle.ask();
  }

  /** Something came that shows that the broker speaks MX. */
  heard(now: number): void {
    this.#heardAt = now;
    this.checkBy = Infinity;
  }

  /** A late reply finds nobody by its id, so the connection stays; whoever works on it may stop. */
  abandon(exchange: Exchange): void {
    this.#underWay.delete(exchange.id);
    this.idleSince = undefined;
    this.handle.put({ type: 'cancel', id: exchange.id });
  }

  #newId(): number {
    let id;
    do {
      id = this.#nextId;
      this.#nextId = id === MX_MAX_NUMBER ? 0 : id + 1;
    } while (this.#underWay.has(id));
    return id;
  }

  /** Grant what the reader has taken: by half windows, so that a CREDIT stands for many parts. */
  #grant(exchange: Exchange): void {
    if (exchange.owed * 2 >= creditOf(exchange.policy)) {
      const amount = Math.min(exchange.owed, MX_MAX_NUMBER);
      exchange.owed -= amount;
      exchange.credit += amount;
      this.handle.put({ type: 'credit', id: exchange.id, amount });
    }
    exchange.paused = exchange.credit <= 0;
  }
}

function identityOf(key: Frame | undefined, before: number, trace: Frame | undefined): MxIdentity {
  return { attempts: Math.min(MX_MAX_ATTEMPTS, Math.max(0, before)), key: key ?? EMPTY_FRAME, trace };
}

/** How many bytes of one reply may be on their way and unread at once. */
function creditOf({ maxBufferedBytes }: RequestPolicy): number {
  return Math.min(MX_MAX_NUMBER, Math.max(MX_FIRST_CREDIT, maxBufferedBytes));
}
