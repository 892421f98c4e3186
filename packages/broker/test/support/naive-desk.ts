// SPDX-License-Identifier: Apache-2.0
// naive-desk - which request goes to which worker of the naive broker, and what becomes of it when the worker is lost

import { MX_FIRST_CREDIT } from '@mdp/protocol';
import type { WorkerLossReason } from '../../src/events.js';
import type { ResolvedServiceOptions } from '../../src/options.js';
import type {
  NaiveConnection,
  NaivePeer,
  NaiveRequest,
  NaiveService,
  NaiveTarget,
  NaiveWorker,
} from './naive-parts.js';
import { inWords, newRequest } from './naive-parts.js';
import { NaiveReplies } from './naive-replies.js';

/** So often a request may be given back with DISCONNECT for nothing. */
const HANDOVERS = 8;

/** Services, workers, and the requests that wait or run. Everything is found by looking at all there is. */
export abstract class NaiveDesk extends NaiveReplies {
  services: NaiveService[] = [];
  /** Those that registered first come first. */
  workers: NaiveWorker[] = [];
  draining = false;
  /** How many tokens were made. */
  tokens = 0;
  /** Goes up with all that has an order. */
  #order = 0;

  optionsOf({ name }: NaiveService): ResolvedServiceOptions {
    return this.options.services.get(name) ?? this.options.anyService;
  }

  workersOf(service: NaiveService): NaiveWorker[] {
    return this.workers.filter((worker) => worker.service === service);
  }

  /** Those with room, the one that was used least recently first. */
  freeOf(service: NaiveService): NaiveWorker[] {
    const free = this.workersOf(service).filter(({ freeSince }) => freeSince !== undefined);
    return free.sort((a, b) => (a.freeSince ?? 0) - (b.freeSince ?? 0));
  }

  /** What a worker holds, in the order in which it got it. */
  heldBy(worker: NaiveWorker): NaiveRequest[] {
    return this.requests.filter((request) => request.worker === worker).sort((a, b) => a.attempt - b.attempt);
  }

  /** What an MX peer holds as a worker, for all of its services. */
  attemptsOf(peer: NaivePeer): NaiveRequest[] {
    return this.requests.filter(({ worker }) => worker?.peer === peer);
  }

  waiting(): NaiveRequest[] {
    return this.requests.filter(({ queued }) => queued);
  }

  requireService(now: number, name: string): NaiveService | undefined {
    const known = this.services.find((service) => service.name === name);
    if (known !== undefined) return known;
    if (this.services.length >= this.options.maxServices) return undefined;
    const made = { name, madeBy: undefined, workerlessSince: now, arrivals: [], retries: [], turns: [] };
    this.services.push(made);
    return made;
  }

  /** A service is there while it has a worker, or something that waits. */
  releaseService(service: NaiveService): void {
    if (this.workersOf(service).length > 0 || service.arrivals.length > 0) return;
    service.madeBy = undefined;
    this.services = this.services.filter((other) => other !== service);
  }

  submit(
    now: number,
    from: NaiveTarget & Pick<NaiveRequest, 'id' | 'deadlineAt' | 'body' | 'said'>,
    name: string,
  ): void {
    const { options } = this;
    const target = { ...from, service: { name } };
    if (this.tooLarge(from.body)) {
      this.error(target, 413);
      return;
    }
    let service = this.services.find((each) => each.name === name);
    if (service === undefined) {
      const made = this.services.filter(({ madeBy }) => madeBy === from.connection).length;
      service = made >= options.maxServicesPerClient ? undefined : this.requireService(now, name);
      if (service !== undefined) service.madeBy = from.connection;
    }
    if (service === undefined) {
      this.error(target, 429);
      return;
    }
    const request = newRequest(from, service);
    if (!this.book(request, request.bytes)) {
      this.error(target, 429);
      this.releaseService(service);
      return;
    }
    this.requests.push(request);
    const [worker] = service.arrivals.length === 0 ? this.freeOf(service) : [];
    if (worker !== undefined && this.#dispatch(now, worker, request)) return;
    if (!this.services.includes(service)) this.services.push(service);
    const refusal = this.#refusal(request, service);
    if (refusal !== undefined) {
      this.fail(request, refusal, false);
      this.releaseService(service);
      return;
    }
    this.#enqueue(now, request, false);
    this.dispatchWaiting(now, service);
  }

  #refusal({ connection }: NaiveRequest, service: NaiveService): number | undefined {
    const { noWorkerTimeoutMs, maxQueued } = this.optionsOf(service);
    if (this.workersOf(service).length === 0 && noWorkerTimeoutMs === 0) return 404;
    const waiting = this.waiting();
    const ofClient = waiting.filter((request) => request.connection === connection);
    const full =
      service.arrivals.length >= maxQueued ||
      ofClient.length >= this.options.maxQueuedPerClient ||
      waiting.length >= this.options.maxQueued;
    return full ? 429 : undefined;
  }

