// SPDX-License-Identifier: Apache-2.0
// naive-replies - what the naive broker says, and what becomes of the replies of workers

import type { Frame } from '@mdp/protocol';
import { BROKER_STATUSES, MX_FIRST_CREDIT, MX_MAX_NUMBER, byteLength, decodeErrorReply, mxCost } from '@mdp/protocol';
import { encodeErrorReply } from '@mdp/protocol';
import type { ResolvedBrokerOptions } from '../../src/options.js';
import { newCounters } from '../../src/state/counters.js';
import type { NaiveConnection, NaivePeer, NaiveRequest, NaiveTarget } from './naive-parts.js';
import { inWords, kept, placeOf } from './naive-parts.js';

/** One message that the naive broker sends. */
export interface NaiveSaid {
  readonly to: string;
  readonly what: string;
  /** The attempt that it begins. */
  readonly attempt?: NaiveAttempt;
}

/** One of the times that a request was given to a worker. */
export interface NaiveAttempt {
  readonly request: NaiveRequest;
  readonly attempt: number;
}

/** Whom a reply goes to. */
type ReplyTarget = NaiveTarget & Pick<NaiveRequest, 'id' | 'service'>;

const EMPTY = [new Uint8Array(0)];

/** What leaves a naive broker. It sends no HEARTBEATs: when they leave is not what it is for. */
export class NaiveReplies {
  readonly counters = newCounters();
  /** What it has said since that was looked at. */
  said: NaiveSaid[] = [];
  /** Requests that have not ended, and those that workers still hold. */
  requests: NaiveRequest[] = [];
  /** Those whose clients take no more of their replies, in the order in which they stopped. */
  stalled: NaiveRequest[] = [];

  constructor(
    readonly options: ResolvedBrokerOptions,
    /** Whether a connection takes nothing more. */
    readonly full: (connection: NaiveConnection, urgent: boolean) => boolean,
    /** Whether something waits for a connection, though it may take more. */
    readonly slow: (connection: NaiveConnection) => boolean,
  ) {}

  say(to: NaiveTarget, what: string, urgent = false, attempt?: NaiveAttempt): boolean {
    if (this.full(to.connection, urgent)) return false;
    this.said.push({ to: placeOf(to), what, ...(attempt === undefined ? {} : { attempt }) });
    return true;
  }

  tell(peer: NaivePeer, what: string): void {
    const { connection, address } = peer;
    if (!this.say({ connection, address, dialect: 'mx', peer }, what, true)) this.counters.dropped.slowReader++;
  }

  open(request: NaiveRequest): boolean {
    return request.closedBy === undefined;
  }

  /** The requests of a connection that have not ended. */
  pendingBytes(connection?: NaiveConnection): number {
    return this.requests
      .filter((request) => connection === undefined || request.connection === connection)
      .reduce((sum, { booked }) => sum + booked, 0);
  }

  book(request: NaiveRequest, bytes: number): boolean {
    const { maxPendingBytes, maxPendingBytesPerClient } = this.options;
    const own = this.pendingBytes(request.connection);
    const left = maxPendingBytes - this.pendingBytes() - bytes;
    if (own + bytes > maxPendingBytesPerClient || left < 0 || (own > 0 && own + bytes > left)) return false;
    request.booked += bytes;
    return true;
  }

  close(request: NaiveRequest, by: 'ended' | 'clientGone' | 'cancelled'): void {
    request.closedBy = by;
    request.booked = 0;
    request.withheld = [];
    request.joined = undefined;
    this.#moves(request);
    if (request.worker === undefined) this.requests = this.requests.filter((other) => other !== request);
  }

  reply(to: ReplyTarget, type: 'partial' | 'final', body: readonly Frame[], urgent = false): boolean {
    const padded = body.length === 0 ? EMPTY : body;
    const { dialect, service } = to;
    if (dialect === 'mx') return this.say(to, `${type} #${String(to.id)} ${inWords(padded)}`, urgent);
    if (dialect === 'majortomo') return this.say(to, `${type}  ${inWords(body)}`, urgent);
    return this.say(to, `${type} ${service.name} ${inWords(padded)}`, urgent);
  }

  result(to: ReplyTarget, body: readonly Frame[], urgent = false): void {
    if (!this.reply(to, 'final', body, urgent)) this.counters.dropped.slowReader++;
  }

  error(to: ReplyTarget, status: number, urgent = false): void {
    this.counters.failed[status] = (this.counters.failed[status] ?? 0) + 1;
    if (to.dialect !== 'rfc18' && to.dialect !== 'mx' && !this.options.forwardErrors) this.counters.errorsWithheld++;
    else this.result(to, encodeErrorReply(status, ''), urgent);
  }

  /** @param urgent - whether its client waits for it: not when it was never accepted */
  fail(request: NaiveRequest, status: number, urgent = true): void {
    if (!this.open(request)) return;
    this.close(request, 'ended');
    this.error(request, status, urgent);
  }

  /** Its MX worker is told that nobody waits. */
  cancelAtWorker({ worker, token }: NaiveRequest): void {
    if (worker?.peer !== undefined) this.tell(worker.peer, `cancel ${token}`);
  }

