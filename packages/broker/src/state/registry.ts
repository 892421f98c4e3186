// SPDX-License-Identifier: Apache-2.0
// registry - which workers there are: how they come, live and go

import type { Frame } from '@mdp/protocol';
import { STATUS } from '@mdp/protocol';
import type { DeadlineHeap } from '@mdp/protocol/internal';
import type { WorkerLossReason, WorkerRefusalReason } from '../events.js';
import type { ResolvedBrokerOptions } from '../options.js';
import type { BrokerCounters } from '../stats.js';
import type { Connection, ConnectionTable } from './connection.js';
import { describePeer, describeWorker } from './describe.js';
import type { Dispatcher, Due } from './dispatcher.js';
import type { BrokerPort } from './port.js';
import type { Sender, SignalTarget } from './sender.js';
import type { WorkerPlace } from './worker.js';
import { Worker } from './worker.js';

/** The message of the error replies of a broker that stops. */
export const STOPPING = 'the broker is stopping';

/** Each interval has so many moments at which HEARTBEATs leave: those of many workers at once, in place of a wake-up for each. */
const MOMENTS_PER_INTERVAL = 50;

/** What the registry works with. */
export interface RegistryParts {
  readonly options: ResolvedBrokerOptions;
  readonly counters: BrokerCounters;
  readonly port: BrokerPort;
  readonly sender: Sender;
  readonly connections: ConnectionTable;
  readonly dispatcher: Dispatcher;
  readonly deadlines: DeadlineHeap<Due>;
}

/** All registered workers. */
export class Registry {
  /** How many workers are registered. */
  size = 0;
  /** The broker stops: no worker comes any more. */
  draining = false;

  readonly #parts: RegistryParts;
  /** After so long without a word a worker is taken for disconnected, in milliseconds. */
  readonly #expiryMs: number;
  /** Workers whose connection is gone; what they had sent before may still wait to be read. */
  #lost: Worker[] = [];

  constructor(parts: RegistryParts) {
    this.#parts = parts;
    this.#expiryMs = parts.options.heartbeatIntervalMs * parts.options.heartbeatLiveness;
  }

  /**
   * READY of somebody who is not registered for this service. It is not answered (MDP-B-24).
   *
   * @returns false when there are too many workers or services already
   */
  register(now: number, place: WorkerPlace, name: string): boolean {
    const { options, counters, port, connections, dispatcher } = this.#parts;
    const { connection, key, mx } = place;
    if (this.size >= options.maxWorkers || connection.workers.size >= options.maxWorkersPerConnection) return false;
    const service = dispatcher.requireService(now, name);
    if (service === undefined) return false;
    const worker = new Worker(place, service, now);
    connection.workers.set(key, worker);
    mx?.workers.set(name, worker);
    // Nobody says READY on a connection that was told DISCONNECT, except a new peer that chose the same routing id.
    connections.unsilence(connection, mx?.key ?? key);
    dispatcher.adopt(service);
    service.workers++;
    this.size++;
    counters.workersReady++;
    this.#schedule(worker);
    port.emit('workerReady', () => [describeWorker(worker)]);
    dispatcher.offer(now, worker);
    // With a first worker another limit holds for those that still wait.
    if (service.workers === 1) dispatcher.watch(service);
    return true;
  }

  /** READY of somebody who may not register. */
  reject(
    { envelope, dialect }: Pick<WorkerPlace, 'envelope' | 'dialect'>,
    service: string,
    reason: WorkerRefusalReason,
  ): void {
    const { counters, port } = this.#parts;
    counters.dropped[reason]++;
    port.emit('workerRefused', () => [{ peer: describePeer(envelope), service, dialect, reason }]);
  }

  /** An MX worker takes another number of requests at once from here on. */
  changeCredit(now: number, worker: Worker, credit: number): void {
    worker.credit = credit;
    worker.retiring = false;
    this.#parts.dispatcher.offer(now, worker);
  }

