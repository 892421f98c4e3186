// SPDX-License-Identifier: Apache-2.0
// broker-state - what a broker does with each message and each moment: the rules of MDP, without sockets and clocks

import type { Frame, MxInvalidReason } from '@mdp/protocol';
import type { BrokerInbound, ClientRequest, InvalidMessage, MxBatch, MxInvalid } from '@mdp/protocol';
import { MX_SERVICE, STATUS } from '@mdp/protocol';
import { DeadlineHeap } from '@mdp/protocol/internal';
import type { ResolvedBrokerOptions } from '../options.js';
import type { BrokerCounters } from '../stats.js';
import { ClientReplies } from './client-replies.js';
import type { Connection } from './connection.js';
import { ConnectionTable } from './connection.js';
import { newCounters } from './counters.js';
import type { Due } from './dispatcher.js';
import { describePeer } from './describe.js';
import { Dispatcher } from './dispatcher.js';
import { Mmi } from './mmi.js';
import { MxIntake } from './mx-intake.js';
import type { MxPeer } from './mx-peer.js';
import type { BrokerPort } from './port.js';
import { PendingBytes } from './pending-bytes.js';
import { Probes } from './probes.js';
import { Registry, STOPPING } from './registry.js';
import { Request } from './request.js';
import { Requests } from './requests.js';
import { Sender } from './sender.js';
import { Service } from './service.js';
import type { Worker } from './worker.js';
import { WorkerCommands } from './worker-commands.js';

