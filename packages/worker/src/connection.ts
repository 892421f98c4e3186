// SPDX-License-Identifier: Apache-2.0
// connection - one registration at one broker: its state, the socket of the day, and the request in execution

import type { Frame, WorkerRequest as RequestMessage } from '@mdp/protocol';
import {
  ClosedError,
  DisconnectedError,
  decodeAtWorker,
  encodeReady,
  encodeServiceName,
  encodeSignal,
  encodeWorkerReply,
} from '@mdp/protocol';
import type { LinkOwner } from './link.js';
import { Link } from './link.js';
import type { ResolvedWorkerOptions } from './options.js';
import { PulledJob } from './pulled-request.js';
import type { PullQueue } from './pull-queue.js';
import type { Handler } from './request.js';
import { Job } from './request.js';
import { Responder } from './responder.js';
import type { HandlerWatcher } from './run-handler.js';
import { runHandler } from './run-handler.js';
import { ConnectionState } from './state/connection-state.js';
import type { ConnectionPort, Done } from './state/port.js';
import type { DisconnectReason, WorkerCounters } from './stats.js';

/** What all connections of a worker share. */
export interface ConnectionShared {
  readonly service: string;
  readonly options: ResolvedWorkerOptions;
  readonly counters: WorkerCounters;
  /** Executes requests; without one they go to {@link queue}. */
  readonly handler: Handler | undefined;
  readonly queue: PullQueue;
  /** The event loop runs: called before anything that arrived is judged. */
  alive(now: number): void;
  /** Something is due by then. */
  wakeBy(at: number): void;
  registered(endpoint: string): void;
  lost(endpoint: string, reason: DisconnectReason): void;
  reconnecting(endpoint: string, attempt: number, delayMs: number): void;
  arrived(job: Job): void;
  replied(job: Job): void;
  handlerFailed(error: unknown, job: Job): void;
  /** A socket is gone: perhaps the worker has stopped. */
  settled(): void;
}

/** One connection, from `start()` until its worker stops. */
export class Connection implements ConnectionPort, LinkOwner, HandlerWatcher {
  readonly endpoint: string;
  readonly state: ConnectionState;
  readonly #shared: ConnectionShared;
  readonly #responder: Responder;
  readonly #serviceFrame: Frame;
  /** Sockets that still exist: the one in use, and closed ones that have something to send. */
  readonly #links = new Set<Link>();
  #link: Link | undefined;
  #job: Job | undefined;
  /** When the last message was read. */
  #readAt = 0;
  /** Why ZeroMQ gave no socket, the last time that it did not. */
  openError: unknown;

  constructor(endpoint: string, shared: ConnectionShared) {
    const { options, counters } = shared;
    this.endpoint = endpoint;
    this.#shared = shared;
    this.#serviceFrame = encodeServiceName(shared.service);
    this.state = new ConnectionState(
      {
        intervalMs: options.heartbeatIntervalMs,
        expiryMs: options.heartbeatIntervalMs * options.heartbeatLiveness,
        backoff: { baseMs: options.reconnectBaseMs, maxMs: options.reconnectMaxMs },
        legacy: options.dialect !== 'rfc18',
        random: Math.random,
      },
      this,
      counters,
    );
    this.#responder = new Responder(this.state, options, counters, () => this.#link?.backlog ?? 0);
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
    try {
      this.#link = new Link(this.endpoint, this.#shared.options, this);
    } catch (error) {
      this.openError = error;
      return false;
    }
    this.#links.add(this.#link);
    this.openError = this.#job = undefined;
    return true;
  }

  close(flush: boolean): void {
    const link = this.#link;
    this.#link = undefined;
    link?.close(flush);
  }

