// SPDX-License-Identifier: Apache-2.0
// dispatcher - requests find workers: queues, attempts, recovery, expiry

import type { ClientRequest, Frame } from '@mdp/protocol';
import { STATUS, TokenMint, bytes, encodeWorkerRequest } from '@mdp/protocol';
import type { ResolvedBrokerOptions } from '../options.js';
import type { BrokerCounters } from '../stats.js';
import type { ClientReplies } from './client-replies.js';
import type { Connection } from './connection.js';
import type { DeadlineHeap } from '@mdp/protocol/internal';
import { LinkedList } from './linked-list.js';
import type { BrokerPort } from './port.js';
import { Request } from './request.js';
import { Service } from './service.js';
import type { Worker } from './worker.js';

/** How often a worker may give a request back with DISCONNECT without it counting as an attempt. */
const MAX_HANDOVERS = 8;

/** All services, their queues and the requests that run. */
export class Dispatcher {
  readonly services = new Map<string, Service>();
  /** Workers that hold a request. */
  readonly busy = new LinkedList<Worker>();
  /** Requests that wait for a worker, in all. */
  queued = 0;
  /** The bytes that they take. */
  queuedBytes = 0;
  readonly mint: TokenMint;

  readonly #options: ResolvedBrokerOptions;
  readonly #counters: BrokerCounters;
  readonly #port: BrokerPort;
  readonly #replies: ClientReplies;
  readonly #deadlines: DeadlineHeap<Worker | Service>;
  /** Called for a worker that could not be given a request because it reads too slowly. */
  readonly #onSlowWorker: (now: number, worker: Worker) => void;

  constructor(
    options: ResolvedBrokerOptions,
    counters: BrokerCounters,
    port: BrokerPort,
    replies: ClientReplies,
    deadlines: DeadlineHeap<Worker | Service>,
    nonce: Frame,
    onSlowWorker: (now: number, worker: Worker) => void,
  ) {
    this.#options = options;
    this.#counters = counters;
    this.#port = port;
    this.#replies = replies;
    this.#deadlines = deadlines;
    this.mint = new TokenMint(nonce);
    this.#onSlowWorker = onSlowWorker;
  }

  /** The service of this name, made when there is none; `undefined` when there are too many. */
  requireService(now: number, name: string): Service | undefined {
    let service = this.services.get(name);
    if (service === undefined) {
      if (this.services.size >= this.#options.maxServices) return undefined;
      service = new Service(name, this.#options.services.get(name) ?? this.#options.anyService, now);
      this.services.set(name, service);
    }
    return service;
  }

  /** Forget a service that has neither workers nor requests. */
  releaseService(service: Service): void {
    if (service.workers > 0 || service.queue.size > 0) return;
    this.services.delete(service.name);
    this.#deadlines.delete(service);
  }

  /**
   * A REQUEST for an ordinary service: to a worker that waits for this very name (MDP-B-13), or into the queue, also when
   * no worker has come yet (MDP-B-14), or refused.
   */
  submit(now: number, connection: Connection, message: ClientRequest): void {
    // MDP-B-05: what goes in front of each reply, frame for frame.
    const envelope = message.address.length === 0 ? [connection.routingId] : [connection.routingId, ...message.address];
    const { dialect, body } = message;
    if (this.#replies.isTooLarge(body)) {
      const service = { name: message.service, frame: bytes(message.service) };
      this.#replies.error({ connection, envelope, dialect, service }, STATUS.TOO_LARGE, 'the body is too large');
      return;
    }
    const service = this.requireService(now, message.service);
    if (service === undefined) {
      const unknown = { name: message.service, frame: bytes(message.service) };
      this.#replies.error({ connection, envelope, dialect, service: unknown }, STATUS.OVERLOADED, 'too many services');
      return;
    }
    const request = new Request(connection, envelope, dialect, service, body);
    const worker = service.queue.size === 0 ? service.waiting.first : undefined;
    if (worker !== undefined && this.#dispatch(now, worker, request, false)) return;
    // The slow worker that did not take it may have been the last of the service, which was forgotten with it.
    if (worker !== undefined) this.services.set(service.name, service);
    const refusal = this.#refusal(request);
    if (refusal !== undefined) {
      this.#replies.fail(request, refusal.status, refusal.message);
      this.releaseService(service);
      return;
    }
    request.compact();
    this.#enqueue(now, request, false);
    // A slow worker may have been dropped above while others wait.
    if (service.waiting.size > 0) this.dispatchWaiting(now, service);
  }

  /** Why a request may not wait; `undefined` when it may. */
  #refusal(request: Request): { status: number; message: string } | undefined {
    const { service, connection } = request;
    const options = this.#options;
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
            : this.queuedBytes + request.bytes > options.maxQueuedBytes
              ? 'the requests that wait are too large'
              : undefined;
    return full === undefined ? undefined : { status: STATUS.OVERLOADED, message: full };
  }

  #enqueue(now: number, request: Request, first: boolean): void {
    const { service } = request;
    request.queuedAt = now;
    if (first) service.queue.pushFirst(request);
    else service.queue.push(request);
    request.connection.queued.append(request.connectionLink);
    this.queued++;
    this.queuedBytes += request.bytes;
    this.watch(service);
  }

  /** See to it that the service is looked at when its oldest request expires; also when workers have come or gone. */
  watch(service: Service): void {
    const { expiresAt } = service;
    if (expiresAt === Infinity) return;
    // A deadline that stands already and is sooner does: it is a lower bound (DeadlineHeap).
    if (service.heapIndex < 0 || expiresAt < service.dueAt) this.#deadlines.set(service, expiresAt);
  }

  /** Book a request out of the queue; it has been taken out of its service's already. */
  #dequeued(request: Request): void {
    request.connection.queued.remove(request.connectionLink);
    this.queued--;
    this.queuedBytes -= request.bytes;
  }

