// SPDX-License-Identifier: Apache-2.0
// dispatcher - requests find workers: queues, attempts, recovery, expiry

import type { Frame } from '@mdp/protocol';
import { STATUS, TokenMint, byteLength, bytes } from '@mdp/protocol';
import type { DeadlineHeap } from '@mdp/protocol/internal';
import type { ResolvedBrokerOptions } from '../options.js';
import type { BrokerCounters } from '../stats.js';
import type { ClientReplies } from './client-replies.js';
import type { Connection } from './connection.js';
import { LinkedList } from './linked-list.js';
import type { MxPeer } from './mx-peer.js';
import type { BrokerPort } from './port.js';
import type { ClosedBy, RequestOrigin } from './request.js';
import { Request } from './request.js';
import type { Sender } from './sender.js';
import { Service } from './service.js';
import { RememberedCounts } from './service-counts.js';
import type { Worker } from './worker.js';

/** How often a worker may give a request back with DISCONNECT without it counting as an attempt. */
const MAX_HANDOVERS = 8;

/** What is said to a request for which there is no memory left. */
const TOO_MANY_BYTES = {
  client: 'the requests of this client that have not ended are too large',
  broker: 'the requests that have not ended are too large',
} as const;

/** What the heap of deadlines holds. */
export type Due = Worker | Service | Request;

/** What the dispatcher works with. */
export interface DispatcherParts {
  readonly options: ResolvedBrokerOptions;
  readonly counters: BrokerCounters;
  readonly port: BrokerPort;
  readonly sender: Sender;
  readonly replies: ClientReplies;
  readonly deadlines: DeadlineHeap<Due>;
  /** 8 random bytes. */
  readonly nonce: Frame;
  /** Called for a worker that could not be given a request because it reads too slowly. */
  readonly onSlowWorker: (now: number, worker: Worker) => void;
}

