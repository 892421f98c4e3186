// SPDX-License-Identifier: Apache-2.0
// connection - one registration at one broker: its state, the socket and wire of the day, and the requests in execution

import type { Frame } from '@mdp/protocol';
import {
  AbortedError,
  ClosedError,
  DisconnectedError,
  MX_FIRST_CREDIT,
  decodeMxAnswer,
  encodeMxQuestion,
} from '@mdp/protocol';
import type { ResolvedCurve } from '@mdp/protocol/node';
import { ANSWER_MS } from './agreement.js';
import type { Executions } from './executions.js';
import type { LinkOwner } from './link.js';
import { Link } from './link.js';
import { MxWire, decodeBatch } from './mx-wire.js';
import type { ResolvedWorkerOptions } from './options.js';
import { PulledJob } from './pulled-request.js';
import type { PullQueue } from './pull-queue.js';
import { Job } from './request.js';
import { Responder } from './responder.js';
import type { HandlerWatcher } from './run-handler.js';
import { runHandler } from './run-handler.js';
import { ConnectionState } from './state/connection-state.js';
import type { Orphans } from './state/orphans.js';
import type { ConnectionPort, Done } from './state/port.js';
import type { DisconnectReason, WorkerCounters } from './stats.js';
import type { StreamPace } from './stream-pace.js';
import { StrictWire, strictDecoder } from './strict-wire.js';
import type { Decode, RequestCommand, Service, Wire, WireName } from './wire.js';
import { takeTrace } from './wire.js';

/** What all connections of a worker share. */
export interface ConnectionShared {
  readonly options: ResolvedWorkerOptions;
  /** `undefined`: nothing is encrypted. */
  readonly curve: ResolvedCurve | undefined;
  readonly counters: WorkerCounters;
  readonly pace: StreamPace;
  /** Where requests without a handler go. */
  readonly queue: PullQueue;
  /** Where requests with a name go, when none of them is to be executed twice. */
  readonly executions: Executions | undefined;
  /** The event loop runs: called before anything that arrived is judged. */
  alive(now: number): void;
  /** Something is due by then. */
  wakeBy(at: number): void;
  registered(connection: Connection): void;
  lost(endpoint: string, reason: DisconnectReason, detail: string | undefined): void;
  reconnecting(endpoint: string, attempt: number, delayMs: number): void;
  arrived(job: Job): void;
  replied(job: Job): void;
  handlerFailed(error: unknown, job: Job): void;
  /** A socket is gone: perhaps the worker has stopped. */
  settled(): void;
}

/** What belongs to one connection alone. */
export interface ConnectionOptions {
  readonly endpoint: string;
  readonly wire: WireName;
  /** One on a strict wire, one or more on MX. */
  readonly services: readonly Service[];
  readonly orphans: Orphans;
  /** MX is spoken only when the broker says that it does, when it is asked. Otherwise this is told, and the socket closed. */
  readonly declined?: (answer: 'no' | 'silence') => void;
}

/** Nobody knows a request to a service that is not served here. */
const STRAY = { type: 'stray' } as const;
const INVALID = { type: 'invalid' } as const;

/** One connection, from its start until its worker stops. */
export class Connection implements ConnectionPort<Job>, LinkOwner, HandlerWatcher {
  readonly endpoint: string;
  readonly wire: WireName;
  readonly services: readonly Service[];
  readonly state: ConnectionState<Job>;
  readonly #shared: ConnectionShared;
  readonly #declined: ((answer: 'no' | 'silence') => void) | undefined;
  readonly #decode: Decode;
  readonly #byName: ReadonlyMap<string, Service>;
  readonly #responder: Responder;
  /** Sockets that still exist: the one in use, and closed ones that have something to send. */
  readonly #links = new Set<Link>();
  #link: Link | undefined;
  #sender: Wire | undefined;
  /** The broker is asked, and has not answered: what arrives is no command. */
  #asking = false;
  /** When the last message was read. */
  #readAt = 0;
  /** Why ZeroMQ gave no socket, the last time that it did not. */
  openError: unknown;

