// SPDX-License-Identifier: Apache-2.0
// broker-state - what a broker does with each message and each moment: the rules of MDP, without sockets and clocks

import type { BrokerInbound, ClientRequest, Frame, InvalidMessage, WorkerReady, WorkerReply } from '@mdp/protocol';
import { STATUS, bytes, sameFrame } from '@mdp/protocol';
import type { ResolvedBrokerOptions } from '../options.js';
import type { BrokerCounters } from '../stats.js';
import type { ReplyTarget } from './client-replies.js';
import { ClientReplies } from './client-replies.js';
import type { Connection } from './connection.js';
import { ConnectionTable, addressKey } from './connection.js';
import { newCounters } from './counters.js';
import { DeadlineHeap } from '@mdp/protocol/internal';
import { Dispatcher } from './dispatcher.js';
import { Mmi, isMmi } from './mmi.js';
import type { BrokerPort } from './port.js';
import { Probes } from './probes.js';
import { Registry, STOPPING, describePeer } from './registry.js';
import { Service } from './service.js';
import type { Worker } from './worker.js';

/** How many remembered connections one tick looks at. */
const SWEEP_AT_MOST = 1000;

/** How soon the next tick looks at more of them, in milliseconds. */
const SWEEP_ON_MS = 100;

/** The state of a broker. Times are milliseconds of one monotonic clock, handed in by the caller. */
export class BrokerState {
  readonly counters: BrokerCounters = newCounters();
  readonly connections: ConnectionTable;
  readonly dispatcher: Dispatcher;

  readonly #options: ResolvedBrokerOptions;
  readonly #port: BrokerPort;
  readonly #mmi: Mmi;
  readonly #replies: ClientReplies;
  readonly #deadlines = new DeadlineHeap<Worker | Service>();
  readonly #registry: Registry;
  readonly #probes: Probes;
  readonly #forgetAfterMs: number;
  #sweepAt = Infinity;

