// SPDX-License-Identifier: Apache-2.0
// registry - which workers there are: how they come, live and go

import type { Dialect, Frame, WorkerReady } from '@mdp/protocol';
import { STATUS, encodeSignal } from '@mdp/protocol';
import type { WorkerLossReason } from '../events.js';
import type { ResolvedBrokerOptions } from '../options.js';
import type { BrokerCounters } from '../stats.js';
import type { Connection, ConnectionTable } from './connection.js';
import type { DeadlineHeap } from '@mdp/protocol/internal';
import type { Dispatcher } from './dispatcher.js';
import { compactFrame } from './memory.js';
import type { BrokerPort } from './port.js';
import type { Service } from './service.js';
import { Worker } from './worker.js';

/** The message of the error replies of a broker that stops. */
export const STOPPING = 'the broker is stopping';

/** All registered workers. */
export class Registry {
  /** How many workers are registered. */
  size = 0;
  /** The broker stops: no worker comes any more. */
  draining = false;

  readonly #options: ResolvedBrokerOptions;
  readonly #counters: BrokerCounters;
  readonly #port: BrokerPort;
  readonly #connections: ConnectionTable;
  readonly #dispatcher: Dispatcher;
  readonly #deadlines: DeadlineHeap<Worker | Service>;
  /** After so long without a word a worker is taken for disconnected, in milliseconds. */
  readonly #expiryMs: number;
  /** Workers whose connection is gone; what they had sent before may still wait to be read. */
  #lost: Worker[] = [];

  constructor(
    options: ResolvedBrokerOptions,
    counters: BrokerCounters,
    port: BrokerPort,
    connections: ConnectionTable,
    dispatcher: Dispatcher,
    deadlines: DeadlineHeap<Worker | Service>,
  ) {
    this.#options = options;
    this.#counters = counters;
    this.#port = port;
    this.#connections = connections;
    this.#dispatcher = dispatcher;
    this.#deadlines = deadlines;
    this.#expiryMs = options.heartbeatIntervalMs * options.heartbeatLiveness;
  }

  /**
   * READY of somebody who is not registered. It is not answered (MDP-B-24).
   *
   * @param key - the key of its address
   * @returns false when there are too many workers or services already
   */
  register(
    now: number,
    connection: Connection,
    key: string,
    { dialect, address, service: name }: WorkerReady,
  ): boolean {
    const { maxWorkers, maxWorkersPerConnection } = this.#options;
    if (this.size >= maxWorkers || connection.workers.size >= maxWorkersPerConnection) return false;
    const service = this.#dispatcher.requireService(now, name);
    if (service === undefined) return false;
    const envelope = [connection.routingId, ...address.map(compactFrame)];
    const worker = new Worker(connection, key, envelope, dialect, service, now);
    connection.workers.set(key, worker);
    // Nobody says READY on a connection that was told DISCONNECT, except a new peer that chose the same routing id.
    this.#connections.unsilence(connection, key);
    service.workers++;
    this.size++;
    this.#counters.workersReady++;
    this.#schedule(worker);
    this.#port.emit('workerReady', () => [describeWorker(worker)]);
    this.#dispatcher.addWaiting(now, worker);
    // With a first worker another limit holds for those that still wait.
    if (service.workers === 1) this.#dispatcher.watch(service);
    return true;
  }

  /** DISCONNECT to somebody who is not registered, and then nothing more (MDP-B-28, MDP-B-29). */
  refuse(connection: Connection, key: string, dialect: Dialect, address: readonly Frame[]): void {
    this.#sendAway(connection, key, encodeSignal(dialect, 'disconnect', [connection.routingId, ...address]));
  }

  #sendAway(connection: Connection, key: string, disconnect: readonly Frame[]): void {
    if (this.#port.send(connection, disconnect, true)) this.#counters.disconnectsSent++;
    else this.#counters.dropped.slowReader++;
    this.silence(connection, key);
  }

  /** What comes from this address is not answered any more, until a READY. */
  silence(connection: Connection, key: string): void {
    this.#connections.silence(connection, key, this.#options.maxWorkersPerConnection);
  }

  /** Say DISCONNECT to a registered worker and remove it. */
  dismiss(now: number, worker: Worker, reason: WorkerLossReason): void {
    const disconnect = encodeSignal(worker.dialect, 'disconnect', worker.envelope);
    this.#sendAway(worker.connection, worker.addressKey, disconnect);
    this.remove(now, worker, reason);
  }