/** One strike is forgiven for so long without another, in milliseconds. */
const FORGIVE_MS = 60_000;

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
  readonly #replies: ClientReplies;
  readonly #deadlines = new DeadlineHeap<Due>();
  readonly #registry: Registry;
  readonly #requests: Requests;
  readonly #workerCommands: WorkerCommands;
  readonly #mx: MxIntake;
  readonly #probes: Probes<Worker, MxPeer>;
  readonly #forgetAfterMs: number;
  #sweepAt = Infinity;

  /**
   * @param nonce - 8 random bytes, drawn at each start: no token of an earlier run is ever taken for one of this
   * @param describe - the answer of `mmi.broker`
   */
  constructor(options: ResolvedBrokerOptions, port: BrokerPort, nonce: Frame, describe: () => unknown) {
    const { counters } = this;
    const deadlines = this.#deadlines;
    const sender = new Sender(port, counters);
    const pending = new PendingBytes(options.maxPendingBytes, options.maxPendingBytesPerClient);
    const connections = new ConnectionTable(options.maxConnections, pending);
    const replies = new ClientReplies(options, counters, port, sender);
    const onSlowWorker = (now: number, worker: Worker): void => {
      registry.dropSlow(now, worker);
    };
    const dispatcher = new Dispatcher({ options, counters, port, sender, replies, deadlines, nonce, onSlowWorker });
    const registry = new Registry({ options, counters, port, sender, connections, dispatcher, deadlines });
    const mxWindow = options.mx ? Math.max(1, options.maxQueuedPerClient) : undefined;
    const mmi = new Mmi({ services: dispatcher.services, describe, mxWindow });
    this.#options = options;
    this.#port = port;
    this.connections = connections;
    this.dispatcher = dispatcher;
    this.#replies = replies;
    this.#registry = registry;
    this.#requests = new Requests({ options, counters, replies, registry, dispatcher, mmi });
    this.#workerCommands = new WorkerCommands({ counters, replies, registry, dispatcher });
    this.#mx = new MxIntake({
      options,
      counters,
      registry,
      dispatcher,
      sender,
      replies,
      requests: this.#requests,
      workerCommands: this.#workerCommands,
    });
    this.#forgetAfterMs = Math.max(60_000, 2 * options.heartbeatIntervalMs * options.heartbeatLiveness);
    this.#probes = new Probes(
      {
        list: dispatcher.busy,
        probe: (now, worker) => {
          registry.heartbeat(now, worker);
        },
      },
      {
        list: dispatcher.asking,
        probe: (_now, peer) => {
          sender.probe(peer);
        },
      },
    );
  }

  /** Registered workers, in all. */
  get workers(): number {
    return this.#registry.size;
  }

  /** Whether new requests and workers are refused. */
  get draining(): boolean {
    return this.#registry.draining;
  }

  /** A message of a strict dialect has arrived. */
  receive(now: number, connection: Connection, message: BrokerInbound | InvalidMessage): void {
    if (!this.#isHeard(now, connection)) return;
    if (message.type === 'request') this.#request(now, connection, message);
    else if (message.type === 'invalid') this.#invalid(now, connection, message.reason);
    else if (connection.access.role === 'client') this.#fromWorkerAmongClients(connection, message);
    else this.#workerCommands.receive(now, connection, message);
  }

  /**
   * An MX message has arrived.
   *
   * @param address - the frames in front of it, without the routing id
   * @returns how many commands it held
   */
  receiveMx(now: number, connection: Connection, address: readonly Frame[], message: MxBatch | MxInvalid): number {
    if (!this.#isHeard(now, connection)) return 1;
    if (message.type === 'invalid') {
      this.#invalid(now, connection, message.reason);
      return 1;
    }
    const peer = connection.mxPeer(now, address, this.#options.maxWorkersPerConnection);
    if (peer === undefined) {
      this.counters.dropped.tooManyConnections++;
      return 1;
    }
    this.#mx.receive(now, peer, message.records);
    return message.records.length;
  }

  /** Count a message, unless nothing from its connection is read any more. */
  #isHeard(now: number, connection: Connection): boolean {
    this.counters.received++;
    if (this.#sweepAt === Infinity) this.#sweepAt = now + this.#forgetAfterMs;
    if (connection.banned) this.counters.dropped.banned++;
    return !connection.banned;
  }

  /**
   * A message of a peer with a longer routing id than there may be. Its connection is not remembered: that would take as
   * much memory as the peer likes.
   */
  overnamed(): void {
    this.counters.received++;
    this.counters.dropped.invalid++;
    this.counters.invalid['address-too-long'] = (this.counters.invalid['address-too-long'] ?? 0) + 1;
  }

  /**
   * A message of far more frames than any may have. They cost 2 bytes each on the wire and some hundred here, before
   * anything can be done about them: its connection is not listened to any more.
   */
  overframed(now: number, connection: Connection): void {
    if (!this.#isHeard(now, connection)) return;
    connection.strikes = Math.max(connection.strikes, this.#options.maxStrikes - 1);
    connection.struckAt = now;
    this.#invalid(now, connection, 'extra-frames');
  }

  /** Dropped, and never answered. Who wanted to register is told of: a key that is misused, or a wrong address. */
  #fromWorkerAmongClients(connection: Connection, message: Exclude<BrokerInbound, ClientRequest>): void {
    const { type, dialect, address } = message;
    if (type !== 'ready') this.counters.dropped.role++;
    else this.#registry.reject({ envelope: connection.envelopeOf(address), dialect }, message.service, 'role');
  }

  #request(now: number, connection: Connection, { service, address, dialect, body }: ClientRequest): void {
    // Who registers workers may ask how it should speak, on whatever endpoint it is.
    if (connection.access.role === 'worker' && service !== MX_SERVICE) {
      this.counters.dropped.role++;
      return;
    }
    const envelope = connection.envelopeOf(address);
    const origin = { connection, envelope, dialect, mx: undefined, id: 0, deadlineAt: Infinity, identity: undefined };
    this.#requests.submit(now, origin, service, body);
  }

  /** Not a message: dropped, counted, never answered (MDP-B-30); its sender is taken for invalid (MDP-B-31). */
  #invalid(now: number, connection: Connection, reason: InvalidMessage['reason'] | MxInvalidReason): void {
    this.counters.dropped.invalid++;
    this.counters.invalid[reason] = (this.counters.invalid[reason] ?? 0) + 1;
    const forgiven = Math.floor((now - connection.struckAt) / FORGIVE_MS);
    connection.strikes = Math.max(0, connection.strikes - forgiven) + 1;
    connection.struckAt = now;
    this.#port.emit('invalidMessage', () => [
      { peer: describePeer([connection.routingId]), reason, strikes: connection.strikes },
    ]);
    connection.banned = connection.strikes >= this.#options.maxStrikes;
    // A connection with one worker is that worker. With more it is a proxy: only too many strikes cost them all.
    const workers = [...connection.workers.values()];
    if (connection.banned || isOne(workers)) this.#registry.removeAll(now, workers, 'invalid');
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

  /** All connections of a socket are gone, and nothing of what they had sent can come any more. */
  cutOff(now: number, socket: number): void {
    const gone = [...this.connections].filter((connection) => connection.socket === socket);
    for (const connection of gone) this.dispatcher.abandon(connection);
    const workers = gone.flatMap((connection) => [...connection.workers.values()]);
    this.#registry.removeAll(now, workers, 'unreachable');
    for (const connection of gone) this.connections.delete(connection);
  }

  /** A connection that read slowly has taken all that waited for it. */
  relieved(now: number, connection: Connection): void {
    this.#replies.relieved(now, connection);
  }

  /** Everything that had arrived on a socket has been read: those who were lost there have nothing more to say. */
  drained(now: number, socket: number): void {
    this.#registry.drained(now, socket);
  }

  /** Some connection broke: see at once whether a busy worker was behind it, or an MX client that waits. */
  connectionLost(now: number): void {
    this.#probes.request(now);
  }

  /** When {@link tick} has something to do; `Infinity` when there is nothing to wait for. */
  nextDeadline(): number {
    return Math.min(this.#deadlines.next, this.#replies.expiresAt, this.#probes.dueAt, this.#sweepAt);
  }

  /** Time has passed. All input that waits must have been read before: nobody is judged by what was not looked at. */
  tick(now: number): void {
    for (let due = this.#deadlines.takeDue(now); due !== undefined; due = this.#deadlines.takeDue(now)) {
      if (due instanceof Request) this.dispatcher.expireRequest(due);
      else if (due instanceof Service) this.dispatcher.expire(now, due);
      else this.#registry.judge(now, due);
    }
    this.#replies.expire(now);
    this.#probes.tick(now);
    if (now >= this.#sweepAt) {
      const more = this.connections.sweep(now - this.#forgetAfterMs, SWEEP_AT_MOST);
      this.#sweepAt = this.connections.size === 0 ? Infinity : now + (more ? SWEEP_ON_MS : this.#forgetAfterMs / 4);
    }
  }

  /** Refuse what is new and what waits; workers that hold nothing are sent away, those that work may finish. */
  drain(now: number): void {
    this.#registry.draining = true;
    this.dispatcher.refuseQueued(STATUS.DRAINING, STOPPING);
    this.#registry.dismissIdle(now);
  }

  /** End what still waits and runs, and send every worker away (MDP-B-27). */
  shutDown(now: number): void {
    this.#registry.draining = true;
    this.dispatcher.refuseQueued(STATUS.DRAINING, STOPPING);
    for (const connection of this.connections) {
      for (const request of connection.running) {
        this.#replies.fail(request, STATUS.DRAINING, 'the broker stopped before the reply came');
      }
    }
    for (const connection of this.connections) {
      for (const worker of [...connection.workers.values()]) {
        if (worker.registered) this.#registry.dismiss(now, worker, 'stopped');
      }
    }
  }
}

/** Whether these are one peer: a single worker, or all the services of one MX connection. */
function isOne(workers: readonly Worker[]): boolean {
  const [first] = workers;
  if (first === undefined) return false;
  return workers.length === 1 || (first.mx !== undefined && workers.every(({ mx }) => mx === first.mx));
}