  /**
   * @param nonce - 8 random bytes, drawn at each start: no token of an earlier run is ever taken for one of this
   * @param describe - the answer of `mmi.broker`
   */
  constructor(options: ResolvedBrokerOptions, port: BrokerPort, nonce: Frame, describe: () => unknown) {
    const { counters } = this;
    const deadlines = this.#deadlines;
    this.#options = options;
    this.#port = port;
    this.connections = new ConnectionTable(options.maxConnections);
    this.#replies = new ClientReplies(options, counters, port);
    this.dispatcher = new Dispatcher(options, counters, port, this.#replies, deadlines, nonce, (now, worker) => {
      registry.remove(now, worker, 'slow');
    });
    const registry = new Registry(options, counters, port, this.connections, this.dispatcher, deadlines);
    this.#registry = registry;
    this.#mmi = new Mmi({ services: this.dispatcher.services, describe });
    this.#forgetAfterMs = Math.max(60_000, 2 * options.heartbeatIntervalMs * options.heartbeatLiveness);
    this.#probes = new Probes(this.dispatcher.busy, (now, worker) => {
      registry.heartbeat(now, worker);
    });
  }

  /** Registered workers, in all. */
  get workers(): number {
    return this.#registry.size;
  }

  /** Whether new requests and workers are refused. */
  get draining(): boolean {
    return this.#registry.draining;
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
      // MDP-B-25: a worker may say DISCONNECT before READY; anything else is valid but unexpected (MDP-B-28, MDP-B-35,
      // and MDP-B-44: so the workers of a broker that was restarted learn of it).
      if (message.type === 'disconnect') {
        this.#registry.silence(connection, key);
        return;
      }
      if ('token' in message) this.#countStray(message.token);
      else this.counters.dropped.unexpected++;
      this.#registry.refuse(connection, key, message.dialect, message.address);
      return;
    }
    // MDP-B-36: whatever it says is a sign of life.
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
        // MDP-B-26: from here on it gets nothing.
        this.#registry.silence(connection, key);
        this.#registry.remove(now, worker, 'disconnect');
        return;
    }
  }

  /**
   * A message of far more frames than any may have. They cost 2 bytes each on the wire and some hundred here, before
   * anything can be done about them: its connection is not listened to any more.
   */
  overframed(now: number, connection: Connection): void {
    this.counters.received++;
    if (connection.banned) {
      this.counters.dropped.banned++;
      return;
    }
    connection.strikes = Math.max(connection.strikes, this.#options.maxStrikes - 1);
    this.#invalid(now, connection, { type: 'invalid', reason: 'extra-frames' });
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

  #target(connection: Connection, message: ClientRequest): ReplyTarget {
    return {
      connection,
      envelope: [connection.routingId, ...message.address],
      dialect: message.dialect,
      service: { name: message.service, frame: bytes(message.service) },
    };
  }

  /** Not a message: dropped, counted, never answered (MDP-B-30); its sender is taken for invalid (MDP-B-31). */
  #invalid(now: number, connection: Connection, { reason }: InvalidMessage): void {
    this.counters.dropped.invalid++;
    this.counters.invalid[reason] = (this.counters.invalid[reason] ?? 0) + 1;
    connection.strikes++;
    this.#port.emit('invalidMessage', () => [
      { peer: describePeer([connection.routingId]), reason, strikes: connection.strikes },
    ]);
    connection.banned = connection.strikes >= this.#options.maxStrikes;
    // A connection with one worker is that worker. With more it is a proxy: only too many strikes cost them all.
    if (connection.banned || connection.workers.size === 1) this.#registry.removeAll(now, connection, 'invalid');
  }

  #ready(now: number, connection: Connection, key: string, known: Worker | undefined, message: WorkerReady): void {
    const { dialect, address } = message;
    if (known?.lost === true) {
      // Its connection was gone: this is its successor, which has chosen the same routing id.
      this.#registry.remove(now, known, 'unreachable');
      known = undefined;
    }
    if (known !== undefined || isMmi(message.service) || this.draining) {
      // MDP-B-21, MDP-B-23: a second READY is unexpected, for whatever service; MMI-02: nobody registers an mmi. service.
      if (known !== undefined) this.#registry.remove(now, known, 'unexpected');
      this.counters.dropped.unexpected++;
    } else if (this.#registry.register(now, connection, key, message)) {
      return;
    } else {
      this.counters.dropped.tooManyWorkers++;
    }
    this.#registry.refuse(connection, key, dialect, address);
  }

  /** PARTIAL or FINAL: passed on only from the worker that holds the attempt that it names (MDP-B-11, MDP-B-12). */
  #reply(now: number, worker: Worker, message: WorkerReply): void {
    const { token } = worker;
    if (token === undefined || !sameFrame(token, message.token)) {
      this.#countStray(message.token);
      this.#registry.remove(now, worker, 'unexpected');
      this.#registry.refuse(worker.connection, worker.addressKey, worker.dialect, message.address);
      return;
    }
    if (message.type === 'partial') {
      if (worker.request !== undefined) this.#replies.partial(worker.request, message.body);
      return;
    }
    const request = this.dispatcher.takeFrom(worker);
    if (request !== undefined) this.#replies.final(request, message.body);
    this.#registry.release(now, worker);
  }

  #countStray(token: Frame): void {
    const kind = this.dispatcher.mint.classify(token);
    const { dropped } = this.counters;
    if (kind === 'foreign') dropped.foreignToken++;
    else if (kind === 'late') dropped.lateToken++;
    else dropped.forgedToken++;
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
    this.connections.unsilence(connection);
    this.#registry.unreachable(now, connection, frames);
  }

  /** Everything that had arrived on a socket has been read: those who were lost there have nothing more to say. */
  drained(now: number, socket: number): void {
    this.#registry.drained(now, socket);
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
      else this.#registry.judge(now, due);
    }
    this.#probes.tick(now);
    if (now >= this.#sweepAt) {
      const more = this.connections.sweep(now - this.#forgetAfterMs, SWEEP_AT_MOST);
      this.#sweepAt = this.connections.size === 0 ? Infinity : now + (more ? SWEEP_ON_MS : this.#forgetAfterMs / 4);
    }
  }

  /** Refuse what is new and what waits; workers that wait are sent away, those that work may finish. */
  drain(now: number): void {
    this.#registry.draining = true;
    this.dispatcher.refuseQueued(STATUS.DRAINING, STOPPING);
    for (const service of [...this.dispatcher.services.values()]) {
      for (const worker of service.waiting) this.#registry.dismiss(now, worker, 'stopped');
    }
  }

  /** End what still waits and runs, and send every worker away (MDP-B-27). */
  shutDown(now: number): void {
    this.#registry.draining = true;
    this.dispatcher.refuseQueued(STATUS.DRAINING, STOPPING);
    for (const { request } of this.dispatcher.busy) {
      if (request !== undefined) {
        this.#replies.fail(request, STATUS.DRAINING, 'the broker stopped before the reply came');
      }
    }
    for (const connection of this.connections) {
      for (const worker of [...connection.workers.values()]) this.#registry.dismiss(now, worker, 'stopped');
    }
  }
}
