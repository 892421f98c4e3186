// SPDX-License-Identifier: Apache-2.0
// client-state - the requests of a client and its connections brought together: who is sent when, and on what

import type { ClientInbound, ErrorReply, Frame, MxRecord, RequestError } from '@mdp/protocol';
import { AbortedError, ClosedError, DisconnectedError, OverloadedError, decodeErrorReply } from '@mdp/protocol';
import type { Refusal } from '@mdp/protocol/internal';
import type { RequestCounters } from './counters.js';
import { Allowances } from './allowances.js';
import { Addresses } from './addresses.js';
import type { Endpoint } from './endpoint.js';
import type { Exchange } from './exchange.js';
import { connectionBroke, distrusted } from './failures.js';
import type { Link } from './link.js';
import type { LinksOptions, LinksPort } from './links.js';
import { Links } from './links.js';
import { MxLink } from './mx-link.js';
import type { MxLinksOptions, MxLinksPort } from './mx-links.js';
import { MxLinks } from './mx-links.js';
import { Pool } from './pool.js';
import type { ReconnectOptions } from './refusals.js';
import { Refusals, nextTry } from './refusals.js';
import { Requests } from './requests.js';
import { Rests } from './rests.js';
import type { RetryBudgetPolicy } from './retry-budget.js';
import { RetryBudget } from './retry-budget.js';

/** What the state needs of the outside. */
export interface ClientPort extends LinksPort, MxLinksPort {
  /** A broker has said no; its endpoint has the reason. */
  saidNo(endpoint: Endpoint): void;
  /** After {@link ClientState.close}: everything has ended, every connection is closed. */
  closed(): void;
}

/** The state's options, resolved. */
export interface StateOptions extends LinksOptions, MxLinksOptions {
  /** The most requests that wait for a connection. */
  readonly maxQueued: number;
  /** What repetitions are paid from; `undefined` for no limit. */
  readonly retryBudget: RetryBudgetPolicy | undefined;
  /** When the client was made, in milliseconds of its clock. */
  readonly madeAt: number;
  /** When a broker is tried again that said no. */
  readonly connect: ReconnectOptions;
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
  readonly #links: Links;
  readonly #mxLinks: MxLinks;
  readonly #addresses: Addresses;
  readonly #refusals: Refusals;
  readonly #rests: Rests;
  readonly #requests: Requests;
  readonly #options: StateOptions;
  readonly #port: ClientPort;
  #closeAt = Infinity;
  #life: 'open' | 'draining' | 'closed' = 'open';

