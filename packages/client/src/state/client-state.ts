// SPDX-License-Identifier: Apache-2.0
// client-state - every decision about requests: when one is sent, repeated, ended

import type { ClientInbound, ErrorReply, Frame, RequestError } from '@mdp/protocol';
import {
  AbortedError,
  ClosedError,
  DisconnectedError,
  OverloadedError,
  ProtocolError,
  RemoteError,
} from '@mdp/protocol';
import { DeadlineHeap, backoffMs } from '@mdp/protocol/internal';
import type { RequestCounters } from './counters.js';
import { countEnd, newRequestCounters } from './counters.js';
import type { Exchange } from './exchange.js';
import { bufferedBytes } from './exchange.js';
import { attemptPassed, deadlinePassed, isRetryable, partPassed, silence } from './failures.js';
import type { Link } from './link.js';
import type { PoolOptions, PoolPort } from './pool.js';
import { Pool } from './pool.js';
import { WaitingList } from './waiting-list.js';

/** What the state needs of the outside. */
export interface ClientPort extends PoolPort {
  /** After {@link ClientState.close}: everything has ended, every connection is closed. */
  closed(): void;
}

/** The state's options, resolved. */
export interface StateOptions extends PoolOptions {
  /** The most requests that wait for a connection. */
  readonly maxQueued: number;
  /** A source of numbers from 0 (inclusive) to 1 (exclusive), for the jitter. */
  readonly random: () => number;
}

/** What came on a connection, decoded. */
export type Inbound = ClientInbound | { readonly type: 'invalid'; readonly what: string };

/**
 * The requests of a client and its connections, without sockets, timers or a clock: time comes in with every call.
 *
 * A request that waits is bound to no endpoint. It gets a connection that is idle, or the first that becomes so; whatever
 * happens to connections before that does not concern it. So a request that never left moves to another broker freely,
 * and an abort before it left costs no connection.
 */
export class ClientState {
  readonly pool: Pool;
  readonly counters: RequestCounters = newRequestCounters();
  readonly #options: StateOptions;
  readonly #port: ClientPort;
  readonly #deadlines = new DeadlineHeap<Exchange>();
  readonly #waiting = new WaitingList<Exchange>();
  /** Those that wait for a connection of their own, for they were sent before. */
  readonly #repeats = new WaitingList<Exchange>();
  #pending = 0;
  #closeAt = Infinity;
  #life: 'open' | 'draining' | 'closed' = 'open';

  constructor(options: StateOptions, port: ClientPort) {
    this.#options = options;
    this.#port = port;
    this.pool = new Pool(options, port);
  }

  /** Requests that have not ended. */
  get pending(): number {
    return this.#pending;
  }

  /** Requests that wait for a connection. */
  get queued(): number {
    return this.#waiting.size + this.#repeats.size;
  }

