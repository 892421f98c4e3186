// SPDX-License-Identifier: Apache-2.0
// broker-state - what a broker does with each message and each moment: the rules of MDP, without sockets and clocks

import type { BrokerInbound, ClientRequest, Frame, InvalidMessage, WorkerReply } from '@mdp/protocol';
import { STATUS, bytes, encodeSignal, sameFrame } from '@mdp/protocol';
import type { WorkerLossReason } from '../events.js';
import type { ResolvedBrokerOptions } from '../options.js';
import type { BrokerCounters } from '../stats.js';
import { ClientReplies } from './client-replies.js';
import type { Connection } from './connection.js';
import { ConnectionTable, addressKey } from './connection.js';
import { newCounters } from './counters.js';
import { DeadlineHeap } from './deadline-heap.js';
import { Dispatcher } from './dispatcher.js';
import { Mmi, isMmi } from './mmi.js';
import type { BrokerPort } from './port.js';
import { Probes } from './probes.js';
import { Service } from './service.js';
import { Worker } from './worker.js';

/** How many remembered connections one tick looks at. */
const SWEEP_AT_MOST = 1000;

/** The message of an error reply. */
const STOPPING = 'the broker is stopping';

/** How soon the next tick looks at more of them, in milliseconds. */
const SWEEP_ON_MS = 100;

/** The state of a broker. Times are milliseconds of one monotonic clock, handed in by the caller. */
export class BrokerState {
  readonly counters: BrokerCounters = newCounters();
  readonly connections: ConnectionTable;
  readonly dispatcher: Dispatcher;
  /** Registered workers, in all. */
  workers = 0;
  /** New requests and workers are refused. */
  draining = false;

  readonly #options: ResolvedBrokerOptions;
  readonly #port: BrokerPort;
  readonly #mmi: Mmi;
  readonly #replies: ClientReplies;
  readonly #deadlines = new DeadlineHeap<Worker | Service>();
  readonly #probes: Probes;
  readonly #expiryMs: number;
  readonly #forgetAfterMs: number;
  #lost: Worker[] = [];
  #sweepAt = Infinity;

