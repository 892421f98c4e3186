// SPDX-License-Identifier: Apache-2.0
// router-port - sends for the state: at once where it can, in order always, bounded for peers that read too slowly

import type { Frame, MxRecord } from '@mdp/protocol';
import { byteLength, encodeMx } from '@mdp/protocol';
import type { Router } from 'zeromq';
import { watchRequest } from './diagnostics.js';
import type { BrokerEvents } from './events.js';
import type { Line, OutboxLimits, OutboxTotal } from './outbox.js';
import { Outbox } from './outbox.js';
import type { Connection } from './state/connection.js';
import { memoryBytes } from './state/memory.js';
import type { MxPeer } from './state/mx-peer.js';
import type { BrokerPort, RequestWatch } from './state/port.js';
import type { Request } from './state/request.js';
import type { BrokerCounters } from './stats.js';
import { asError, errorCode } from './system-error.js';

/** How soon a full peer is tried again, in milliseconds: ZeroMQ does not tell when one peer can be written to. */
const RETRY_SOON_MS = 1;

/**
 * How often that is done, with nothing taken in between, before it is taken for slow: most are full for a moment only, until
 * ZeroMQ's own thread has written what it has.
 */
const RETRIES_SOON = 8;

/** How long to wait after that. */
const RETRY_MS = 5;

/** How many full peers are tried again at a time, in turns: however many there are, the rest of the work goes on. */
const RETRY_AT_MOST = 64;
const RETRY_SOON_AT_MOST = 16;

/** What was gathered for an MX peer leaves before the end of a turn when it would be more than so many bytes. */
const GATHER_BYTES = 65_536;

/** What a record takes beside its body: its own fields, and a name of usual length. */
const BYTES_PER_RECORD = 64;

/** Nothing is gathered. */
const NONE: MxRecord<Frame>[] = [];

/** What the port needs of the broker around it. */
export interface RouterPortHost {
  readonly counters: BrokerCounters;
  /** A message could not be delivered because its connection is gone. */
  unreachable(connection: Connection, frames: readonly Frame[]): void;
  /** A connection that read slowly has taken all that waited for it. */
  relieved(connection: Connection): void;
  /** A send failed in a way that is not expected. */
  failed(error: Error): void;
  emit<K extends keyof BrokerEvents>(event: K, build: () => BrokerEvents[K]): void;
}

/**
 * The sockets' sending side.
 *
 * ZeroMQ tells whether it took a message only through a promise. So at most one message of a connection is on its way
 * without a known outcome; what comes meanwhile, or while the peer is full, goes into its outbox, in order.
 *
 * What is said to MX peers is gathered, and leaves as one message for each of them when the turn is over: {@link flush}.
 *
 * A message is known by its array. It is emptied when ZeroMQ has taken the message: whoever knows it by then, as a request
 * that runs does, must not keep all of its frames.
 */