  /** Give requests that wait to workers that wait. */
  dispatchWaiting(now: number, service: Service): void {
    for (;;) {
      const worker = service.waiting.first;
      const request = service.queue.next;
      if (worker === undefined || request === undefined) return;
      this.#dispatch(now, worker, request, true);
    }
  }

  /**
   * @param queued - whether it is the next one of the queue; it keeps its place and its time there when it is not taken
   * @returns false when the worker could not take it; the worker is no longer registered then
   */
  #dispatch(now: number, worker: Worker, request: Request, queued: boolean): boolean {
    const token = this.mint.next();
    const frames = encodeWorkerRequest(worker.dialect, worker.envelope, token, request.body);
    if (!this.#port.send(worker.connection, frames)) {
      this.#onSlowWorker(now, worker);
      return false;
    }
    if (queued) {
      request.service.queue.shift();
      this.#dequeued(request);
    }
    request.attempts++;
    request.connection.running.append(request.connectionLink);
    // MDP-B-42: who holds a request waits for no other.
    worker.service.waiting.remove(worker.link);
    this.busy.append(worker.link);
    worker.request = request;
    worker.token = token;
    worker.dispatchedFrames = frames;
    worker.busySince = now;
    worker.beatsInJob = 0;
    worker.sentAt = now;
    const busyUntil = now + this.#options.busyWorkerTimeoutMs;
    if (busyUntil < worker.dueAt) this.#deadlines.set(worker, busyUntil);
    this.#counters.dispatched++;
    return true;
  }

  /** Take the request from a worker that has answered it, or will not. The worker is in no list afterwards. */
  takeFrom(worker: Worker): Request | undefined {
    const { request } = worker;
    if (request === undefined) {
      worker.service.waiting.remove(worker.link);
      return undefined;
    }
    this.busy.remove(worker.link);
    worker.request = undefined;
    worker.token = undefined;
    worker.dispatchedFrames = undefined;
    request.connection.running.remove(request.connectionLink);
    return request;
  }

  /** A worker waits: it goes to the end of the line (MDP-B-04: the least recently used one comes first) and gets what waits. */
  addWaiting(now: number, worker: Worker): void {
    if (worker.lost) return;
    const { service } = worker;
    service.waiting.append(worker.link);
    if (service.queue.size > 0) this.dispatchWaiting(now, service);
  }

  /**
   * A worker was lost while it held a request: another one gets it (MDP-B-41), before all others, unless a part of the
   * reply has gone out or it may not be repeated.
   *
   * @param how - `lost`: it may have been executed; `returned`: the worker said DISCONNECT; `undelivered`: it never left
   */
  recover(now: number, request: Request, how: 'lost' | 'returned' | 'undelivered'): void {
    const { service } = request;
    if (request.closedBy !== undefined) return;
    const { maxAttempts } = service.options;
    if (how === 'undelivered' || (how === 'returned' && maxAttempts > 1 && request.handovers++ < MAX_HANDOVERS)) {
      request.attempts--;
    }
    if (request.begun) {
      this.#replies.fail(request, STATUS.WORKER_LOST, 'the worker was lost in the middle of its reply');
      return;
    }
    if (request.attempts >= maxAttempts) {
      this.#replies.fail(
        request,
        STATUS.WORKER_LOST,
        `the worker was lost, and ${String(request.attempts)} of ${String(maxAttempts)} attempts are used`,
      );
      return;
    }
    request.joined = undefined;
    request.joinedBytes = 0;
    request.compact();
    this.#enqueue(now, request, true);
    this.#counters.recovered++;
    this.#port.emit('requestRecovered', () => [{ service: service.name, attempts: request.attempts }]);
  }

  /** A service's deadline has come: end what has waited for too long (MDP-B-15). */
  expire(now: number, service: Service): void {
    while (service.expiresAt <= now) {
      const request = service.queue.oldest;
      if (request === undefined) break;
      this.#withdraw(request);
      if (service.workers === 0) this.#replies.fail(request, STATUS.NO_WORKER, 'no worker came for the service');
      else this.#replies.fail(request, STATUS.DEADLINE, 'no worker was free in time');
    }
    if (service.queue.size > 0) this.#deadlines.set(service, service.expiresAt);
    else this.releaseService(service);
  }

  #withdraw(request: Request): void {
    request.service.queue.remove(request);
    this.#dequeued(request);
  }

  /** The client is gone: nobody waits for what it had asked. */
  abandon(connection: Connection): void {
    for (const request of connection.queued) {
      this.#withdraw(request);
      request.closedBy = 'clientGone';
      this.#counters.abandoned++;
      this.releaseService(request.service);
    }
    for (const request of connection.running) {
      if (request.closedBy !== undefined) continue;
      request.closedBy = 'clientGone';
      this.#counters.abandoned++;
    }
  }

  /** End everything that waits, with an error. */
  refuseQueued(status: number, message: string): void {
    for (const service of [...this.services.values()]) this.refuseQueue(service, status, message);
  }

  /** End everything that waits for one service, with an error. */
  refuseQueue(service: Service, status: number, message: string): void {
    for (let request = service.queue.oldest; request !== undefined; request = service.queue.oldest) {
      this.#withdraw(request);
      this.#replies.fail(request, status, message);
    }
    this.releaseService(service);
  }
}