  constructor({ endpoint, wire, services, orphans, declined }: ConnectionOptions, shared: ConnectionShared) {
    const { options, counters } = shared;
    this.endpoint = endpoint;
    this.wire = wire;
    this.services = services;
    this.#shared = shared;
    this.#declined = declined;
    this.#byName = new Map(services.map((service) => [service.name, service]));
    const mx = wire === 'mx';
    this.#decode = mx ? decodeBatch : strictDecoder(options.dialect, services[0] as Service);
    this.state = new ConnectionState<Job>(
      {
        intervalMs: options.heartbeatIntervalMs,
        expiryMs: options.heartbeatIntervalMs * options.heartbeatLiveness,
        backoff: { baseMs: options.reconnectBaseMs, maxMs: options.reconnectMaxMs },
        legacy: options.dialect !== 'rfc18',
        capacity: mx ? options.concurrency * services.length : 1,
        confirmed: mx ? services.map(({ name }) => name) : [],
        answerMs: declined === undefined ? undefined : Math.min(ANSWER_MS, options.heartbeatIntervalMs),
        doubtMs: mx ? Math.min(ANSWER_MS, options.heartbeatIntervalMs) : 0,
        random: Math.random,
      },
      this,
      counters,
      orphans,
    );
    this.#responder = new Responder(this.state, wire, shared);
  }

  /** Whether a socket of this connection still exists. */
  get hasSockets(): boolean {
    return this.#links.size > 0;
  }