export class RouterPort implements BrokerPort {
  readonly #host: RouterPortHost;
  readonly #limits: OutboxLimits;
  /** What waits for all of them. */
  readonly #total: OutboxTotal = { bytes: 0 };
  readonly #sockets: Router[] = [];
  /** Connections with an outbox. */
  readonly #waiting = new Set<Connection>();
  /** Those of them that were full just now, and are tried again soon. */
  readonly #full = new Set<Connection>();
  /** Those that stayed full, the next one to be tried first. */
  readonly #blocked = new Set<Connection>();
  /** MX peers for whom something is gathered. */
  #talkedTo: MxPeer[] = [];
  #retryTimer: NodeJS.Timeout | undefined;
  #soonTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(host: RouterPortHost, limits: OutboxLimits) {
    this.#host = host;
    this.#limits = limits;
  }

  /**
   * Use a socket: it must have `mandatory: true` and `sendTimeout: 0`. What waits for peers of the one that had its place
   * is dropped.
   *
   * @param index - its place: what `connection.socket` says
   */
  useSocket(index: number, socket: Router): void {
    this.#sockets[index] = socket;
    for (const connection of this.#waiting) {
      const { line } = connection;
      if (connection.socket !== index || line?.outbox === undefined) continue;
      this.#host.counters.dropped.unreachable += line.outbox.size;
      line.outbox.clear();
      this.#release(connection, line, line.outbox);
    }
  }

  /** Peers, messages and bytes that wait. */
  get backlog(): { peers: number; messages: number; bytes: number } {
    let messages = 0;
    for (const { line } of this.#waiting) messages += line?.outbox?.size ?? 0;
    return { peers: this.#waiting.size, messages, bytes: this.#total.bytes };
  }

  watch(request: Request): RequestWatch | undefined {
    return watchRequest(request);
  }

  emit<K extends keyof BrokerEvents>(event: K, build: () => BrokerEvents[K]): void {
    this.#host.emit(event, build);
  }

  send(connection: Connection, frames: Frame[], urgent = false): boolean {
    if (connection.line?.outbox?.isFull(memoryBytes(frames), urgent) === true) return false;
    this.#post(connection, frames);
    return true;
  }

  /** Send a message, or put it behind what waits, however much that is. */
  #post(connection: Connection, frames: Frame[]): void {
    if (this.#closed) return;
    const line = (connection.line ??= this.#newLine(connection));
    if (line.sending !== undefined || line.outbox !== undefined) {
      this.#defer(connection, line, frames);
      return;
    }
    line.sending = frames;
    let sent: Promise<void>;
    try {
      sent = this.#transmit(connection, frames);
    } catch (error) {
      // A closed socket throws in place of rejecting. Nobody is told from within a send.
      sent = Promise.reject(asError(error));
    }
    sent.then(line.onSent, line.onRefused);
  }

  append(peer: MxPeer, record: MxRecord<Frame>, urgent = false): readonly Frame[] | undefined {
    const body = 'body' in record ? record.body : undefined;
    const bytes = BYTES_PER_RECORD + (body === undefined ? 0 : byteLength(body) + 4 * body.length);
    if (peer.connection.line?.outbox?.isFull(peer.gatheredBytes + bytes, urgent) === true) return undefined;
    // So a message is never more than MX allows: what has most frames for its bytes still has 4 for each of them.
    if (peer.gatheredBytes + bytes > GATHER_BYTES) this.#dispatch(peer);
    if (peer.gathered.length === 0) {
      peer.carrier = [];
      peer.gathered = [record];
      this.#talkedTo.push(peer);
    } else peer.gathered.push(record);
    peer.gatheredBytes += bytes;
    return peer.carrier;
  }

  /** The turn is over: send what it has to say to MX peers. */
  flush(): void {
    const talkedTo = this.#talkedTo;
    if (talkedTo.length === 0) return;
    this.#talkedTo = [];
    for (const peer of talkedTo) this.#dispatch(peer);
  }

  #dispatch(peer: MxPeer): void {
    const { connection, carrier, gathered } = peer;
    if (gathered.length === 0) return;
    peer.gathered = NONE;
    peer.gatheredBytes = 0;
    for (const frame of peer.envelope) carrier.push(frame);
    for (const frame of encodeMx(gathered)) carrier.push(frame);
    this.#post(connection, carrier);
  }

  isSlow(connection: Connection): boolean {
    return connection.line?.outbox?.blocked === true;
  }

  #newLine(connection: Connection): Line {
    const line: Line = {
      sending: undefined,
      outbox: undefined,
      onSent: () => {
        if (line.sending !== undefined) line.sending.length = 0;
        line.sending = undefined;
        this.#host.counters.sent++;
      },
      onRefused: (error) => {
        const frames = line.sending;
        line.sending = undefined;
        if (frames !== undefined) this.#refused(connection, line, frames, error);
      },
    };
    return line;
  }

  #transmit(connection: Connection, frames: readonly Frame[]): Promise<void> {
    const socket = this.#sockets[connection.socket];
    if (socket === undefined) throw new Error(`no socket ${String(connection.socket)}`);
    // The binding only reads the array.
    return socket.send(frames as Buffer[]);
  }

  /** A message that was sent directly did not go. */
  #refused(connection: Connection, line: Line, frames: Frame[], error: unknown): void {
    const { outbox } = line;
    if (errorCode(error) !== 'EAGAIN') {
      this.#lose(connection, line, frames, error);
    } else if (this.#closed) {
      this.#host.counters.dropped.slowReader++;
    } else {
      // What was said meanwhile is in the outbox already, behind it.
      const waiting = outbox ?? this.#newOutbox(connection, line);
      waiting.putBack(frames);
      if (!waiting.draining) this.#block(connection, waiting);
    }
  }

  /**
   * The connection is gone, and so is everything that waited for it. So is a connection that failed in another way: were
   * the next message sent all the same, its receiver would see a gap.
   */
  #lose(connection: Connection, line: Line, frames: readonly Frame[], error: unknown): void {
    if (this.#closed) return;
    const { outbox } = line;
    if (outbox !== undefined) this.#release(connection, line, outbox);
    if (errorCode(error) !== 'EHOSTUNREACH') this.#host.failed(asError(error));
    this.#undeliverable(connection, frames);
    for (let next = outbox?.first; next !== undefined; next = outbox?.first) {
      outbox?.shift();
      this.#undeliverable(connection, next);
    }
  }

  #undeliverable(connection: Connection, frames: readonly Frame[]): void {
    this.#host.counters.dropped.unreachable++;
    this.#host.unreachable(connection, frames);
  }

  #newOutbox(connection: Connection, line: Line): Outbox {
    const outbox = new Outbox(this.#limits, this.#total);
    line.outbox = outbox;
    this.#waiting.add(connection);
    return outbox;
  }

  #defer(connection: Connection, line: Line, frames: Frame[]): void {
    const outbox = line.outbox ?? this.#newOutbox(connection, line);
    outbox.push(frames);
    if (!outbox.draining && !outbox.blocked) void this.#drain(connection, line, outbox);
  }

  /** Send what waits for a connection, one by one, until it is full again. */
  async #drain(connection: Connection, line: Line, outbox: Outbox): Promise<void> {
    outbox.draining = true;
    // A direct send may not have settled yet; its outcome comes first.
    await Promise.resolve();
    for (let frames = outbox.first; frames !== undefined; frames = outbox.first) {
      if (this.#closed || line.outbox !== outbox) return;
      try {
        await this.#transmit(connection, frames);
      } catch (error) {
        outbox.draining = false;
        if (line.outbox !== outbox) return;
        if (errorCode(error) === 'EAGAIN') {
          this.#block(connection, outbox);
        } else {
          outbox.shift();
          this.#lose(connection, line, frames, error);
        }
        return;
      }
      this.#host.counters.sent++;
      outbox.tries = 0;
      outbox.shift();
      frames.length = 0;
    }
    const wasSlow = outbox.wasBlocked;
    this.#release(connection, line, outbox);
    if (wasSlow) this.#host.relieved(connection);
  }

  #release(connection: Connection, line: Line, outbox: Outbox): void {
    if (line.outbox !== outbox) return;
    line.outbox = undefined;
    this.#waiting.delete(connection);
    this.#blocked.delete(connection);
    this.#full.delete(connection);
  }

  /** The peer is full: try it again later, after those that wait for that already. */
  #block(connection: Connection, outbox: Outbox): void {
    outbox.block();
    if (outbox.tries++ < RETRIES_SOON) {
      this.#full.add(connection);
      this.#soonTimer ??= setTimeout(this.#retrySoon, RETRY_SOON_MS);
    } else {
      this.#blocked.add(connection);
      this.#retryTimer ??= setTimeout(this.#retry, RETRY_MS);
    }
  }

  readonly #retrySoon = (): void => {
    this.#soonTimer = undefined;
    this.#tryFirst(this.#full, RETRY_SOON_AT_MOST);
    if (this.#full.size > 0) this.#soonTimer = setTimeout(this.#retrySoon, RETRY_SOON_MS);
  };

  readonly #retry = (): void => {
    this.#retryTimer = undefined;
    this.#tryFirst(this.#blocked, RETRY_AT_MOST);
    if (this.#blocked.size > 0) this.#retryTimer = setTimeout(this.#retry, RETRY_MS);
  };

  #tryFirst(peers: Set<Connection>, atMost: number): void {
    let tried = 0;
    for (const connection of peers) {
      if (++tried > atMost) break;
      peers.delete(connection);
      this.#tryAgain(connection);
    }
  }

  #tryAgain(connection: Connection): void {
    const { line } = connection;
    if (line?.outbox === undefined) return;
    line.outbox.blocked = false;
    void this.#drain(connection, line, line.outbox);
  }

  /** Wait until nothing waits any more, at most so long. */
  async flushed(atMostMs: number): Promise<void> {
    const deadline = performance.now() + atMostMs;
    // What was sent just now may have been refused.
    await Promise.resolve();
    while (this.#waiting.size > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** Send nothing more. What still waits is counted as dropped. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#soonTimer);
    for (const { line } of this.#waiting) {
      this.#host.counters.dropped.slowReader += line?.outbox?.size ?? 0;
      line?.outbox?.clear();
      if (line !== undefined) line.outbox = undefined;
    }
    this.#waiting.clear();
    this.#blocked.clear();
    this.#full.clear();
  }
}