  ready(): void {
    const link = this.#link;
    if (link === undefined) return;
    link.send(encodeReady(this.#shared.options.dialect, this.#serviceFrame));
    if (!link.monitored) this.state.connected(performance.now());
  }

  heartbeat(): void {
    // Where other commands wait to leave, a HEARTBEAT says nothing new.
    if (this.#link?.backlog !== 0) return;
    this.#shared.counters.heartbeatsSent++;
    this.#link.send(encodeSignal(this.#shared.options.dialect, 'heartbeat'));
  }

  disconnect(): void {
    this.#link?.send(encodeSignal(this.#shared.options.dialect, 'disconnect'));
  }

  reply(type: 'partial' | 'final', token: Frame, body: readonly Frame[], done: Done | undefined): void {
    this.#link?.send(encodeWorkerReply(this.#shared.options.dialect, type, token, body), done);
    if (type === 'partial') return;
    const job = this.#job;
    this.#job = undefined;
    if (job !== undefined) this.#shared.replied(job);
  }

  start({ token, body }: RequestMessage): boolean {
    const shared = this.#shared;
    const { service, handler } = shared;
    if (handler === undefined) {
      const pulled = new PulledJob(body, token, service, this.endpoint, this.#readAt, this.#responder);
      this.#job = pulled;
      shared.arrived(pulled);
      return shared.queue.offer(pulled);
    }
    const job = new Job(body, token, service, this.endpoint, this.#readAt);
    this.#job = job;
    shared.arrived(job);
    void runHandler(job, handler, this.#responder, this);
    return true;
  }

  handlerFailed(error: unknown, job: Job): void {
    this.#shared.handlerFailed(error, job);
  }

  orphanEnded(): void {
    this.state.settled();
    this.#shared.wakeBy(this.state.nextDeadline());
  }

  abort(reason: DisconnectReason): boolean {
    const job = this.#job;
    this.#job = undefined;
    if (job === undefined) return false;
    const facts = { service: job.service, attempts: 0 };
    job.abort(
      reason === 'stopped'
        ? new ClosedError('the worker was stopped', facts)
        : new DisconnectedError(`the connection to ${this.endpoint} is lost: ${reason}`, facts),
    );
    if (job instanceof PulledJob) {
      this.#shared.queue.withdraw(job);
      return false;
    }
    return true;
  }

  registered(): void {
    this.#shared.registered(this.endpoint);
    this.#shared.wakeBy(this.state.nextDeadline());
  }

  lost(reason: DisconnectReason): void {
    this.#shared.lost(this.endpoint, reason);
  }

  reconnecting(attempt: number, delayMs: number): void {
    this.#shared.reconnecting(this.endpoint, attempt, delayMs);
    this.#shared.wakeBy(this.state.nextDeadline());
  }

  // What the socket says.

  received(link: Link, frames: readonly Frame[], more: boolean): void {
    const message = decodeAtWorker(this.#shared.options.dialect, frames);
    if (link !== this.#link) {
      // It crossed our DISCONNECT, or lay behind what made us leave: never executed (RFC 18: the broker has it back).
      if (message.type === 'request') this.#dropLate();
      return;
    }
    const now = (this.#readAt = performance.now());
    this.#shared.alive(now);
    if (link !== this.#link) {
      if (message.type === 'request') this.#dropLate();
      return;
    }
    this.state.receive(now, message);
    if (!more) this.state.flush();
  }

  #dropLate(): void {
    const { dropped } = this.#shared.counters;
    if (this.state.phase === 'stopped') dropped.refused++;
    else dropped.stale++;
  }

  connected(link: Link): void {
    if (link === this.#link) this.state.connected(performance.now());
  }

  unreachable(link: Link): void {
    if (link === this.#link) this.state.unreachable(performance.now());
  }

  broken(link: Link, reason: 'refused' | 'socket'): void {
    if (link === this.#link) this.state.broken(performance.now(), reason);
  }

  deadline(at: number): void {
    this.#shared.wakeBy(at);
  }

  ended(link: Link, unsent: number): void {
    this.#shared.counters.dropped.unsent += unsent;
    if (this.#links.delete(link)) this.#shared.settled();
  }
}