  nextDeadline(): number {
    let at = this.state.nextDeadline();
    for (const link of this.#links) at = Math.min(at, link.nextDeadline());
    return at;
  }

  tick(now: number): void {
    for (const link of this.#links) link.tick(now);
    this.state.tick(now);
  }

  // What the state says.

  open(): boolean {
    let link: Link;
    try {
      link = new Link(this.endpoint, this.#shared, this);
    } catch (error) {
      this.openError = error;
      return false;
    }
    this.openError = undefined;
    this.#link = link;
    this.#links.add(link);
    const { services } = this;
    this.#sender =
      this.wire === 'mx'
        ? new MxWire(services, link)
        : new StrictWire(this.#shared.options.dialect, services[0] as Service, link);
    return true;
  }

  close(flush: boolean): void {
    const [link, sender] = [this.#link, this.#sender];
    this.#link = this.#sender = undefined;
    this.#asking = false;
    if (flush) sender?.flush();
    else this.#shared.counters.dropped.unsent += sender?.discard() ?? 0;
    link?.close(flush);
  }

  ask(): void {
    this.#asking = true;
    this.#link?.send(encodeMxQuestion());
    this.#standsAtOnce();
  }

  ready(): void {
    this.#sender?.ready(this.#shared.options.concurrency);
    this.#standsAtOnce();
  }

  /** inproc has no transport that could tell. */
  #standsAtOnce(): void {
    if (this.#link?.monitored !== false) return;
    const now = performance.now();
    this.state.connected(now);
    this.#shared.wakeBy(this.state.nextDeadline());
  }

  withdraw(): void {
    this.#sender?.ready(0);
  }

  heartbeat(): void {
    // Where other commands wait to leave, a HEARTBEAT says nothing new.
    if (this.#sender?.backlog !== 0) return;
    this.#shared.counters.heartbeatsSent++;
    this.#sender.heartbeat();
  }

  disconnect(): void {
    this.#sender?.disconnect();
  }

  reply(type: 'partial' | 'final', job: Job, body: readonly Frame[], done: Done | undefined): void {
    this.#sender?.reply(type, job, body, done);
    if (type === 'partial') return;
    job.settle();
    this.#shared.replied(job);
  }

  start(job: Job): boolean {
    const shared = this.#shared;
    shared.arrived(job);
    if (job instanceof PulledJob) return shared.queue.offer(job);
    const handler = this.#byName.get(job.service)?.handler;
    if (handler === undefined) return true;
    const { id } = job;
    if (shared.executions === undefined || id === undefined) runHandler(job, handler, this.#responder, this);
    else shared.executions.serve(id, handler, { job, responder: this.#responder, watcher: this });
    return true;
  }

  handlerFailed(error: unknown, job: Job): void {
    this.#shared.handlerFailed(error, job);
  }

  handlerEnded({ stage }: Job): void {
    if (stage !== 'lost') return;
    this.state.settled();
    this.#shared.wakeBy(-Infinity);
  }

  abort(job: Job, reason: DisconnectReason | 'cancelled'): boolean {
    const why = this.#whyAborted(job, reason);
    job.abort(why);
    if (job.execution !== undefined) return job.execution.leave(job, why);
    if (!(job instanceof PulledJob)) return true;
    this.#shared.queue.withdraw(job);
    return false;
  }

  #whyAborted({ service }: Job, reason: DisconnectReason | 'cancelled'): Error {
    const facts = { service, attempts: 0 };
    if (reason === 'cancelled') return new AbortedError('nobody waits for the reply any more', facts);
    if (reason === 'stopped') return new ClosedError('the worker was stopped', facts);
    return new DisconnectedError(`the connection to ${this.endpoint} is lost: ${reason}`, facts);
  }

  registered(): void {
    this.#asking = false;
    this.#shared.registered(this);
    this.#shared.wakeBy(this.state.nextDeadline());
  }

  declined(answer: 'no' | 'silence'): void {
    this.#declined?.(answer);
  }

  lost(reason: DisconnectReason, detail?: string): void {
    this.#shared.lost(this.endpoint, reason, detail);
  }

  reconnecting(attempt: number, delayMs: number): void {
    this.#shared.reconnecting(this.endpoint, attempt, delayMs);
    this.#shared.wakeBy(this.state.nextDeadline());
  }

  // What the socket says.

  received(link: Link, frames: readonly Frame[]): void {
    const now = (this.#readAt = performance.now());
    if (link === this.#link) this.#shared.alive(now);
    if (this.#asking && link === this.#link) {
      this.state.answered(now, decodeMxAnswer(frames) !== undefined);
      return;
    }
    const commands = this.#decode(frames);
    if (commands === undefined) {
      if (link === this.#link) this.state.receive(now, INVALID);
      return;
    }
    for (const command of commands) {
      if (link !== this.#link) {
        // It crossed our DISCONNECT, or lay behind what made us leave: never executed (RFC 18: the broker has it back).
        if (command.type === 'request') this.#dropLate();
      } else if (command.type !== 'request') {
        this.state.receive(now, command);
      } else {
        const service = this.#byName.get(command.service);
        this.state.receive(now, service === undefined ? STRAY : this.#job(command, service));
      }
    }
  }

  #job(given: RequestCommand, { name, handler }: Service): Job {
    const command = this.#shared.options.traceFrame ? takeTrace(given) : given;
    const grant = this.wire === 'mx' ? MX_FIRST_CREDIT : Infinity;
    return handler === undefined
      ? new PulledJob(command, grant, name, this.endpoint, this.#readAt, this.#responder)
      : new Job(command, grant, name, this.endpoint, this.#readAt);
  }

  #dropLate(): void {
    const { dropped } = this.#shared.counters;
    if (this.state.phase === 'stopped') dropped.refused++;
    else dropped.stale++;
  }

  drained(link: Link): void {
    if (link === this.#link) this.state.flush();
  }

  connected(link: Link): void {
    if (link !== this.#link) return;
    this.state.connected(performance.now());
    this.#shared.wakeBy(this.state.nextDeadline());
  }

  unreachable(link: Link): void {
    if (link === this.#link) this.state.unreachable(performance.now());
  }

  broken(link: Link, reason: 'refused' | 'socket', detail?: string): void {
    if (link === this.#link) this.state.broken(performance.now(), reason, detail);
  }

  deadline(at: number): void {
    this.#shared.wakeBy(at);
  }

  ended(link: Link, unsent: number): void {
    this.#shared.counters.dropped.unsent += unsent;
    if (this.#links.delete(link)) this.#shared.settled();
  }
}