  /** Whose turn a request takes: that of its connection, or of the one behind the proxy. */
  #clientOf({ connection, address, dialect }: NaiveRequest): string {
    if (address.join('') === '') return connection.key;
    if (dialect === 'mx') return [connection.key, ...address, 'mx'].join('/');
    // Of the routing ids that this project's clients take, the last part names the connection.
    return [connection.key, ...address].map((hop) => hop.replace(/^(mdp:.{16}):.+$/s, '$1')).join('/');
  }

  #enqueue(now: number, request: NaiveRequest, first: boolean): void {
    const { queueOf } = request;
    request.queued = true;
    request.queuedAt = now;
    queueOf.arrivals.push(request);
    if (first) queueOf.retries.unshift(request);
    else if (!queueOf.turns.includes(this.#clientOf(request))) queueOf.turns.push(this.#clientOf(request));
  }

  /** The first of those that wait of the client whose turn it is; the last when the first has less time left than it waited. */
  #next(now: number, { retries, arrivals, turns }: NaiveService): NaiveRequest | undefined {
    const ofTurn = arrivals.filter((request) => !retries.includes(request) && this.#clientOf(request) === turns[0]);
    const [first, last] = [ofTurn[0], ofTurn.at(-1)];
    if (retries[0] !== undefined || first === undefined || last === undefined) return retries[0];
    const late = first.deadlineAt - now < now - first.queuedAt;
    return late && last.deadlineAt !== Infinity && last.deadlineAt > first.deadlineAt ? last : first;
  }

  /** Take a request out of the queue. @param served - its client goes to the end of the line */
  #withdraw(request: NaiveRequest, served: boolean): void {
    const { queueOf } = request;
    const wasRetry = queueOf.retries.includes(request);
    request.queued = false;
    queueOf.arrivals = queueOf.arrivals.filter((other) => other !== request);
    queueOf.retries = queueOf.retries.filter((other) => other !== request);
    if (wasRetry) return;
    const client = this.#clientOf(request);
    const more = queueOf.arrivals.some((other) => !queueOf.retries.includes(other) && this.#clientOf(other) === client);
    if (more && !served) return;
    queueOf.turns = queueOf.turns.filter((turn) => turn !== client);
    if (more) queueOf.turns.push(client);
  }

  hasRoom(worker: NaiveWorker): boolean {
    return this.heldBy(worker).length < worker.credit && !worker.lost && !worker.retiring;
  }

  dispatchWaiting(now: number, service: NaiveService): void {
    for (;;) {
      const [worker] = this.freeOf(service);
      const request = this.#next(now, service);
      if (worker === undefined || request === undefined) return;
      if (request.deadlineAt <= now) this.expireRequest(request);
      else this.#dispatch(now, worker, request);
    }
  }

  /** The broker's next token, or the next id that is not under way at an MX worker. */
  #nextToken({ peer }: NaiveWorker): string {
    if (peer === undefined) return `t${String(++this.tokens)}`;
    const taken = this.attemptsOf(peer).map(({ token }) => token);
    do peer.lastId++;
    while (taken.includes(`#${String(peer.lastId)}`));
    return `#${String(peer.lastId)}`;
  }

  #dispatch(now: number, worker: NaiveWorker, request: NaiveRequest): boolean {
    const token = this.#nextToken(worker);
    const left = request.deadlineAt === Infinity ? 0 : Math.max(1, Math.ceil(request.deadlineAt - now));
    const mxOnly = worker.peer === undefined ? '' : `${worker.service.name} ${String(left)} `;
    const body = request.body.length === 0 ? [new Uint8Array(0)] : request.body;
    const tells = worker.peer !== undefined && (request.said !== undefined || request.hadIt > 0);
    const before = Math.min(255, (request.said?.attempts ?? 0) + request.hadIt);
    const more = tells ? ` (${String(before)} before, "${request.said?.key ?? ''}")` : '';
    const what = `request ${token} ${mxOnly}${inWords(body)}${more}`;
    const attempt = this.counters.dispatched + 1;
    if (!this.say(worker, what, false, { request, attempt })) {
      if (worker.peer === undefined) this.remove(now, worker, 'slow');
      else this.dismiss(now, worker, 'slow');
      return false;
    }
    if (request.queued) this.#withdraw(request, true);
    Object.assign(request, { token, worker, attempt, undelivered: false });
    request.attempts++;
    worker.latest = request;
    worker.freeSince = this.hasRoom(worker) ? ++this.#order : undefined;
    if (this.heldBy(worker).length === 1) {
      worker.busySince = now;
      worker.beatsInJob = 0;
    }
    this.counters.dispatched = attempt;
    if (request.dialect === 'mx') this.grant(request, request.credit - MX_FIRST_CREDIT);
    return true;
  }

  /** Its worker has answered it, or will not. */
  takeBack(request: NaiveRequest): void {
    const { worker } = request;
    if (worker?.latest === request) worker.latest = undefined;
    request.worker = undefined;
    if (request.closedBy !== undefined) this.requests = this.requests.filter((other) => other !== request);
  }

  /** A worker may have room again. */
  offer(now: number, worker: NaiveWorker): void {
    if (!this.hasRoom(worker)) worker.freeSince = undefined;
    else worker.freeSince ??= ++this.#order;
    this.dispatchWaiting(now, worker.service);
  }

  /** Send a worker away, with all of its siblings. */
  protected abstract dismiss(now: number, worker: NaiveWorker, reason: WorkerLossReason): void;

  /** A worker goes; what it held goes to another one, in the same order, before all others. */
  remove(now: number, worker: NaiveWorker, reason: WorkerLossReason): void {
    if (!this.workers.includes(worker)) return;
    const { service } = worker;
    this.workers = this.workers.filter((other) => other !== worker);
    worker.freeSince = undefined;
    const held = this.heldBy(worker).reverse();
    for (const request of held) this.takeBack(request);
    this.counters.workersLost[reason] = (this.counters.workersLost[reason] ?? 0) + 1;
    if (this.workersOf(service).length === 0) service.workerlessSince = now;
    for (const request of held) this.#recover(now, request, reason);
    if (held.length > 0) this.dispatchWaiting(now, service);
    if (this.draining && this.workersOf(service).length === 0) this.refuseQueue(service, 503);
    this.releaseService(service);
  }

  #recover(now: number, request: NaiveRequest, reason: WorkerLossReason): void {
    if (!this.open(request)) return;
    const { maxAttempts } = this.optionsOf(request.queueOf);
    const returned = !request.undelivered && reason === 'disconnect' && maxAttempts > 1;
    if (!request.undelivered) request.hadIt++;
    if (request.undelivered || (returned && request.handovers++ < HANDOVERS)) request.attempts--;
    if (request.begun || request.attempts >= maxAttempts) {
      this.fail(request, 502);
      return;
    }
    // What its worker had said goes with it.
    request.booked = request.bytes;
    request.joined = undefined;
    request.ungranted = 0;
    this.#enqueue(now, request, true);
    this.counters.recovered++;
  }

  /** None of those that go together gets what another one held. */
  removeAll(now: number, workers: readonly NaiveWorker[], reason: WorkerLossReason): void {
    for (const worker of workers) this.withhold(worker);
    for (const worker of workers) this.remove(now, worker, reason);
  }

  withhold(worker: NaiveWorker): void {
    worker.lost = true;
    worker.freeSince = undefined;
  }

  expireRequest(request: NaiveRequest): void {
    this.#withdraw(request, false);
    this.fail(request, 504);
    this.releaseService(request.queueOf);
  }

  /** When what waits longest for a service has waited too long. */
  expiresAt(service: NaiveService): number {
    const [oldest] = service.arrivals;
    if (oldest === undefined) return Infinity;
    const { queueTimeoutMs, noWorkerTimeoutMs } = this.optionsOf(service);
    if (this.workersOf(service).length > 0) return oldest.queuedAt + queueTimeoutMs;
    return Math.max(oldest.queuedAt, service.workerlessSince) + noWorkerTimeoutMs;
  }

  expireOldest(service: NaiveService): void {
    const [oldest] = service.arrivals;
    if (oldest === undefined) return;
    this.#withdraw(oldest, false);
    this.fail(oldest, this.workersOf(service).length === 0 ? 404 : 504);
    this.releaseService(service);
  }

  refuseQueue(service: NaiveService, status: number): void {
    for (const request of service.arrivals) {
      this.#withdraw(request, false);
      this.fail(request, status);
    }
    this.releaseService(service);
  }

  /** Nobody waits for the reply any more. */
  giveUp(request: NaiveRequest, by: 'clientGone' | 'cancelled'): void {
    if (!this.open(request)) return;
    this.counters[by === 'cancelled' ? 'cancelled' : 'abandoned']++;
    this.counters.dropped[by] += request.withheld.length;
    this.cancelAtWorker(request);
    if (request.queued) this.#withdraw(request, false);
    this.close(request, by);
    this.releaseService(request.queueOf);
  }

  /** What a client asked that has not ended: what waits, in the order in which it was queued, then what runs. */
  askedBy(connection: NaiveConnection): NaiveRequest[] {
    const mine = this.requests.filter((request) => request.connection === connection && this.open(request));
    const running = mine.filter(({ queued }) => !queued).sort((a, b) => a.attempt - b.attempt);
    return [...mine.filter(({ queued }) => queued), ...running];
  }
}
