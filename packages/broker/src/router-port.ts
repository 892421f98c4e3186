// SPDX-License-Identifier: Apache-2.0
// router-port - sends for the state: at once where it can, in order always, bounded for peers that read too slowly

import type { Frame } from '@mdp/protocol';
import type { Router } from 'zeromq';
import type { BrokerEvents } from './events.js';
import type { OutboxLimits } from './outbox.js';
import { Outbox } from './outbox.js';
import type { Connection } from './state/connection.js';
import type { BrokerPort } from './state/port.js';
import type { BrokerCounters } from './stats.js';

/** How long to wait before a full peer is tried again: ZeroMQ does not tell when one peer can be written to. */
const RETRY_MS = 5;

/** What the port needs of the broker around it. */
export interface RouterPortHost {
  readonly counters: BrokerCounters;
  /** A message could not be delivered because its connection is gone. */
  unreachable(connection: Connection, frames: readonly Frame[]): void;
  /** A send failed in a way that is not expected. */
  failed(error: Error): void;
  emit<K extends keyof BrokerEvents>(event: K, build: () => BrokerEvents[K]): void;
}

/**
 * The sockets' sending side.
 *
 * ZeroMQ tells whether it took a message only through a promise. So at most one message of a connection is on its way
 * without a known outcome; what comes meanwhile, or while the peer is full, goes into its outbox, in order.
 */
export class RouterPort implements BrokerPort {
  readonly #host: RouterPortHost;
  readonly #limits: OutboxLimits;
  readonly #sockets: Router[] = [];
  /** Connections with an outbox. */
  readonly #waiting = new Set<Connection>();
  #retryTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(host: RouterPortHost, limits: OutboxLimits) {
    this.#host = host;
    this.#limits = limits;
  }

  /** Add a socket; its index is what `connection.socket` says. It must have `mandatory: true` and `sendTimeout: 0`. */
  addSocket(socket: Router): number {
    return this.#sockets.push(socket) - 1;
  }

  /** Peers, messages and bytes that wait. */
  get backlog(): { peers: number; messages: number; bytes: number } {
    let messages = 0;
    let bytes = 0;
    for (const { outbox } of this.#waiting) {
      messages += outbox?.size ?? 0;
      bytes += outbox?.bytes ?? 0;
    }
    return { peers: this.#waiting.size, messages, bytes };
  }

  emit<K extends keyof BrokerEvents>(event: K, build: () => BrokerEvents[K]): void {
    this.#host.emit(event, build);
  }

  send(connection: Connection, frames: readonly Frame[], urgent = false): boolean {
    if (this.#closed) return true;
    if (connection.unsettled || connection.outbox !== undefined) return this.#defer(connection, frames, urgent);
    connection.unsettled = true;
    this.#transmit(connection, frames).then(
      () => {
        connection.unsettled = false;
        this.#host.counters.sent++;
      },
      (error: unknown) => {
        connection.unsettled = false;
        this.#refused(connection, frames, error);
      },
    );
    return true;
  }

  #transmit(connection: Connection, frames: readonly Frame[]): Promise<void> {
    const socket = this.#sockets[connection.socket];
    if (socket === undefined) throw new Error(`no socket ${String(connection.socket)}`);
    // The binding only reads the array.
    return socket.send(frames as Buffer[]);
  }

  /** A message that was sent directly did not go. */
  #refused(connection: Connection, frames: readonly Frame[], error: unknown): void {
    if (errorCode(error) === 'EAGAIN') {
      // What was said meanwhile is in the outbox already, behind it.
      const outbox = connection.outbox ?? this.#newOutbox(connection);
      outbox.putBack(frames);
      if (!outbox.draining) this.#retryLater();
    } else {
      this.#undeliverable(connection, frames, error);
    }
  }

  #undeliverable(connection: Connection, frames: readonly Frame[], error: unknown): void {
    if (this.#closed) return;
    this.#host.counters.dropped.unreachable++;
    if (errorCode(error) === 'EHOSTUNREACH') this.#host.unreachable(connection, frames);
    else this.#host.failed(error instanceof Error ? error : new Error(String(error)));
  }

  #newOutbox(connection: Connection): Outbox {
    const outbox = new Outbox(this.#limits);
    connection.outbox = outbox;
    this.#waiting.add(connection);
    return outbox;
  }

  #defer(connection: Connection, frames: readonly Frame[], urgent: boolean): boolean {
    const outbox = connection.outbox ?? this.#newOutbox(connection);
    if (!outbox.push(frames, urgent)) return false;
    if (!outbox.draining && this.#retryTimer === undefined) void this.#drain(connection, outbox);
    return true;
  }

  /** Send what waits for a connection, one by one, until it is full again. */
  async #drain(connection: Connection, outbox: Outbox): Promise<void> {
    outbox.draining = true;
    // A direct send may not have settled yet; its outcome comes first.
    await Promise.resolve();
    for (let frames = outbox.first; frames !== undefined; frames = outbox.first) {
      if (this.#closed || connection.outbox !== outbox) return;
      try {
        await this.#transmit(connection, frames);
        this.#host.counters.sent++;
      } catch (error) {
        if (errorCode(error) === 'EAGAIN') {
          outbox.draining = false;
          this.#retryLater();
          return;
        }
        if (errorCode(error) === 'EHOSTUNREACH') {
          this.#discard(connection, outbox, error);
          return;
        }
        this.#undeliverable(connection, frames, error);
      }
      outbox.shift();
    }
    this.#release(connection, outbox);
  }

  /** The connection is gone and so is everything that waited for it. */
  #discard(connection: Connection, outbox: Outbox, error: unknown): void {
    this.#release(connection, outbox);
    for (let frames = outbox.first; frames !== undefined; frames = outbox.first) {
      outbox.shift();
      this.#undeliverable(connection, frames, error);
    }
  }

  #release(connection: Connection, outbox: Outbox): void {
    if (connection.outbox !== outbox) return;
    connection.outbox = undefined;
    this.#waiting.delete(connection);
  }

  #retryLater(): void {
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined;
      for (const connection of this.#waiting) {
        const { outbox } = connection;
        if (outbox !== undefined && !outbox.draining) void this.#drain(connection, outbox);
      }
    }, RETRY_MS);
  }

  /** Wait until nothing waits any more, at most so long. */
  async flushed(atMostMs: number): Promise<void> {
    const deadline = performance.now() + atMostMs;
    while (this.#waiting.size > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** Send nothing more. What still waits is counted as dropped. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    for (const connection of this.#waiting) {
      this.#host.counters.dropped.slowReader += connection.outbox?.size ?? 0;
      connection.outbox = undefined;
    }
    this.#waiting.clear();
  }
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