  /** Remove all workers behind a connection. None of them gets what another one held. */
  removeAll(now: number, connection: Connection, reason: WorkerLossReason): void {
    const workers = [...connection.workers.values()];
    for (const worker of workers) this.#withhold(worker);
    for (const worker of workers) this.remove(now, worker, reason);
  }

  /** Give a worker nothing more; it is about to be removed. */
  #withhold(worker: Worker): void {
    worker.lost = true;
    worker.service.waiting.remove(worker.link);
  }

  /**
   * Remove a worker; what it held goes to another one (MDP-B-41). It is sent nothing more (MDP-B-26, MDP-B-40).
   *
   * @param undelivered - its REQUEST never left
   */
  remove(now: number, worker: Worker, reason: WorkerLossReason, undelivered = false): void {
    if (!worker.registered) return;
    worker.registered = false;
    const { service, connection } = worker;
    const request = this.#dispatcher.takeFrom(worker);
    this.#deadlines.delete(worker);
    connection.workers.delete(worker.addressKey);
    this.size--;
    service.workers--;
    this.#counters.workersLost[reason] = (this.#counters.workersLost[reason] ?? 0) + 1;
    this.#port.emit('workerLost', () => [{ ...describeWorker(worker), reason }]);
    if (service.workers === 0) {
      service.workerlessSince = now;
      // Requests that wait may now expire sooner than before.
      this.#dispatcher.watch(service);
    }
    if (request !== undefined) {
      const how = undelivered ? 'undelivered' : reason === 'disconnect' ? 'returned' : 'lost';
      this.#dispatcher.recover(now, request, how);
      this.#dispatcher.dispatchWaiting(now, service);
    }
    // No worker comes any more: what was recovered from the last one ends here.
    if (this.draining && service.workers === 0) this.#dispatcher.refuseQueue(service, STATUS.DRAINING, STOPPING);
    this.#dispatcher.releaseService(service);
  }

  /** Its worker has answered: it waits for the next request, or goes when the broker stops. */
  release(now: number, worker: Worker): void {
    // While draining, what waits was recovered from a lost worker.
    if (this.draining && worker.service.queue.size === 0) this.dismiss(now, worker, 'stopped');
    else this.#dispatcher.addWaiting(now, worker);
  }

  /** HEARTBEAT to a worker. */
  heartbeat(now: number, worker: Worker): void {
    worker.sentAt = now;
    // Refused only when its outbox is full: then it has enough to read that shows that this broker lives.
    if (this.#port.send(worker.connection, worker.heartbeat)) this.#counters.heartbeatsSent++;
    else this.#counters.dropped.slowReader++;
  }

  #schedule(worker: Worker): void {
    const expiresAt = worker.expiresAt(this.#expiryMs, this.#options.busyWorkerTimeoutMs);
    this.#deadlines.set(worker, Math.min(expiresAt, worker.sentAt + this.#options.heartbeatIntervalMs));
  }

  /** A worker's deadline: it has expired (MDP-B-39), or wants a HEARTBEAT (MDP-B-38), or neither yet (MDP-B-37). */
  judge(now: number, worker: Worker): void {
    if (now >= worker.expiresAt(this.#expiryMs, this.#options.busyWorkerTimeoutMs)) {
      this.remove(now, worker, 'expired');
      return;
    }
    if (now >= worker.sentAt + this.#options.heartbeatIntervalMs) this.heartbeat(now, worker);
    this.#schedule(worker);
  }

  /**
   * The connection of these workers is gone. They are removed by {@link drained}.
   *
   * @param frames - the message that could not be delivered
   */
  unreachable(now: number, connection: Connection, frames: readonly Frame[]): void {
    for (const worker of [...connection.workers.values()]) {
      if (worker.lost) continue;
      this.#withhold(worker);
      this.#lost.push(worker);
    }
    for (const worker of [...connection.workers.values()]) {
      // It never left, so nothing that answers it can wait to be read.
      if (worker.dispatchedFrames === frames) this.remove(now, worker, 'unreachable', true);
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

function hex(frame: Frame): string {
  return Array.from(frame, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A peer, for people: the frames of its envelope in hexadecimal. */
export function describePeer(envelope: readonly Frame[]): string {
  return envelope.map(hex).join('/');
}

function describeWorker(worker: Worker): { peer: string; service: string; dialect: Dialect } {
  return { peer: describePeer(worker.envelope), service: worker.service.name, dialect: worker.dialect };
}