  /** Take a new request: it is sent now if a connection is free, else it waits. */
  submit(now: number, exchange: Exchange): void {
    const { policy } = exchange;
    this.counters.requests += 1;
    this.#pending += 1;
    if (policy.timeoutMs > 0) exchange.deadlineAt = now + policy.timeoutMs;
    if (this.#life !== 'open') {
      this.#end(exchange, new ClosedError('the client is closed', exchange));
      return;
    }
    if (this.#waiting.head === undefined) {
      const link = this.pool.take(now);
      if (link !== undefined) {
        this.#send(now, link, exchange);
        return;
      }
    }
    if (this.queued >= this.#options.maxQueued) {
      const most = String(this.#options.maxQueued);
      this.#end(exchange, new OverloadedError(`${most} requests wait already (maxQueued)`, exchange));
      return;
    }
    this.#wait(now, exchange);
    this.#pump(now);
  }

  /** Count a new request that ends before it began. */
  refuse(exchange: Exchange, error: RequestError): void {
    this.counters.requests += 1;
    this.#pending += 1;
    this.#end(exchange, error);
  }

  /** A connection was made. */
  up(now: number, link: Link): void {
    this.pool.up(now, link);
    this.#pump(now);
  }

  /** A connection could not be made; it will be tried again. */
  refused(now: number, link: Link, reason: string): void {
    this.pool.refused(link, reason);
    this.#pump(now);
  }

  /** A connection broke, or failed: no message will come on it any more. */
  lost(now: number, link: Link, cause?: unknown): void {
    const { exchange, endpoint } = link;
    if (exchange === undefined) {
      this.pool.close(link);
      this.#pump(now);
      return;
    }
    const options = cause === undefined ? undefined : { cause };
    const message = `the connection to ${endpoint.address} broke before the reply of "${exchange.service}" was complete`;
    this.failed(now, link, new DisconnectedError(message, exchange, options));
  }

  /** The attempt on a connection has failed, for this reason: the connection is not used again. */
  failed(now: number, link: Link, error: RequestError): void {
    const { exchange } = link;
    if (exchange === undefined) return;
    this.pool.burn(link);
    this.#attemptFailed(now, exchange, error);
    this.#pump(now);
  }

  /** A message came on a connection. */
  receive(now: number, link: Link, message: Inbound, error?: ErrorReply): void {
    const { exchange } = link;
    if (exchange === undefined) return;
    if (message.type === 'invalid' || (message.service !== undefined && message.service !== exchange.service)) {
      // The other side has lost the thread: nothing that comes on this connection can be trusted (MDP-C-11).
      this.pool.burn(link);
      const what = message.type === 'invalid' ? message.what : `a reply of service ${JSON.stringify(message.service)}`;
      this.#end(exchange, new ProtocolError(`${what} came in place of a reply of "${exchange.service}"`, exchange));
      this.#pump(now);
    } else if (message.type === 'partial') this.#partial(now, link, exchange, message);
    else {
      this.pool.release(now, link);
      exchange.link = undefined;
      if (error === undefined) {
        this.#end(exchange, undefined);
        exchange.sink.part(message.body as Frame[], true);
      } else this.#attemptFailed(now, exchange, new RemoteError(error.status, error.message, exchange));
      if (this.queued > 0) this.#pump(now);
    }
  }

  /** The reader took a part that was buffered. */
  taken(now: number, exchange: Exchange, bytes: number): void {
    exchange.buffered -= bytes;
    if (exchange.buffered < exchange.policy.maxBufferedBytes) this.#resume(now, exchange);
  }

  /** The reader wants the whole reply, however large: the bound on what is buffered no longer holds. */
  collect(now: number, exchange: Exchange): void {
    exchange.bounded = false;
    this.#resume(now, exchange);
  }

  /** The reader waits for a part, but no longer than `waitMs`; the request goes on after that. */
  awaitPart(now: number, exchange: Exchange, waitMs: number): void {
    if (exchange.phase === 'ended') return;
    exchange.partWaitMs = waitMs;
    exchange.partAt = now + waitMs;
    this.#watch(exchange);
  }

  /** The caller gave a request up. What was sent on its connection may still be answered, so that is closed. */
  abort(now: number, exchange: Exchange, message: string, cause?: unknown): void {
    if (exchange.phase === 'ended') return;
    this.#giveUp(exchange, new AbortedError(message, exchange, cause === undefined ? undefined : { cause }));
    this.#pump(now);
  }

  /** The caller gave every request up. */
  abortAll(message: string, cause?: unknown): void {
    const options = cause === undefined ? undefined : { cause };
    for (const exchange of this.#all()) this.#giveUp(exchange, new AbortedError(message, exchange, options));
  }

  /** Take no new requests, let those under way end for `drainMs` milliseconds, then end them and close everything. */
  close(now: number, drainMs: number): void {
    if (this.#life === 'closed') return;
    this.#life = 'draining';
    this.#closeAt = Math.min(this.#closeAt, now + drainMs);
    if (this.#pending === 0 || this.#closeAt <= now) this.#finish();
  }

  /** When {@link tick} has something to do; `Infinity` for never. */
  nextDeadline(): number {
    return Math.min(this.#deadlines.next, this.pool.nextExpiry(this.queued), this.#closeAt);
  }

  /** Do what the time asks for. Whatever has arrived must have been fed in before. */
  tick(now: number): void {
    for (let due = this.#deadlines.takeDue(now); due !== undefined; due = this.#deadlines.takeDue(now)) {
      this.#judge(now, due);
    }
    this.#pump(now);
    this.pool.expire(now, this.queued);
    if (this.#life === 'draining' && (this.#closeAt <= now || this.#pending === 0)) this.#finish();
  }

  #judge(now: number, exchange: Exchange): void {
    if (exchange.deadlineAt <= now) {
      this.#giveUp(exchange, deadlinePassed(exchange, this.pool.endpoints));
      return;
    }
    if (exchange.partAt <= now) {
      exchange.partAt = Infinity;
      exchange.sink.partTimeout(partPassed(exchange));
    }
    const { phase } = exchange;
    if (phase === 'backoff') {
      if (exchange.retryAt <= now) this.#wait(now, exchange);
    } else if (phase === 'sent' && (exchange.attemptAt <= now || exchange.idleAt <= now)) {
      // Its reply may come yet: on a connection that no longer exists.
      if (exchange.link !== undefined) this.pool.burn(exchange.link);
      const passed = exchange.attemptAt <= now ? attemptPassed(exchange) : silence(exchange, this.pool.endpoints);
      this.#attemptFailed(now, exchange, passed);
      return;
    } else if (exchange.idleAt <= now && !exchange.paused) {
      this.#giveUp(exchange, silence(exchange, this.pool.endpoints));
      return;
    }
    this.#watch(exchange);
  }

  /** Any number of these may come before the FINAL (MDP-C-06). */
  #partial(now: number, link: Link, exchange: Exchange, message: ClientInbound): void {
    exchange.phase = 'streaming';
    if (exchange.policy.idleTimeoutMs > 0) exchange.idleAt = now + exchange.policy.idleTimeoutMs;
    if (exchange.sink.part(message.body as Frame[], false)) exchange.partAt = Infinity;
    else if (exchange.bounded) {
      exchange.buffered += bufferedBytes(message.body);
      if (exchange.buffered >= exchange.policy.maxBufferedBytes) {
        // Strict RFC 18 has no flow control: what is not read stays in ZeroMQ, then in TCP, then at the broker.
        exchange.paused = true;
        return;
      }
    }
    link.handle.receive();
  }

  #resume(now: number, exchange: Exchange): void {
    if (!exchange.paused || exchange.phase === 'ended') return;
    exchange.paused = false;
    if (exchange.policy.idleTimeoutMs > 0) exchange.idleAt = now + exchange.policy.idleTimeoutMs;
    this.#watch(exchange);
    exchange.link?.handle.receive();
  }

  /** Serve those who wait with the connections there are, and get more for the rest. */
  #pump(now: number): void {
    // Again after each connection that is ready as soon as it is opened.
    for (let ready = this.queued > 0; ready;) {
      for (let next = this.#repeats.head; next !== undefined; next = this.#repeats.head) {
        const link = this.pool.takeUnused(now, next.lastEndpoint);
        if (link === undefined) break;
        this.#send(now, link, next);
      }
      const repeat = this.#repeats.head;
      ready = repeat !== undefined && this.pool.grow(now, this.#repeats.size, true, repeat.lastEndpoint);
      if (ready) continue;
      for (let next = this.#waiting.head; next !== undefined; next = this.#waiting.head) {
        const link = this.pool.take(now);
        if (link === undefined) break;
        this.#send(now, link, next);
      }
      ready = this.queued > 0 && this.pool.grow(now, this.queued, false);
    }
    if (this.pool.total === 0 && this.queued > 0) this.#failWaiting();
  }

  /** There is not one connection and none can be opened: nobody would ever wake those who wait. */
  #failWaiting(): void {
    const cause = this.pool.openError;
    const why = cause instanceof Error ? cause.message : String(cause);
    for (const list of [this.#repeats, this.#waiting]) {
      for (let next = list.head; next !== undefined; next = list.head) {
        this.#end(next, new DisconnectedError(`no connection can be opened: ${why}`, next, { cause }));
      }
    }
  }

  #wait(now: number, exchange: Exchange): void {
    exchange.phase = 'waiting';
    exchange.retryAt = Infinity;
    if (exchange.policy.idleTimeoutMs > 0) exchange.idleAt = now + exchange.policy.idleTimeoutMs;
    (exchange.fresh ? this.#repeats : this.#waiting).push(exchange);
    this.#watch(exchange);
  }

  #send(now: number, link: Link, exchange: Exchange): void {
    const { policy } = exchange;
    exchange.list?.remove(exchange);
    exchange.phase = 'sent';
    exchange.link = link;
    exchange.lastEndpoint = link.endpoint;
    link.exchange = exchange;
    if (exchange.attempts > 0) this.counters.retries += 1;
    exchange.attempts += 1;
    if (policy.attemptTimeoutMs > 0) exchange.attemptAt = now + policy.attemptTimeoutMs;
    if (policy.idleTimeoutMs > 0) exchange.idleAt = now + policy.idleTimeoutMs;
    this.#watch(exchange);
    link.handle.send(exchange.frames);
    link.handle.receive();
  }

  /** An attempt has failed, its connection is settled: try again, or end with the attempts made (MDP-C-10). */
  #attemptFailed(now: number, exchange: Exchange, error: RequestError): void {
    const { policy, phase, attempts } = exchange;
    exchange.link = undefined;
    if (phase === 'streaming' || attempts >= policy.attempts || !isRetryable(error)) {
      this.#end(exchange, error);
      return;
    }
    const retryAt = now + backoffMs(attempts, policy, this.#options.random);
    if (retryAt >= exchange.deadlineAt) {
      // The wait alone would pass the deadline: the caller is better served with the reason, now.
      this.#end(exchange, error);
      return;
    }
    exchange.phase = 'backoff';
    exchange.retryAt = retryAt;
    exchange.lastError = error;
    // With several brokers a new connection is also the way to another one.
    exchange.fresh = !(error instanceof RemoteError) || this.pool.endpoints.length > 1;
    this.#watch(exchange);
  }

  /** End a request whose reply is no longer wanted, wherever it is. */
  #giveUp(exchange: Exchange, error: RequestError): void {
    if (exchange.link !== undefined) this.pool.burn(exchange.link);
    this.#end(exchange, error);
  }

  /** The one end of a request. */
  #end(exchange: Exchange, error: RequestError | undefined): void {
    exchange.phase = 'ended';
    exchange.link = undefined;
    exchange.list?.remove(exchange);
    this.#deadlines.delete(exchange);
    this.#pending -= 1;
    countEnd(this.counters, error);
    if (error !== undefined) exchange.sink.fail(error, error.code === 'MDP_ABORTED' || error.code === 'MDP_CLOSED');
    if (this.#life === 'draining' && this.#pending === 0) this.#closeAt = 0;
  }

  /** Look at a request no later than it needs. An entry that is too early is only looked at in vain. */
  #watch(exchange: Exchange): void {
    const at = exchange.nextWake();
    if (exchange.heapIndex < 0 || at < exchange.dueAt) this.#deadlines.set(exchange, at);
  }

  #all(): Exchange[] {
    const all = new Set<Exchange>(this.#deadlines.items);
    for (const list of [this.#waiting, this.#repeats]) {
      for (let next = list.head; next !== undefined; next = next.next) all.add(next);
    }
    for (const endpoint of this.pool.endpoints) {
      for (const { exchange } of endpoint.links) if (exchange !== undefined) all.add(exchange);
    }
    return [...all];
  }

  #finish(): void {
    this.#life = 'closed';
    for (const exchange of this.#all()) this.#giveUp(exchange, new ClosedError('the client was closed', exchange));
    this.pool.closeAll();
    this.#closeAt = Infinity;
    this.#port.closed();
  }
}
