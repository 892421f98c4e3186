// SPDX-License-Identifier: Apache-2.0
// requests - what becomes of a request over time: it waits, is sent, answered, repeated, and ends exactly once

import type { ErrorReply, Frame, RequestError } from '@mdp/protocol';
import { RemoteError, STATUS } from '@mdp/protocol';
import { DeadlineHeap, backoffMs } from '@mdp/protocol/internal';
import type { Allowances } from './allowances.js';
import { HeldBack } from './allowances.js';
import type { Carrier } from './carrier.js';
import type { RequestCounters } from './counters.js';
import { countEnd, newRequestCounters } from './counters.js';
import type { Endpoint } from './endpoint.js';
import type { Exchange } from './exchange.js';
import { NO_BODY } from './exchange.js';
import { attemptPassed, deadlinePassed, isRetryable, partPassed, refusedEverywhere, silence } from './failures.js';
import { firstOf } from './first-of.js';
import type { Refusals } from './refusals.js';
import type { RetryBudget } from './retry-budget.js';
import { mayMeanOverload } from './retry-budget.js';
import type { Rests } from './rests.js';
import { WaitingList } from './waiting-list.js';

/** The requests of a client that have not ended. Who carries them is of no concern here: {@link Carrier}. */
export class Requests {
  readonly counters: RequestCounters = newRequestCounters();
  /** Those that wait for any connection, oldest first. */
  readonly waiting = new WaitingList<Exchange>();
  /** Those that wait for a connection of their own, for they were sent before. */
  readonly repeats = new WaitingList<Exchange>();
  readonly #deadlines = new DeadlineHeap<Exchange>();
  readonly #endpoints: readonly Endpoint[];
  readonly #refusals: Refusals;
  readonly #rests: Rests;
  readonly #budget: RetryBudget;
  readonly #allowances: Allowances;
  readonly #random: () => number;
  /** Those whose repetition costs nothing if the broker is as silent when their pause is over. They are few. */
  readonly #unpaid = new WeakSet<Exchange>();
  #pending = 0;
  /** Whether it was one held back that was sent last of those that waited for any connection. */
  #heldBefore = false;

  /**
   * @param endpoints - where they may go: what is known of them explains a failure
   * @param refusals - the endpoints that let nobody in
   * @param rests - the endpoints that do not serve
   * @param budget - what repetitions are paid from
   * @param allowances - how many are sent at once
   * @param random - a source of numbers from 0 (inclusive) to 1 (exclusive), for the jitter
   */
  constructor(
    endpoints: readonly Endpoint[],
    refusals: Refusals,
    rests: Rests,
    budget: RetryBudget,
    allowances: Allowances,
    random: () => number,
  ) {
    this.#endpoints = endpoints;
    this.#refusals = refusals;
    this.#rests = rests;
    this.#budget = budget;
    this.#allowances = allowances;
    this.#random = random;
  }

  /** Those that have not ended. */
  get pending(): number {
    return this.#pending;
  }

  /** Those that are not sent yet, or not again. */
  get queued(): number {
    return this.waiting.size + this.repeats.size + this.#allowances.held;
  }

  /** Those that would be sent if there were connections for them. */
  get wanting(): number {
    return this.waiting.size + this.repeats.size + this.#allowances.ready;
  }

  /** When {@link expire} has something to do; `Infinity` for never. */
  get nextDeadline(): number {
    return this.#deadlines.next;
  }

  /** Count a new request. */
  add(now: number, exchange: Exchange): void {
    const { timeoutMs } = exchange.policy;
    this.counters.requests += 1;
    this.#pending += 1;
    if (timeoutMs > 0) exchange.deadlineAt = now + timeoutMs;
  }