  constructor(options: StateOptions, port: ClientPort) {
    this.#options = options;
    this.#port = port;
    this.#links = new Links(options, port);
    const { endpoints, counters } = this.#links;
    this.#mxLinks = new MxLinks(options, port, this.#links);
    this.#addresses = new Addresses(this.#links, this.#mxLinks);
    this.#refusals = new Refusals(options.connect, counters, options.random);
    const budget = new RetryBudget(options.retryBudget, options.madeAt);
    this.#rests = new Rests(options.connect, endpoints, options.random);
    const allowances = new Allowances(endpoints, options.maxSockets);
    this.#requests = new Requests(endpoints, this.#refusals, this.#rests, budget, allowances, options.random);
    this.pool = new Pool(this.#links, this.#mxLinks);
  }

  get counters(): RequestCounters {
    return this.#requests.counters;
  }

  /** All endpoints: where requests may go, and those that finish what they have. */
  get everywhere(): Endpoint[] {
    this.#addresses.sweep();
    return [...this.#links.everywhere()];
  }

  /** Requests that have not ended. */
  get pending(): number {
    return this.#requests.pending;
  }

  /** Requests that wait for a connection. */
  get queued(): number {
    return this.#requests.queued;
  }

  /** Take a new request: it is sent now if a connection is free, else it waits. */
  submit(now: number, exchange: Exchange): void {
    const requests = this.#requests;
    requests.add(now, exchange);
    if (this.#life !== 'open') {
      requests.end(exchange, new ClosedError('the client is closed', exchange));
      return;
    }
    if (requests.mayPass(exchange)) {
      const link = this.pool.take(now);
      if (link !== undefined) {
        requests.send(now, link, exchange);
        return;
      }
    }
    if (this.queued >= this.#options.maxQueued) {
      const most = String(this.#options.maxQueued);
      requests.end(exchange, new OverloadedError(`${most} requests wait already (maxQueued)`, exchange));
      return;
    }
    requests.wait(now, exchange);
    this.#pump(now);
  }

  /** Count a new request that ends before it began. */
  refuse(exchange: Exchange, error: RequestError): void {
    this.#requests.add(0, exchange);
    this.#requests.end(exchange, error);
  }

  /** A name of the options was looked up: it stands for these addresses, one or more. */
  setAddresses(now: number, name: string, addresses: readonly string[]): void {
    if (this.#life === 'closed') return;
    this.#addresses.set(name, addresses);
    this.#pump(now);
  }

  /** A name of the options could not be looked up. */
  nameFailed(name: string, reason: string): void {
    this.#addresses.failed(name, reason);
  }

  /** A connection was made. */
  up(now: number, link: Link | MxLink): void {
    if (link instanceof MxLink) this.#mxLinks.up(now, link);
    else this.#links.up(now, link);
    this.#pump(now);
  }

  /**
   * A connection could not be made. One that would only ask is closed, and says nothing of the others. Of those that
   * requests wait for, one goes on trying; none when that is in vain.
   */
  refused(now: number, link: Link | MxLink, refusal: Refusal): void {
    if (link.phase !== 'connecting') return;
    const { endpoint } = link;
    if (link instanceof MxLink && link.askUntil < Infinity) {
      this.#mxLinks.disagreed(now, link);
      return;
    }
    const final = this.#refusals.judge(now, endpoint, refusal);
    if (final) this.#port.saidNo(endpoint);
    if (!(link instanceof MxLink)) {
      this.#links.closeConnecting(endpoint, final ? undefined : link);
      this.#mxLinks.doubt(endpoint);
    } else if (final) this.#mxLinks.close(link);
    if (final) this.#requests.refused();
    this.#pump(now);
  }

  /** A connection broke, or failed: no message will come on it any more. */
  lost(now: number, link: Link | MxLink, cause?: unknown): void {
    if (link instanceof MxLink) this.#lostMx(now, link, cause);
    else {
      const { exchange } = link;
      this.#links.lost(link);
      this.#mxLinks.doubt(link.endpoint);
      if (exchange !== undefined)
        this.#requests.attemptFailed(now, exchange, connectionBroke(link.endpoint, exchange, cause));
    }
    this.#pump(now);
  }

  #lostMx(now: number, link: MxLink, cause?: unknown): void {
    if (link.phase === 'asking') {
      // A broker that hangs up on being asked does not speak MX.
      this.#mxLinks.disagreed(now, link);
      return;
    }
    const exchanges = [...link.exchanges];
    this.#mxLinks.close(link);
    this.#mxLinks.doubt(link.endpoint);
    for (const exchange of exchanges) {
      this.#requests.attemptFailed(now, exchange, connectionBroke(link.endpoint, exchange, cause));
    }
  }

  /** The attempt on a connection has failed, for this reason: the connection is not used again. */
  failed(now: number, link: Link, error: RequestError): void {
    const { exchange } = link;
    if (exchange === undefined) return;
    this.#links.burn(link);
    this.#requests.attemptFailed(now, exchange, error);
    this.#pump(now);
  }

  /** A message came on a strict connection. */
  receive(now: number, link: Link, message: Inbound, error?: ErrorReply): void {
    const { exchange } = link;
    if (exchange === undefined) return;
    this.#rests.heard(link.endpoint);
    if (message.type === 'invalid' || (message.service !== undefined && message.service !== exchange.service)) {
      // The other side has lost the thread: nothing that comes on this connection can be trusted (MDP-C-11).
      this.#links.burn(link);
      const what = message.type === 'invalid' ? message.what : `a reply of service ${JSON.stringify(message.service)}`;
      this.#requests.end(exchange, distrusted(what, exchange));
      this.#pump(now);
    } else if (message.type === 'partial') this.#requests.partial(now, exchange, message.body as Frame[]);
    else {
      this.#requests.final(now, exchange, message.body as Frame[], error);
      if (this.#life === 'open') this.#mxLinks.answered(now, link.endpoint);
      if (this.queued > 0) this.#pump(now);
    }
  }

  /** The broker was asked whether it speaks MX, and says up to how many requests at once; `undefined` is anything else. */
  answer(now: number, link: MxLink, window: number | undefined): void {
    if (window === undefined) this.#mxLinks.disagreed(now, link);
    else {
      this.#mxLinks.agreed(now, link, window);
      this.#links.retire(link.endpoint);
      this.#requests.lift();
    }
    this.#pump(now);
  }

  /** The broker at an open MX connection was asked, because it was silent. Of one that MX is spoken to unasked, any answer will do. */
  checked(now: number, link: MxLink, window: number | undefined): void {
    link.answersDue -= 1;
    if (window !== undefined || link.askUntil === Infinity) this.#heardMx(now, link);
    else {
      this.#mxLinks.unlearn(link.endpoint);
      this.lost(now, link);
    }
  }

  /** A message came on an MX connection. */
  receiveMx(now: number, link: MxLink, records: readonly MxRecord[]): void {
    this.#heardMx(now, link);
    for (const record of records) {
      // So a broker finds out whether we are still there.
      if (record.type === 'heartbeat') continue;
      const reply = record.type === 'final' || record.type === 'partial' ? record : undefined;
      const exchange = reply === undefined ? undefined : link.find(reply.id);
      if (reply === undefined || exchange === undefined) {
        // A late reply to a request that was given up, or a broker that says what concerns no client.
        this.pool.counters.strays += 1;
        continue;
      }
      const body = reply.body as Frame[];
      if (reply.type === 'final') this.#requests.final(now, exchange, body, decodeErrorReply(body));
      else if (exchange.credit > 0) this.#requests.partial(now, exchange, body);
      else this.#requests.giveUp(exchange, distrusted('more than was granted', exchange));
    }
    if (this.queued > 0) this.#pump(now);
  }

  #heardMx(now: number, link: MxLink): void {
    link.heard(now);
    this.#rests.heard(link.endpoint);
  }

  /** What came on an MX connection is no message: nothing that comes on it can be trusted. */
  invalidMx(now: number, link: MxLink, what: string): void {
    const exchanges = [...link.exchanges];
    this.#mxLinks.burn(link);
    for (const exchange of exchanges) this.#requests.end(exchange, distrusted(what, exchange));
    this.#pump(now);
  }

  /** An MX connection was {@link MxHandle.blocked} and no longer is. */
  unblocked(now: number): void {
    this.#pump(now);
  }

  /** The reader took a part that was buffered. */
  taken(now: number, exchange: Exchange, bytes: number): void {
    this.#requests.taken(now, exchange, bytes);
  }

  /** The reader wants the whole reply, however large: the bound on what is buffered no longer holds. */
  collect(now: number, exchange: Exchange): void {
    this.#requests.collect(now, exchange);
  }

  /** The reader waits for a part, but no longer than `waitMs`; the request goes on after that. */
  awaitPart(now: number, exchange: Exchange, waitMs: number): void {
    this.#requests.awaitPart(now, exchange, waitMs);
  }

  /** The caller gave a request up. */
  abort(now: number, exchange: Exchange, message: string, cause?: unknown): void {
    if (exchange.phase === 'ended') return;
    const options = cause === undefined ? undefined : { cause };
    this.#requests.giveUp(exchange, new AbortedError(message, exchange, options));
    this.#pump(now);
  }

  /** The caller gave every request up. */
  abortAll(message: string, cause?: unknown): void {
    const options = cause === undefined ? undefined : { cause };
    for (const exchange of this.#all()) {
      this.#requests.giveUp(exchange, new AbortedError(message, exchange, options));
    }
  }

  /** Take no new requests, let those under way end for `drainMs` milliseconds, then end them and close everything. */
  close(now: number, drainMs: number): void {
    if (this.#life === 'closed') return;
    this.#life = 'draining';
    this.#closeAt = Math.min(this.#closeAt, now + drainMs);
    if (this.pending === 0 || this.#closeAt <= now) this.#finish();
  }

  /** When {@link tick} has something to do; `Infinity` for never. */
  nextDeadline(): number {
    if (this.#life === 'draining' && this.pending === 0) return 0;
    const wantedAt = this.#wantedAt();
    return Math.min(
      this.#requests.nextDeadline,
      this.#links.nextExpiry(wantedAt),
      this.#mxLinks.nextExpiry(wantedAt),
      this.#closeAt,
      wantedAt === Infinity && this.#refusals.count > 0 ? nextTry(this.pool.endpoints) : Infinity,
    );
  }

  /** Do what the time asks for. Whatever has arrived must have been fed in before. */
  tick(now: number): void {
    this.#requests.expire(now);
    for (const link of this.#mxLinks.silent(now)) this.#lostMx(now, link);
    this.#pump(now);
    const wantedAt = this.#wantedAt();
    this.#links.expire(now, wantedAt);
    this.#mxLinks.expire(now, wantedAt);
    this.#addresses.sweep();
    if (this.#life === 'draining' && (this.#closeAt <= now || this.pending === 0)) this.#finish();
  }

  /** When a request last wanted a connection: now and further on while one waits. */
  #wantedAt(): number {
    return this.queued > 0 ? Infinity : this.pool.usedAt;
  }

  /** Serve those who wait with the connections there are, and get more for the rest. */
  #pump(now: number): void {
    const { repeats } = this.#requests;
    // Again after each connection that is ready as soon as it is opened.
    for (let ready = this.queued > 0; ready;) {
      for (let next = repeats.head; next !== undefined; next = repeats.head) {
        const link = this.pool.takeUnused(now, next.lastEndpoint);
        if (link === undefined) break;
        this.#requests.send(now, link, next);
      }
      const repeat = repeats.head;
      ready = repeat !== undefined && this.pool.grow(now, repeats.size, true, repeat.lastEndpoint);
      if (ready) continue;
      for (let next = this.#requests.next(now); next !== undefined; next = this.#requests.next(now)) {
        const link = this.pool.take(now);
        if (link === undefined) break;
        this.#requests.send(now, link, next);
      }
      const { wanting } = this.#requests;
      ready = wanting > 0 && this.pool.grow(now, wanting, false);
    }
    if (this.queued > 0 && this.pool.empty) this.#failWaiting();
  }

  /** There is not one connection and none can be opened: nobody would ever wake those who wait. */
  #failWaiting(): void {
    const cause = this.#links.openError ?? this.#mxLinks.openError;
    const why = cause instanceof Error ? cause.message : String(cause);
    for (const exchange of [...this.#requests.unsent()]) {
      this.#requests.end(exchange, new DisconnectedError(`no connection can be opened: ${why}`, exchange, { cause }));
    }
  }

  /** Every request that has not ended. */
  #all(): Set<Exchange> {
    const all = new Set(this.#requests.all());
    for (const endpoint of this.everywhere) for (const exchange of endpoint.carried()) all.add(exchange);
    return all;
  }

  #finish(): void {
    this.#life = 'closed';
    for (const exchange of this.#all()) {
      this.#requests.giveUp(exchange, new ClosedError('the client was closed', exchange));
    }
    this.#links.closeAll();
    this.#mxLinks.closeAll();
    this.#closeAt = Infinity;
    this.#port.closed();
  }
}