  grant({ worker, token }: NaiveRequest, amount: number): void {
    if (worker?.peer === undefined || amount <= 0) return;
    this.tell(worker.peer, `credit ${token} ${String(Math.min(amount, MX_MAX_NUMBER))}`);
  }

  tooLarge(body: readonly Frame[]): boolean {
    return body.length > this.options.maxBodyFrames || byteLength(body) > this.options.maxBodyBytes;
  }

  /** A PARTIAL or FINAL of the worker that holds the request. */
  fromHolder(now: number, request: NaiveRequest, type: 'partial' | 'final', body: readonly Frame[]): void {
    const { dropped } = this.counters;
    if (request.closedBy !== undefined) {
      dropped[request.closedBy === 'ended' ? 'brokenStream' : request.closedBy]++;
    } else if (this.tooLarge(body)) {
      dropped.brokenStream++;
      this.fail(request, 413);
      this.cancelAtWorker(request);
    } else if (request.withheld.length > 0) this.#withhold(request, type, body);
    else if (type === 'final') this.#passFinal(request, body);
    else if (request.dialect === 'mdp01') {
      if (this.#join(request, body)) this.regrant(now, request, mxCost(body));
    } else if (request.dialect === 'mx' && request.credit <= 0) this.#withhold(request, type, body);
    else if (this.#passPartial(now, request, body) && request.dialect !== 'mx')
      this.regrant(now, request, mxCost(body));
  }

  #passPartial(now: number, request: NaiveRequest, body: readonly Frame[]): boolean {
    if (!this.reply(request, 'partial', body)) {
      this.counters.dropped.slowReader++;
      this.#breakOff(request);
      return false;
    }
    request.credit -= mxCost(body);
    request.begun = true;
    this.counters.partials++;
    if (request.dialect === 'mx' && request.credit <= 0) this.#stands(now, request);
    return true;
  }

  #passFinal(request: NaiveRequest, body: readonly Frame[]): void {
    const error = decodeErrorReply(body);
    if (error !== undefined) {
      this.fail(request, BROKER_STATUSES.includes(error.status) ? 500 : error.status);
      return;
    }
    let whole = body;
    if (request.joined !== undefined) {
      if (!this.#join(request, body)) return;
      whole = request.joined;
    }
    if (!this.reply(request, 'final', whole)) {
      this.counters.dropped.slowReader++;
      this.#breakOff(request);
      return;
    }
    this.close(request, 'ended');
    this.counters.finals++;
  }

  #withhold(request: NaiveRequest, type: 'partial' | 'final', body: readonly Frame[]): void {
    const { maxOutboxMessages, maxOutboxBytes } = this.options;
    const bytes = kept(body);
    request.withheldBytes = request.withheld.reduce((sum, part) => sum + kept(part.body), bytes);
    const tooMuch = request.withheld.length >= maxOutboxMessages || request.withheldBytes > maxOutboxBytes;
    if (tooMuch || !this.book(request, bytes)) {
      this.counters.dropped.slowReader += request.withheld.length + 1;
      this.#breakOff(request);
    } else {
      request.withheld.push({ type, body });
    }
  }

  #moves(request: NaiveRequest): void {
    this.stalled = this.stalled.filter((other) => other !== request);
  }

  #stands(now: number, request: NaiveRequest): void {
    this.#moves(request);
    request.stalledAt = now;
    this.stalled.push(request);
  }

  /** Its client has not taken more for too long. */
  tire(request: NaiveRequest): void {
    this.counters.dropped.slowReader += request.withheld.length;
    this.#breakOff(request);
  }

  #breakOff(request: NaiveRequest): void {
    this.close(request, 'ended');
    this.error(request, 429, true);
    this.cancelAtWorker(request);
  }

  #join(request: NaiveRequest, body: readonly Frame[]): boolean {
    const joined = [...(request.joined ?? []), ...body];
    if (this.tooLarge(joined) || !this.book(request, kept(body))) {
      this.close(request, 'ended');
      this.error(request, 413, true);
      this.cancelAtWorker(request);
      return false;
    }
    request.joined = joined;
    return true;
  }

  /** The client of a strict wire was sent so much: its MX worker may send as much again, if that can be taken. */
  regrant(now: number, request: NaiveRequest, cost: number): void {
    if (request.worker?.peer === undefined) return;
    request.ungranted += cost;
    if (request.ungranted < MX_FIRST_CREDIT / 2) return;
    if (request.dialect !== 'mdp01' && this.slow(request.connection)) {
      if (!this.stalled.includes(request)) this.#stands(now, request);
      return;
    }
    this.#moves(request);
    this.grant(request, request.ungranted);
    request.ungranted = 0;
  }

  /** The MX client grants so much more. */
  granted(now: number, request: NaiveRequest, amount: number): void {
    const before = request.credit;
    request.credit = Math.min(MX_MAX_NUMBER, before + amount);
    this.grant(request, request.credit - before);
    if (request.credit > 0) this.#moves(request);
    for (let part = request.withheld[0]; part !== undefined; part = request.withheld[0]) {
      const { type, body } = part;
      if (type === 'final') {
        this.#passFinal(request, body);
        return;
      }
      if (request.credit <= 0 || !this.#passPartial(now, request, body)) return;
      request.withheld.shift();
      request.booked -= kept(body);
    }
  }
}