/** All services, their queues and the requests that run. */
export class Dispatcher {
  readonly services = new Map<string, Service>();
  /** Workers that hold a request. */
  readonly busy = new LinkedList<Worker>();
  /** MX peers that wait for replies. */
  readonly asking = new LinkedList<MxPeer>();
  /** Requests that workers hold, in all. */
  running = 0;
  /** Requests that wait for a worker, in all. */
  queued = 0;
  /** The bytes that they take. */
  queuedBytes = 0;
  readonly mint: TokenMint;
  readonly remembered = new RememberedCounts();
  readonly #parts: DispatcherParts;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.mint = new TokenMint(parts.nonce);
  }

  /** The service of this name, made when there is none; `undefined` when there are too many. */
  requireService(now: number, name: string): Service | undefined {
    const { options } = this.#parts;
    let service = this.services.get(name);
    if (service === undefined) {
      if (this.services.size >= options.maxServices) return undefined;
      const own = options.services.get(name) ?? options.anyService;
      service = new Service(name, own, now, this.remembered.take(name));
      this.services.set(name, service);
    }
    return service;
  }

  /** A service has a worker: it does not exist because of a request any more. */
  adopt(service: Service): void {
    if (service.madeBy !== undefined) service.madeBy.servicesMade--;
    service.madeBy = undefined;
  }

  /** Forget a service that has neither workers nor requests. */
  releaseService(service: Service): void {
    if (service.workers > 0 || service.queue.size > 0) return;
    this.adopt(service);
    this.services.delete(service.name);
    this.remembered.keep(service.name, service.counts);
    this.#parts.deadlines.delete(service);
  }

  /**
   * A REQUEST for an ordinary service: to a worker that waits for this very name (MDP-B-13), or into the queue, also when
   * no worker has come yet (MDP-B-14), or refused.
   */
  submit(now: number, origin: RequestOrigin, name: string, body: readonly Frame[]): void {
    const { replies } = this.#parts;
    const size = byteLength(body);
    if (replies.isTooLarge(body, size)) {
      replies.error({ ...origin, service: { name, frame: bytes(name) } }, STATUS.TOO_LARGE, 'the body is too large');
      return;
    }
    const service = this.services.get(name) ?? this.#makeService(now, name, origin.connection);
    if (typeof service === 'string') {
      replies.error({ ...origin, service: { name, frame: bytes(name) } }, STATUS.OVERLOADED, service);
      return;
    }
    service.counts.requests++;
    service.counts.bytesIn += size;
    const request = new Request(origin, service, body);
    const beyond = request.book(request.bytes);
    if (beyond !== undefined) {
      replies.error({ ...origin, service }, STATUS.OVERLOADED, TOO_MANY_BYTES[beyond]);
      this.releaseService(service);
      return;
    }
    request.watch = this.#parts.port.watch(request);
    const { mx } = origin;
    if (mx !== undefined) {
      mx.requests.add(request.id, request);
      if (mx.requests.size === 1) this.asking.append(mx.askingLink);
    }
    const worker = service.queue.size === 0 ? service.free.first : undefined;
    if (worker !== undefined && this.#dispatch(now, worker, request, false)) return;
    // The slow worker that did not take it may have been the last of the service, which was forgotten with it.
    if (worker !== undefined && !this.services.has(name)) {
      this.remembered.take(name);
      this.services.set(name, service);
    }
    const refusal = this.#refusal(request);
    if (refusal !== undefined) {
      replies.fail(request, refusal.status, refusal.message, false);
      this.releaseService(service);
      return;
    }
    request.pack();
    this.#enqueue(now, request, false);
    // A slow worker may have been dropped above while others wait.
    if (service.free.size > 0) this.dispatchWaiting(now, service);
  }

  /** A service that nobody serves yet: it lasts as long as requests wait for it. @returns why it may not be made */
  #makeService(now: number, name: string, connection: Connection): Service | string {
    if (connection.servicesMade >= this.#parts.options.maxServicesPerClient) {
      return 'requests of this client wait for too many services that nobody serves';
    }
    const service = this.requireService(now, name);
    if (service === undefined) return 'too many services';
    service.madeBy = connection;
    connection.servicesMade++;
    return service;
  }

  /** Why a request may not wait; `undefined` when it may. */
  #refusal(request: Request): { status: number; message: string } | undefined {
    const { service, connection } = request;
    const { options } = this.#parts;
    if (service.workers === 0 && service.options.noWorkerTimeoutMs === 0) {
      return { status: STATUS.NO_WORKER, message: 'no worker is registered for the service' };
    }
    const full =
      service.queue.size >= service.options.maxQueued
        ? 'the queue of the service is full'
        : connection.queued.size >= options.maxQueuedPerClient
          ? 'too many requests of this client wait'
          : this.queued >= options.maxQueued
            ? 'the queues of the broker are full'
            : undefined;
    return full === undefined ? undefined : { status: STATUS.OVERLOADED, message: full };
  }

  #enqueue(now: number, request: Request, first: boolean): void {
    const { service } = request;
    request.since = now;
    if (first) service.queue.pushFirst(request);
    else service.queue.push(request);
    request.connection.queued.append(request.connectionLink);
    this.queued++;
    this.queuedBytes += request.bytes;
    if (request.deadlineAt !== Infinity) this.#parts.deadlines.set(request, request.deadlineAt);
    this.watch(service);
  }

  /** See to it that the service is looked at when its oldest request expires; also when workers have come or gone. */
  watch(service: Service): void {
    const { expiresAt } = service;
    if (expiresAt === Infinity) return;
    // A deadline that stands already and is sooner does: it is a lower bound (DeadlineHeap).
    if (service.heapIndex < 0 || expiresAt < this.#parts.deadlines.dueAt(service))
      this.#parts.deadlines.set(service, expiresAt);
  }

  /** Book a request out of the queue; it has been taken out of its service's already. */
  #dequeued(request: Request): void {
    request.connection.queued.remove(request.connectionLink);
    this.queued--;
    this.queuedBytes -= request.bytes;
    this.#parts.deadlines.delete(request);
  }

  /** Give requests that wait to workers that have room. */
  dispatchWaiting(now: number, service: Service): void {
    for (;;) {
      const worker = service.free.first;
      const request = service.queue.next(now);
      if (worker === undefined || request === undefined) return;
      if (request.deadlineAt <= now) this.expireRequest(request);
      else this.#dispatch(now, worker, request, true);
    }
  }

  /**
   * @param queued - whether it is the next one of the queue; it keeps its place and its time there when it is not taken
   * @returns false when the worker could not take it; the worker is no longer registered then
   */
  #dispatch(now: number, worker: Worker, request: Request, queued: boolean): boolean {
    const { sender, deadlines, options, counters } = this.#parts;
    const { counts } = request.service;
    const carrier = sender.request(now, worker, request, worker.mx === undefined ? this.mint.next() : undefined);
    if (carrier === undefined) {
      this.#parts.onSlowWorker(now, worker);
      return false;
    }
    if (queued) {
      request.service.queue.take(request);
      this.#dequeued(request);
    }
    request.attempts++;
    request.given++;
    request.carrier = carrier;
    request.undelivered = false;
    request.worker = worker;
    request.connection.running.append(request.connectionLink);
    worker.mx?.attempts.add(request.attemptId, request);
    worker.latest = request;
    worker.held.append(request.placeLink);
    worker.life.sentAt = now;
    this.running++;
    // The least recently used one comes first (MDP-B-04), and who can hold no more waits for none (MDP-B-42).
    const { free } = worker.service;
    free.remove(worker.freeLink);
    if (worker.hasRoom) free.append(worker.freeLink);
    if (worker.held.size === 1) {
      this.busy.append(worker.busyLink);
      worker.busySince = now;
      worker.beatsInJob = 0;
      const busyUntil = now + options.busyWorkerTimeoutMs;
      if (busyUntil < deadlines.dueAt(worker)) deadlines.set(worker, busyUntil);
    }
    counters.dispatched++;
    counts.dispatched++;
    counts.wait.add(queued ? now - request.since : 0);
    request.since = now;
    request.watch?.dispatched(worker);
    if (worker.mx !== undefined) sender.grantSurplus(request);
    return true;
  }

  /** Take a request from the worker that has answered it, or will not. */
  takeBack(request: Request): void {
    const { worker } = request;
    if (worker === undefined) return;
    worker.held.remove(request.placeLink);
    worker.mx?.attempts.delete(request.attemptId);
    if (worker.latest === request) worker.latest = undefined;
    if (worker.held.size === 0) this.busy.remove(worker.busyLink);
    this.running--;
    request.worker = undefined;
    request.token = undefined;
    request.carrier = undefined;
  }

  /** A worker may have room again: it goes to the end of the line (MDP-B-04), unless it stands there, and gets what waits. */
  offer(now: number, worker: Worker): void {
    const { service } = worker;
    if (!worker.hasRoom) service.free.remove(worker.freeLink);
    else if (worker.freeLink.list === undefined) service.free.append(worker.freeLink);
    if (service.queue.size > 0) this.dispatchWaiting(now, service);
  }

  /**
   * A worker was lost while it held a request: another one gets it (MDP-B-41), before all others, unless a part of the
   * reply has gone out or it may not be repeated.
   *
   * @param how - `lost`: it may have been executed; `returned`: the worker said DISCONNECT; `undelivered`: it never left
   */
  recover(now: number, request: Request, how: 'lost' | 'returned' | 'undelivered'): void {
    const { counters, port, replies } = this.#parts;
    const { service } = request;
    if (request.closedBy !== undefined) return;
    const { maxAttempts } = service.options;
    if (how === 'undelivered' || (how === 'returned' && maxAttempts > 1 && request.handovers++ < MAX_HANDOVERS)) {
      request.attempts--;
    }
    if (how === 'undelivered') request.given--;
    if (request.begun) {
      replies.fail(request, STATUS.WORKER_LOST, 'the worker was lost in the middle of its reply');
      return;
    }
    if (request.attempts >= maxAttempts) {
      replies.fail(
        request,
        STATUS.WORKER_LOST,
        `the worker was lost, and ${String(request.attempts)} of ${String(maxAttempts)} attempts are used`,
      );
      return;
    }
    request.restart();
    request.connection.running.remove(request.connectionLink);
    request.pack();
    this.#enqueue(now, request, true);
    counters.recovered++;
    service.counts.recovered++;
    port.emit('requestRecovered', () => [{ service: service.name, attempts: request.attempts }]);
  }

  /** A service's deadline has come: end what has waited for too long (MDP-B-15). */
  expire(now: number, service: Service): void {
    const { replies, deadlines } = this.#parts;
    while (service.expiresAt <= now) {
      const request = service.queue.oldest;
      if (request === undefined) break;
      this.#withdraw(request);
      if (service.workers === 0) replies.fail(request, STATUS.NO_WORKER, 'no worker came for the service');
      else replies.fail(request, STATUS.DEADLINE, 'no worker was free in time');
    }
    if (service.queue.size > 0) deadlines.set(service, service.expiresAt);
    else this.releaseService(service);
  }

  /** The deadline of a client has come while its request waits. */
  expireRequest(request: Request): void {
    this.#withdraw(request);
    this.#parts.replies.fail(request, STATUS.DEADLINE, 'no worker was free before the deadline of the client');
    this.releaseService(request.service);
  }

  #withdraw(request: Request): void {
    request.service.queue.remove(request);
    this.#dequeued(request);
  }

  /** The client is gone: nobody waits for what it had asked. */
  abandon(connection: Connection): void {
    for (const request of connection.queued) this.giveUp(request, 'clientGone');
    for (const request of connection.running) this.giveUp(request, 'clientGone');
  }

  /** Nobody waits for the reply to a request any more: it leaves the queue, or its worker is told. */
  giveUp(request: Request, by: Exclude<ClosedBy, 'ended'>): void {
    const { counters, sender } = this.#parts;
    if (request.closedBy !== undefined) return;
    counters[by === 'cancelled' ? 'cancelled' : 'abandoned']++;
    request.service.counts[by === 'cancelled' ? 'cancelled' : 'abandoned']++;
    counters.dropped[by] += request.begunStream?.withheld?.length ?? 0;
    if (request.worker !== undefined) {
      sender.cancel(request);
    } else if (request.service.queue.has(request)) {
      this.#withdraw(request);
      this.releaseService(request.service);
    }
    request.close(by);
    request.watch?.ended(by === 'cancelled' ? 'cancelled' : 'abandoned');
  }

  /** End everything that waits, with an error. */
  refuseQueued(status: number, message: string): void {
    for (const service of [...this.services.values()]) this.refuseQueue(service, status, message);
  }

  /** End everything that waits for one service, with an error. */
  refuseQueue(service: Service, status: number, message: string): void {
    for (let request = service.queue.oldest; request !== undefined; request = service.queue.oldest) {
      this.#withdraw(request);
      this.#parts.replies.fail(request, status, message);
    }
    this.releaseService(service);
  }
}