  /** Let a request wait for a connection. */
  wait(now: number, exchange: Exchange): void {
    exchange.phase = 'waiting';
    if (exchange.times.retryAt < Infinity) exchange.ownTimes.retryAt = Infinity;
    exchange.refusedBefore = this.#refusals.count;
    this.#heard(now, exchange);
    if (exchange.fresh) this.repeats.push(exchange);
    else if (this.#allowances.allows(exchange)) this.waiting.push(exchange);
    else this.#allowances.hold(exchange);
    this.#watch(exchange);
  }

  /** Whether a new request may be sent at once, before all that wait. */
  mayPass(exchange: Exchange): boolean {
    return this.waiting.head === undefined && this.#allowances.allows(exchange);
  }

  /** A broker knows deadlines from now on: none is held back. */
  lift(): void {
    this.#allowances.lift();
  }

  /**
   * Who is sent next of those that wait for any connection. Those that were held back and may go now take turns with the
   * others, for with few connections those that are held back may be without end.
   */
  next(now: number): Exchange | undefined {
    const first = this.#heldBefore ? this.#nextWaiting(now) : undefined;
    if (first !== undefined) return first;
    const held = this.#allowances.next();
    return held === undefined ? this.#nextWaiting(now) : firstOf(now, held);
  }

  /** Send a request. */
  send(now: number, carrier: Carrier, exchange: Exchange): void {
    const { attemptTimeoutMs } = exchange.policy;
    const { list } = exchange;
    if (list !== undefined) this.#tookTurn(list, exchange);
    exchange.phase = 'sent';
    exchange.link = carrier;
    exchange.lastEndpoint = carrier.endpoint;
    if (exchange.attempts > 0) this.counters.retries += 1;
    exchange.attempts += 1;
    if (attemptTimeoutMs > 0) exchange.ownTimes.attemptAt = now + attemptTimeoutMs;
    this.#heard(now, exchange);
    this.#watch(exchange);
    this.#rests.sent(carrier.endpoint, exchange);
    this.#allowances.sent(now, carrier, exchange);
    carrier.send(now, exchange);
  }

  /** A PARTIAL came. Any number of these may come before the FINAL (MDP-C-06). */
  partial(now: number, exchange: Exchange, body: Frame[]): void {
    exchange.phase = 'streaming';
    this.#heard(now, exchange);
    const taken = exchange.sink.part(body, false);
    if (taken && exchange.times.partAt < Infinity) exchange.ownTimes.partAt = Infinity;
    exchange.link?.partCame(exchange, body, taken);
  }

  /** The FINAL came; `error` when it is an error reply. */
  final(now: number, exchange: Exchange, body: Frame[], error: ErrorReply | undefined): void {
    exchange.link?.release(now, exchange);
    this.#allowances.answered(now, exchange, error?.status);
    this.#rests.answered(now, exchange, error?.status);
    if (error === undefined) {
      this.#budget.earn();
      this.end(exchange, undefined);
      exchange.sink.part(body, true);
    } else if (error.status === STATUS.DEADLINE && now >= exchange.deadlineAt) {
      // The broker knows the deadline, too: it is the same one, whoever says so first.
      this.end(exchange, deadlinePassed(exchange, this.#endpoints));
    } else this.attemptFailed(now, exchange, new RemoteError(error.status, error.message, exchange));
  }

  /** The reader took a part that was buffered. */
  taken(now: number, exchange: Exchange, bytes: number): void {
    const { paused } = exchange;
    exchange.link?.partsTaken(exchange, bytes);
    if (paused) this.#resumed(now, exchange);
  }

  /** The reader wants the whole reply, however large: the bound on what is buffered no longer holds. */
  collect(now: number, exchange: Exchange): void {
    const { paused } = exchange;
    exchange.bounded = false;
    exchange.link?.collect(exchange);
    if (paused) this.#resumed(now, exchange);
  }

  /** The reader waits for a part, but no longer than `waitMs`; the request goes on after that. */
  awaitPart(now: number, exchange: Exchange, waitMs: number): void {
    if (exchange.phase === 'ended') return;
    const times = exchange.ownTimes;
    times.partWaitMs = waitMs;
    times.partAt = now + waitMs;
    this.#watch(exchange);
  }

  /** Do what the time asks for. Whatever has arrived must have been fed in before. */
  expire(now: number): void {
    for (let due = this.#deadlines.takeDue(now); due !== undefined; due = this.#deadlines.takeDue(now)) {
      this.#judge(now, due);
    }
  }

  /** An attempt has failed, its connection is settled: try again, or end with the attempts made (MDP-C-10). */
  attemptFailed(now: number, exchange: Exchange, error: RequestError): void {
    const { policy, phase, attempts } = exchange;
    this.#leave(exchange);
    if (phase === 'streaming' || attempts >= policy.attempts || !isRetryable(error)) {
      this.end(exchange, error);
      return;
    }
    const retryAt = now + backoffMs(attempts, policy, this.#random);
    if (retryAt >= exchange.deadlineAt) {
      // The wait alone would pass the deadline: the caller is better served with the reason, now.
      this.end(exchange, error);
      return;
    }
    if (mayMeanOverload(error)) {
      // One broker among others that says nothing at all stands still: it is no overload. But it may speak up yet.
      if (error.code === 'MDP_TIMEOUT' && this.#rests.isSilentAlone(exchange)) this.#unpaid.add(exchange);
      else if (!this.#pay(now, exchange, error)) return;
    }
    exchange.phase = 'backoff';
    exchange.ownTimes.retryAt = retryAt;
    exchange.lastError = error;
    // With several brokers a new connection is also the way to another one.
    exchange.fresh = !(error instanceof RemoteError) || this.#endpoints.length > 1;
    this.#watch(exchange);
  }

  /** An endpoint said no: end those that wait, and have met with nothing else at any of them since they began to. */
  refused(): void {
    const endpoints = this.#endpoints;
    let least = Infinity;
    for (const { refusal } of endpoints) least = Math.min(least, refusal);
    // What stands was let in before, and serves on. For a repetition that must be by MX: strict, it needs a new connection.
    const lists: WaitingList<Exchange>[] = [];
    if (!endpoints.some(({ mx }) => mx?.phase === 'open')) lists.push(this.repeats);
    if (!endpoints.some(({ stands }) => stands)) lists.push(this.waiting, ...this.#allowances.lists());
    for (const list of lists) {
      for (let one = list.head, next = one?.next; one !== undefined; one = next, next = one?.next) {
        if (one.refusedBefore < least) this.end(one, refusedEverywhere(one, endpoints));
      }
    }
  }

  /** End a request whose reply is no longer wanted, wherever it is. */
  giveUp(exchange: Exchange, error: RequestError): void {
    exchange.link?.abandon(exchange);
    this.end(exchange, error);
  }

  /** The one end of a request. */
  end(exchange: Exchange, error: RequestError | undefined): void {
    exchange.phase = 'ended';
    this.#leave(exchange);
    exchange.list?.remove(exchange);
    // Its reply may be kept for long.
    exchange.body = NO_BODY;
    this.#deadlines.delete(exchange);
    this.#pending -= 1;
    countEnd(this.counters, error);
    if (error !== undefined) exchange.sink.fail(error, error.code === 'MDP_ABORTED' || error.code === 'MDP_CLOSED');
  }

  /** All that have not ended and are not just carried: those with a deadline, and those that wait. */
  *all(): Generator<Exchange> {
    yield* this.#deadlines.items;
    yield* this.unsent();
  }

  /** All that are {@link queued}. */
  *unsent(): Generator<Exchange> {
    for (const list of [this.repeats, this.waiting, ...this.#allowances.lists()]) {
      for (let next = list.head; next !== undefined; next = next.next) yield next;
    }
  }

  /** Who goes first of those that wait and are not held back. Those that are too many for their service are, from now on. */
  #nextWaiting(now: number): Exchange | undefined {
    for (;;) {
      // In order, as long as those are too many that come first.
      const { head } = this.waiting;
      const next = head === undefined || this.#allowances.admits(head) ? firstOf(now, this.waiting) : head;
      if (next === undefined || this.#allowances.admits(next)) return next;
      this.#allowances.hold(next);
    }
  }

  /** One that waited is sent. */
  #tookTurn(list: WaitingList<Exchange>, exchange: Exchange): void {
    list.remove(exchange);
    if (list === this.waiting) this.#heldBefore = false;
    else if (list instanceof HeldBack) {
      this.#heldBefore = true;
      this.#allowances.hadTurn(exchange);
    }
  }

  #judge(now: number, exchange: Exchange): void {
    if (exchange.deadlineAt <= now) {
      this.#unanswered(now, exchange);
      this.giveUp(exchange, deadlinePassed(exchange, this.#endpoints));
      return;
    }
    const { times } = exchange;
    if (times.partAt <= now) {
      exchange.ownTimes.partAt = Infinity;
      exchange.sink.partTimeout(partPassed(exchange));
    }
    const { phase } = exchange;
    if (phase === 'backoff') {
      if (times.retryAt <= now) {
        this.#repeat(now, exchange);
        return;
      }
    } else if (phase === 'sent' && (times.attemptAt <= now || times.idleAt <= now)) {
      const passed = times.attemptAt <= now ? attemptPassed(exchange) : silence(exchange, this.#endpoints);
      this.#unanswered(now, exchange);
      exchange.link?.abandon(exchange);
      this.attemptFailed(now, exchange, passed);
      return;
    } else if (times.idleAt <= now && !exchange.paused) {
      this.#unanswered(now, exchange);
      this.giveUp(exchange, silence(exchange, this.#endpoints));
      return;
    }
    this.#watch(exchange);
  }

  /** The pause before another attempt is over. */
  #repeat(now: number, exchange: Exchange): void {
    const { lastError } = exchange;
    const owes = this.#unpaid.delete(exchange) && !this.#rests.isSilentAlone(exchange);
    if (!owes || lastError === undefined || this.#pay(now, exchange, lastError)) this.wait(now, exchange);
  }

  /** Pay for a repetition: one that cannot be paid for ends the request. */
  #pay(now: number, exchange: Exchange, error: RequestError): boolean {
    if (this.#budget.spend(now)) return true;
    this.counters.unaffordable += 1;
    this.end(exchange, error);
    return false;
  }

  /** Its time is over while it is with a broker: perhaps that is not there any more. */
  #unanswered(now: number, exchange: Exchange): void {
    if (exchange.link === undefined) return;
    // One broker among others that says nothing at all stands still: its service has not too much to do for that.
    if (exchange.phase === 'sent' && !this.#rests.isSilentAlone(exchange)) this.#allowances.unanswered(now, exchange);
    exchange.link.unanswered(now);
    this.#rests.unanswered(now, exchange);
  }

  /** It is on its connection no more. */
  #leave(exchange: Exchange): void {
    this.#allowances.settle(exchange);
    exchange.link = undefined;
  }

  /** What was awaited has come: the silence begins anew. */
  #heard(now: number, exchange: Exchange): void {
    const { idleTimeoutMs } = exchange.policy;
    if (idleTimeoutMs > 0) exchange.ownTimes.idleAt = now + idleTimeoutMs;
  }

  /** After a pause, in which it was the reader who was slow. */
  #resumed(now: number, exchange: Exchange): void {
    if (exchange.paused || exchange.phase === 'ended') return;
    this.#heard(now, exchange);
    this.#watch(exchange);
  }

  /** Look at a request no later than it needs. An entry that is too early is only looked at in vain. */
  #watch(exchange: Exchange): void {
    const at = exchange.nextWake();
    if (at < this.#deadlines.dueAt(exchange)) this.#deadlines.set(exchange, at);
  }
}