  /** An MX worker takes its service back: it ends what it holds, gets nothing more, and is told when that is all. */
  retire(now: number, worker: Worker): void {
    worker.retiring = true;
    this.#parts.dispatcher.offer(now, worker);
    if (worker.held.size === 0) this.#retired(now, worker);
  }

  #retired(now: number, worker: Worker): void {
    const { mx, service } = worker;
    if (mx !== undefined) this.#parts.sender.takenBack(mx, service.frame);
    this.remove(now, worker, 'disconnect');
  }

  /**
   * DISCONNECT to somebody who is not registered, or not any more, and then nothing more (MDP-B-28, MDP-B-29).
   *
   * @param key - the key of its address: what it says from here on is not answered
   */
  refuse(key: string, to: SignalTarget): void {
    const { sender, counters } = this.#parts;
    if (sender.signal(to, 'disconnect', true)) counters.disconnectsSent++;
    else counters.dropped.slowReader++;
    this.silence(to.connection, key);
  }

  /** What comes from this address is not answered any more, until a READY. */
  silence(connection: Connection, key: string): void {
    this.#parts.connections.silence(connection, key, this.#parts.options.maxWorkersPerConnection);
  }

  /** Say DISCONNECT to a registered worker and remove it; on an MX connection that is said to all of its services. */
  dismiss(now: number, worker: Worker, reason: WorkerLossReason): void {
    const { mx } = worker;
    this.refuse(mx?.key ?? worker.key, worker);
    if (mx === undefined) this.remove(now, worker, reason);
    else this.removeAll(now, [...mx.workers.values()], reason);
  }

  /**
   * Remove a worker that cannot take its requests. A strict one is answered by DISCONNECT when it speaks next; of several
   * services of an MX connection one could not come back like that, for what the others say is expected: they all go.
   */
  dropSlow(now: number, worker: Worker): void {
    if (worker.mx === undefined) this.remove(now, worker, 'slow');
    else this.dismiss(now, worker, 'slow');
  }

  /** Remove workers that go together. None of them gets what another one held. */
  removeAll(now: number, workers: readonly Worker[], reason: WorkerLossReason): void {
    for (const worker of workers) this.#withhold(worker);
    for (const worker of workers) this.remove(now, worker, reason);
  }

  /** Give a worker nothing more; it is about to be removed. */
  #withhold(worker: Worker): void {
    worker.lost = true;
    worker.service.free.remove(worker.freeLink);
  }

  /** Remove a worker; what it held goes to another one (MDP-B-41). It is sent nothing more (MDP-B-26, MDP-B-40). */
  remove(now: number, worker: Worker, reason: WorkerLossReason): void {
    if (!worker.registered) return;
    const { counters, port, dispatcher, deadlines } = this.#parts;
    const { service, connection } = worker;
    worker.registered = false;
    this.#withhold(worker);
    // Those that are put before all others must come out in the order in which they were given to it.
    const held = [...worker.held].reverse();
    for (const request of held) dispatcher.takeBack(request);
    deadlines.delete(worker);
    connection.workers.delete(worker.key);
    worker.mx?.workers.delete(service.name);
    this.size--;
    service.workers--;
    counters.workersLost[reason] = (counters.workersLost[reason] ?? 0) + 1;
    port.emit('workerLost', () => [{ ...describeWorker(worker), reason }]);
    if (service.workers === 0) {
      service.workerlessSince = now;
      // Requests that wait may now expire sooner than before.
      dispatcher.watch(service);
    }
    for (const request of held) {
      dispatcher.recover(
        now,
        request,
        request.undelivered ? 'undelivered' : reason === 'disconnect' ? 'returned' : 'lost',
      );
    }
    if (held.length > 0) dispatcher.dispatchWaiting(now, service);
    // No worker comes any more: what was recovered from the last one ends here.
    if (this.draining && service.workers === 0) dispatcher.refuseQueue(service, STATUS.DRAINING, STOPPING);
    dispatcher.releaseService(service);
  }

  /** A worker has answered: it has room for the next request, or goes when it wants to, or when the broker stops. */
  release(now: number, worker: Worker): void {
    if (!worker.registered || worker.lost) return;
    if (worker.retiring) {
      if (worker.held.size === 0) this.#retired(now, worker);
    } else if (this.draining && worker.service.queue.size === 0) {
      // While draining, what waits was recovered from a lost worker.
      if (this.#isIdle(worker)) this.dismiss(now, worker, 'stopped');
    } else {
      this.#parts.dispatcher.offer(now, worker);
    }
  }

  /** Whether nothing runs at a worker, nor at its siblings on an MX connection, which go together. */
  #isIdle(worker: Worker): boolean {
    return worker.held.size === 0 && (worker.mx === undefined || worker.mx.attempts.size === 0);
  }

  /** The broker stops: workers that hold nothing are sent away. */
  dismissIdle(now: number): void {
    for (const service of [...this.#parts.dispatcher.services.values()]) {
      for (const worker of [...service.free]) {
        if (worker.registered && this.#isIdle(worker)) this.dismiss(now, worker, 'stopped');
      }
    }
  }

  /** HEARTBEAT to a worker. */
  heartbeat(now: number, worker: Worker): void {
    const { sender, counters } = this.#parts;
    worker.life.sentAt = now;
    // Refused only when its outbox is full: then it has enough to read that shows that this broker lives.
    if (sender.signal(worker, 'heartbeat')) counters.heartbeatsSent++;
    else counters.dropped.slowReader++;
  }

  #schedule(worker: Worker): void {
    const { options, deadlines } = this.#parts;
    const expiresAt = worker.expiresAt(this.#expiryMs, options.busyWorkerTimeoutMs);
    deadlines.set(worker, Math.min(expiresAt, this.#beatAt(worker)));
  }

  /** When a worker gets a HEARTBEAT unless it hears something before: the last moment for it within an interval. */
  #beatAt(worker: Worker): number {
    const interval = this.#parts.options.heartbeatIntervalMs;
    const step = interval / MOMENTS_PER_INTERVAL;
    return Math.floor((worker.life.sentAt + interval) / step) * step;
  }

  /** A worker's deadline: it has expired (MDP-B-39), or wants a HEARTBEAT (MDP-B-38), or neither yet (MDP-B-37). */
  judge(now: number, worker: Worker): void {
    const { options } = this.#parts;
    if (now >= worker.expiresAt(this.#expiryMs, options.busyWorkerTimeoutMs)) {
      this.remove(now, worker, 'expired');
      return;
    }
    if (now >= this.#beatAt(worker)) this.heartbeat(now, worker);
    this.#schedule(worker);
  }

  /**
   * The connection of these workers is gone. They are removed by {@link drained}: what they had sent before may still
   * wait to be read.
   *
   * @param frames - the message that could not be delivered
   */
  unreachable(now: number, connection: Connection, frames: readonly Frame[]): void {
    for (const worker of [...connection.workers.values()]) {
      for (const request of worker.held) if (request.carrier === frames) request.undelivered = true;
      if (worker.lost) continue;
      this.#withhold(worker);
      this.#lost.push(worker);
    }
    for (const worker of [...connection.workers.values()]) {
      // None of it ever left, so nothing that answers it can wait to be read.
      const { held } = worker;
      if (held.size > 0 && [...held].every(({ undelivered }) => undelivered)) this.remove(now, worker, 'unreachable');
    }
  }

  /** Everything that had arrived on a socket is read: those who were lost there have nothing more to say. */
  drained(now: number, socket: number): void {
    if (this.#lost.length === 0) return;
    const lost = this.#lost;
    this.#lost = lost.filter((worker) => worker.connection.socket !== socket);
    for (const worker of lost) {
      if (worker.connection.socket === socket) this.remove(now, worker, 'unreachable');
    }
  }
}