  /**
   * @param nonce - 8 random bytes, drawn at each start: no token of an earlier run is ever taken for one of this
   * @param describe - the answer of `mmi.broker`
   */
  constructor(options: ResolvedBrokerOptions, port: BrokerPort, nonce: Frame, describe: () => unknown) {
    this.#options = options;
    this.#port = port;
    this.connections = new ConnectionTable(options.maxConnections);
    this.#replies = new ClientReplies(options, this.counters, port);
    this.dispatcher = new Dispatcher(
      options,
      this.counters,
      port,
      this.#replies,
      this.#deadlines,
      nonce,
      (now, worker) => {
        this.#remove(now, worker, 'slow');
      },
    );
    this.#mmi = new Mmi({ services: this.dispatcher.services, describe });
    this.#expiryMs = options.heartbeatIntervalMs * options.heartbeatLiveness;
    this.#forgetAfterMs = Math.max(60_000, 2 * this.#expiryMs);
    this.#probes = new Probes(this.dispatcher.busy, (now, worker) => {
      this.#heartbeat(now, worker);
    });
  }

  /** A message has arrived. */
  receive(now: number, connection: Connection, message: BrokerInbound | InvalidMessage): void {
    this.counters.received++;
    if (this.#sweepAt === Infinity) this.#sweepAt = now + this.#forgetAfterMs;
    if (connection.banned) {
      this.counters.dropped.banned++;
      return;
    }
    if (message.type === 'request') {
      this.#request(now, connection, message);
      return;
    }
    if (message.type === 'invalid') {
      this.#invalid(now, connection, message);
      return;
    }
    if (connection.role === 'client') {
      this.counters.dropped.role++;
      return;
    }
    const key = addressKey(message.address);
    const worker = connection.workers.get(key);
    if (message.type === 'ready') {
      this.#ready(now, connection, key, worker, message);
      return;
    }
    if (connection.silenced?.has(key) === true) {
      this.counters.dropped.afterDisconnect++;
      return;
    }
    if (worker === undefined) {
      // MDP-W-05: a worker may say DISCONNECT before READY; anything else is valid but unexpected.
      if (message.type === 'disconnect') {
        this.#silence(connection, key);
        return;
      }
      if ('token' in message) this.#countStray(message.token);
      else this.counters.dropped.unexpected++;
      this.#refuseWorker(connection, key, message.dialect, message.address);
      return;
    }
    worker.heardAt = now;
    switch (message.type) {
      case 'final':
      case 'partial':
        this.#reply(now, worker, message);
        return;
      case 'heartbeat':
        worker.beat();
        return;
      case 'disconnect':
        this.#silence(connection, key);
        this.#remove(now, worker, 'disconnect');
        return;
    }
  }

  #request(now: number, connection: Connection, message: ClientRequest): void {
    if (connection.role === 'worker') {
      this.counters.dropped.role++;
      return;
    }
    this.counters.requests++;
    if (isMmi(message.service)) {
      this.counters.mmi++;
      this.#replies.result(this.#target(connection, message), this.#mmi.answer(now, message.service, message.body));
    } else if (this.draining) {
      this.#replies.error(this.#target(connection, message), STATUS.DRAINING, STOPPING);
    } else {
      this.dispatcher.submit(now, connection, message);
    }
  }

  #target(connection: Connection, message: ClientRequest): Parameters<ClientReplies['result']>[0] {
    return {
      connection,
      envelope: [connection.routingId, ...message.address],
      dialect: message.dialect,
      service: { name: message.service, frame: bytes(message.service) },
    };
  }

  /** Not a message: dropped, counted, never answered; its sender is taken for invalid (MDP-B-19). */
  #invalid(now: number, connection: Connection, { reason }: InvalidMessage): void {
    this.counters.dropped.invalid++;
    this.counters.invalid[reason] = (this.counters.invalid[reason] ?? 0) + 1;
    connection.strikes++;
    this.#port.emit('invalidMessage', () => [
      { peer: hex([connection.routingId]), reason, strikes: connection.strikes },
    ]);
    connection.banned = connection.strikes >= this.#options.maxStrikes;
    // A connection with one worker is that worker. With more it is a proxy: only too many strikes cost them all.
    if (connection.banned || connection.workers.size === 1) this.#removeAll(now, connection, 'invalid');
  }

  #ready(
    now: number,
    connection: Connection,
    key: string,
    known: Worker | undefined,
    message: Extract<BrokerInbound, { type: 'ready' }>,
  ): void {
    const { dialect, address } = message;
    if (known?.lost === true) {
      // Its connection was gone: this is its successor, which has chosen the same routing id.
      this.#remove(now, known, 'unreachable');
      known = undefined;
    }
    if (known !== undefined || isMmi(message.service) || this.draining) {
      // MDP-B-18: a second READY is unexpected; MMI-02: nobody registers an mmi. service.
      if (known !== undefined) this.#remove(now, known, 'unexpected');
      this.counters.dropped.unexpected++;
      this.#refuseWorker(connection, key, dialect, address);
      return;
    }
    const service =
      this.workers < this.#options.maxWorkers && connection.workers.size < this.#options.maxWorkersPerConnection
        ? this.dispatcher.requireService(now, message.service)
        : undefined;
    if (service === undefined) {
      this.counters.dropped.tooManyWorkers++;
      this.#refuseWorker(connection, key, dialect, address);
      return;
    }
    const envelope = [connection.routingId, ...address];
    const worker = new Worker(connection, key, envelope, dialect, service, now);
    connection.workers.set(key, worker);
    // Nobody says READY on a connection that was told DISCONNECT, except a new peer that chose the same routing id.
    connection.silenced?.delete(key);
    service.workers++;
    this.workers++;
    this.counters.workersReady++;
    this.#schedule(worker);
    this.#port.emit('workerReady', () => [describeWorker(worker)]);
    this.dispatcher.addWaiting(now, worker);
    // With a first worker another limit holds for those that still wait.
    if (service.workers === 1) this.dispatcher.watch(service);
  }

  /** PARTIAL or FINAL: passed on only from the worker that holds the attempt that it names. */
  #reply(now: number, worker: Worker, message: WorkerReply): void {
    const { token } = worker;
    if (token === undefined || !sameFrame(token, message.token)) {
      this.#countStray(message.token);
      this.#remove(now, worker, 'unexpected');
      this.#refuseWorker(worker.connection, worker.addressKey, worker.dialect, message.address);
      return;
    }
    if (message.type === 'partial') {
      if (worker.request !== undefined) this.#replies.partial(worker.request, message.body);
      return;
    }
    const request = this.dispatcher.takeFrom(worker);
    if (request !== undefined) this.#replies.final(request, message.body);
    // While draining, what waits was recovered from a lost worker.
    if (this.draining && worker.service.queue.size === 0) this.#dismiss(now, worker, 'stopped');
    else this.dispatcher.addWaiting(now, worker);
  }

  #countStray(token: Frame): void {
    const kind = this.dispatcher.mint.classify(token);
    const { dropped } = this.counters;
    if (kind === 'foreign') dropped.foreignToken++;
    else if (kind === 'late') dropped.lateToken++;
    else dropped.forgedToken++;
  }

  /** DISCONNECT to somebody who is not registered, and then nothing more (MDP-B-28, MDP-B-29). */
  #refuseWorker(connection: Connection, key: string, dialect: Worker['dialect'], address: readonly Frame[]): void {
    this.#sendAway(connection, key, encodeSignal(dialect, 'disconnect', [connection.routingId, ...address]));
  }

  #sendAway(connection: Connection, key: string, disconnect: readonly Frame[]): void {
    if (this.#port.send(connection, disconnect, true)) this.counters.disconnectsSent++;
    else this.counters.dropped.slowReader++;
    this.#silence(connection, key);
  }

  #silence(connection: Connection, key: string): void {
    const silenced = (connection.silenced ??= new Set());
    if (silenced.size >= this.#options.maxWorkersPerConnection) {
      for (const oldest of silenced) {
        silenced.delete(oldest);
        break;
      }
    }
    silenced.add(key);
  }

  /** Say DISCONNECT to a registered worker and remove it. */
  #dismiss(now: number, worker: Worker, reason: WorkerLossReason): void {
    const disconnect = encodeSignal(worker.dialect, 'disconnect', worker.envelope);
    this.#sendAway(worker.connection, worker.addressKey, disconnect);
    this.#remove(now, worker, reason);
  }

  /** Remove all workers behind a connection. None of them gets what another one held. */
  #removeAll(now: number, connection: Connection, reason: WorkerLossReason): void {
    const workers = [...connection.workers.values()];
    for (const worker of workers) this.#withhold(worker);
    for (const worker of workers) this.#remove(now, worker, reason);
  }

  /** Give a worker nothing more; it is about to be removed. */
  #withhold(worker: Worker): void {
    worker.lost = true;
    worker.service.waiting.remove(worker.link);
  }

  /** Remove a worker; what it held goes to another one. */
  #remove(now: number, worker: Worker, reason: WorkerLossReason, undelivered = false): void {
    if (!worker.registered) return;
    worker.registered = false;
    const { service, connection } = worker;
    const request = this.dispatcher.takeFrom(worker);
    this.#deadlines.delete(worker);
    connection.workers.delete(worker.addressKey);
    this.workers--;
    service.workers--;
    this.counters.workersLost[reason] = (this.counters.workersLost[reason] ?? 0) + 1;
    this.#port.emit('workerLost', () => [{ ...describeWorker(worker), reason }]);
    if (service.workers === 0) {
      service.workerlessSince = now;
      // Requests that wait may now expire sooner than before.
      this.dispatcher.watch(service);
    }
    if (request !== undefined) {
      this.dispatcher.recover(
        now,
        request,
        undelivered ? 'undelivered' : reason === 'disconnect' ? 'returned' : 'lost',
      );
      this.dispatcher.dispatchWaiting(now, service);
    }
    // No worker comes any more: what was recovered from the last one ends here.
    if (this.draining && service.workers === 0) this.dispatcher.refuseQueue(service, STATUS.DRAINING, STOPPING);
    this.dispatcher.releaseService(service);
  }

  #heartbeat(now: number, worker: Worker): void {
    worker.sentAt = now;
    // Refused only when its outbox is full: then it has enough to read that shows that this broker lives.
    if (this.#port.send(worker.connection, worker.heartbeat)) this.counters.heartbeatsSent++;
    else this.counters.dropped.slowReader++;
  }

  #schedule(worker: Worker): void {
    const expiresAt = worker.expiresAt(this.#expiryMs, this.#options.busyWorkerTimeoutMs);
    this.#deadlines.set(worker, Math.min(expiresAt, worker.sentAt + this.#options.heartbeatIntervalMs));
  }

  /**
   * ZeroMQ does not know a connection any more, or could not deliver to it.
   *
   * Its client requests end here. Its workers are removed by {@link drained}: what they had sent before may still wait
   * to be read, a FINAL above all.
   *
   * @param frames - the message that could not be delivered
   */
  unreachable(now: number, connection: Connection, frames: readonly Frame[]): void {
    this.dispatcher.abandon(connection);
    for (const worker of connection.workers.values()) {
      if (worker.dispatchedFrames === frames) {
        // It never left, so nothing of it can wait to be read either.
        this.#remove(now, worker, 'unreachable', true);
      } else if (!worker.lost) {
        this.#withhold(worker);
        this.#lost.push(worker);
      }
    }
  }

  /** Everything that had arrived on a socket has been read: those who were lost there have nothing more to say. */
  drained(now: number, socket: number): void {
    if (this.#lost.length === 0) return;
    const lost = this.#lost;
    this.#lost = lost.filter((worker) => worker.connection.socket !== socket);
    for (const worker of lost) {
      if (worker.connection.socket === socket) this.#remove(now, worker, 'unreachable');
    }
  }

  /** Some connection broke: see at once whether a busy worker was behind it. */
  connectionLost(now: number): void {
    this.#probes.request(now);
  }

  /** When {@link tick} has something to do; `Infinity` when there is nothing to wait for. */
  nextDeadline(): number {
    return Math.min(this.#deadlines.next, this.#probes.dueAt, this.#sweepAt);
  }

  /** Time has passed. All input that waits must have been read before: nobody is judged by what was not looked at. */
  tick(now: number): void {
    for (let due = this.#deadlines.takeDue(now); due !== undefined; due = this.#deadlines.takeDue(now)) {
      if (due instanceof Service) this.dispatcher.expire(now, due);
      else this.#judge(now, due);
    }
    this.#probes.tick(now);
    if (now >= this.#sweepAt) {
      const more = this.connections.sweep(now - this.#forgetAfterMs, SWEEP_AT_MOST);
      this.#sweepAt = this.connections.size === 0 ? Infinity : now + (more ? SWEEP_ON_MS : this.#forgetAfterMs / 4);
    }
  }

  /** A worker's deadline: it has expired (MDP-B-27, MDP-B-29: and is sent nothing), or wants a HEARTBEAT (MDP-B-26). */
  #judge(now: number, worker: Worker): void {
    if (now >= worker.expiresAt(this.#expiryMs, this.#options.busyWorkerTimeoutMs)) {
      this.#remove(now, worker, 'expired');
      return;
    }
    if (now >= worker.sentAt + this.#options.heartbeatIntervalMs) this.#heartbeat(now, worker);
    this.#schedule(worker);
  }

  /** Refuse what is new and what waits; workers that wait are sent away, those that work may finish. */
  drain(now: number): void {
    this.draining = true;
    this.dispatcher.refuseQueued(STATUS.DRAINING, STOPPING);
    for (const service of [...this.dispatcher.services.values()]) {
      for (const worker of service.waiting) this.#dismiss(now, worker, 'stopped');
    }
  }

  /** End what still waits and runs, and send every worker away. */
  shutDown(now: number): void {
    this.draining = true;
    this.dispatcher.refuseQueued(STATUS.DRAINING, STOPPING);
    for (const { request } of this.dispatcher.busy) {
      if (request !== undefined) {
        this.#replies.fail(request, STATUS.DRAINING, 'the broker stopped before the reply came');
      }
    }
    for (const connection of this.connections) {
      for (const worker of [...connection.workers.values()]) this.#dismiss(now, worker, 'stopped');
    }
  }
}

function hex(frames: readonly Frame[]): string {
  return frames.map((frame) => Array.from(frame, (byte) => byte.toString(16).padStart(2, '0')).join('')).join('/');
}

function describeWorker(worker: Worker): { peer: string; service: string; dialect: Worker['dialect'] } {
  return { peer: hex(worker.envelope), service: worker.service.name, dialect: worker.dialect };
}
