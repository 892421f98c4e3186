// SPDX-License-Identifier: Apache-2.0
// link - one DEALER socket from its connect to its end: what arrives, what leaves, and what becomes of the transport

import type { Frame } from '@mdp/protocol';
import { HandshakeReader, MOST_CLOSINGS, backoffMs, closedInARow } from '@mdp/protocol/internal';
import type { ResolvedCurve } from '@mdp/protocol/node';
import { curveSocketOptions } from '@mdp/protocol/node';
import type { Context, Event, Observer } from 'zeromq';
import { Dealer } from 'zeromq';
import type { ResolvedWorkerOptions } from './options.js';
import { Outbox } from './outbox.js';
import { giveSocketsBack, takeSockets } from './socket-budget.js';
import type { Done } from './state/port.js';

/** What a link tells the connection that it belongs to. The link is named, for a closed one may still have a word to say. */
export interface LinkOwner {
  /** A message has arrived, and more may follow: judge nothing yet. */
  received(link: Link, frames: readonly Frame[]): void;
  /** All that had arrived was received. */
  drained(link: Link): void;
  /** The transport stands. */
  connected(link: Link): void;
  /** The transport broke. */
  unreachable(link: Link): void;
  /** The socket can do nothing more. @param detail - why it was refused */
  broken(link: Link, reason: 'refused' | 'socket', detail?: string): void;
  /** Something is due earlier than before: {@link Link.nextDeadline}. */
  deadline(at: number): void;
  /** The socket is gone, with all that it held. @param unsent - messages that it never took */
  ended(link: Link, unsent: number): void;
}

/** The TCP connection is tried again at least so often: a broker that comes back is found within an interval. */
const RETRIES_PER_INTERVAL = 2;

/** So many messages are read before the rest of the process gets its turn. */
const TURN_AT_MOST = 256;

/** However short the heartbeat: networks take their time, in milliseconds. */
const LEAST_TIMEOUT_MS = 2_000;

/** What links share. */
export interface LinkOptions {
  readonly options: ResolvedWorkerOptions;
  readonly curve: ResolvedCurve | undefined;
}

function openDealer({ options, curve }: LinkOptions): Dealer {
  const { heartbeatIntervalMs, heartbeatLiveness, reconnectBaseMs, reconnectMaxMs } = options;
  const expiryMs = heartbeatIntervalMs * heartbeatLiveness;
  const longestMs = Math.max(1, Math.min(reconnectMaxMs, heartbeatIntervalMs / RETRIES_PER_INTERVAL));
  const firstMs = Math.min(longestMs, Math.max(1, backoffMs(1, { baseMs: reconnectBaseMs, maxMs: reconnectMaxMs })));
  return new Dealer({
    context: options.context,
    // Nothing outlives close() unless it is asked to.
    linger: 0,
    // A send goes out now or fails now; the outbox keeps what has to wait.
    sendTimeout: 0,
    sendHighWaterMark: options.sendHighWaterMark,
    // ZeroMQ doubles the first of these until the second. It adds no jitter of its own then: ours is in the first.
    reconnectInterval: Math.round(firstMs),
    reconnectMaxInterval: Math.round(longestMs),
    connectTimeout: Math.max(LEAST_TIMEOUT_MS, Math.round(expiryMs)),
    ...curveSocketOptions(curve),
    // A legacy broker says nothing during a job; the transport must tell whether it is still there.
    ...(options.dialect === 'rfc18'
      ? {}
      : {
          heartbeatInterval: Math.max(500, heartbeatIntervalMs),
          heartbeatTimeout: Math.max(LEAST_TIMEOUT_MS, expiryMs),
        }),
  });
}

/** One DEALER, connected to one broker (MDP-W-01). It is never used for a second registration. */
export class Link {
  readonly #socket: Dealer;
  readonly #owner: LinkOwner;
  readonly #outbox: Outbox;
  readonly #context: Context;
  readonly #lingerMs: number;
  readonly #handshake: HandshakeReader;
  /** Whether `connected` will be told. inproc has no transport that could come and go: it stands from the start. */
  readonly monitored: boolean;
  #state: 'open' | 'flushing' | 'closed' = 'open';
  #closeBy = Infinity;
  #unsent = 0;
  /** Handshakes that the other side closed, one after the other. */
  #closings = 0;
  /** Ends the pause of {@link #read}. */
  #readOn: (() => void) | undefined;

  /**
   * Open a socket and connect it.
   *
   * @throws Error of ZeroMQ, when there are too many sockets or it does not like the endpoint
   */
  constructor(endpoint: string, link: LinkOptions, owner: LinkOwner) {
    const { options, curve } = link;
    this.#owner = owner;
    this.#handshake = new HandshakeReader(curve !== undefined);
    this.#lingerMs = options.lingerMs;
    this.monitored = !endpoint.startsWith('inproc://');
    this.#context = options.context;
    takeSockets(this.#context);
    try {
      this.#socket = openDealer(link);
    } catch (error) {
      giveSocketsBack(this.#context);
      throw error;
    }
    this.#outbox = new Outbox(
      this.#socket,
      {
        stuck: () => {
          owner.deadline(this.nextDeadline());
        },
        emptied: () => {
          if (this.#state === 'flushing') this.#shut();
          this.#readOn?.();
        },
        failed: () => {
          owner.broken(this, 'socket');
        },
      },
      () => performance.now(),
    );
    let watched = false;
    try {
      if (this.monitored) {
        const { events } = this.#socket;
        watched = true;
        void this.#watch(events);
      }
      this.#socket.connect(endpoint);
    } catch (error) {
      this.#socket.close();
      if (!watched) this.#gone();
      throw error;
    }
    void this.#read();
  }

  /** Messages that the socket has not taken yet. */
  get backlog(): number {
    return this.#outbox.size;
  }

  send(frames: Frame[], done?: Done): void {
    this.#outbox.send(frames, done);
  }

  /** When {@link tick} has something to do; `Infinity` when never. */
  nextDeadline(): number {
    return Math.min(this.#outbox.retryAt, this.#closeBy);
  }

  /** Do what is due. */
  tick(now: number): void {
    if (now >= this.#closeBy) {
      this.#socket.linger = 0;
      this.#shut();
    } else if (now >= this.#outbox.retryAt) {
      this.#outbox.retry();
    }
  }

  /**
   * Close the socket; nothing is received any more.
   *
   * @param flush - send first what it was given, for `lingerMs` at most
   */
  close(flush: boolean): void {
    if (this.#state !== 'open') return;
    if (!flush) {
      this.#shut();
      return;
    }
    this.#state = 'flushing';
    this.#socket.linger = this.#lingerMs;
    if (this.#outbox.size === 0) {
      this.#shut();
    } else {
      this.#closeBy = performance.now() + this.#lingerMs;
      this.#owner.deadline(this.#closeBy);
    }
  }

  #shut(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#closeBy = Infinity;
    this.#unsent = this.#outbox.close();
    this.#readOn?.();
    this.#socket.close();
    // A monitored socket says when it is gone; ZeroMQ says nothing of the others.
    if (!this.monitored) this.#gone();
  }

  #gone(): void {
    giveSocketsBack(this.#context);
    this.#owner.ended(this, this.#unsent);
  }

  async #read(): Promise<void> {
    const socket = this.#socket;
    const owner = this.#owner;
    // So many messages are expected in a turn without asking: half of what came in the last one.
    let expected = 0;
    for (;;) {
      let count = 0;
      let waits = true;
      try {
        let frames: readonly Frame[] | undefined = await socket.receive();
        while (frames !== undefined) {
          owner.received(this, frames);
          if (this.#isClosed()) return;
          // Finding nothing costs more than a message; asking costs system calls.
          if (++count === TURN_AT_MOST || (count >= expected && !socket.readable)) break;
          if (waits) socket.receiveTimeout = 0;
          waits = false;
          frames = await this.#receiveNow();
        }
        if (this.#isClosed()) return;
        if (!waits) socket.receiveTimeout = -1;
      } catch {
        // On a closed socket that is the end; on an open one ZeroMQ can give nothing more.
        if (!this.#isClosed()) owner.broken(this, 'socket');
        return;
      }
      expected = count >> 1;
      owner.drained(this);
      // Nothing more is taken from a broker that does not read what it gets: memory has an end.
      if (this.#outbox.full) await this.#emptied();
      else if (count === TURN_AT_MOST) await new Promise(setImmediate);
    }
  }

  async #emptied(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#readOn = resolve;
    });
    this.#readOn = undefined;
  }

  /** The next message, if there is one. The socket does not wait for it. */
  async #receiveNow(): Promise<readonly Frame[] | undefined> {
    try {
      return await this.#socket.receive();
    } catch (error) {
      if ((error as { code?: unknown }).code === 'EAGAIN') return undefined;
      throw error;
    }
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  async #watch(events: Observer): Promise<void> {
    const owner = this.#owner;
    for (;;) {
      let event: Event;
      try {
        event = await events.receive();
      } catch {
        // The monitor is gone, and with it the socket.
        this.#gone();
        return;
      }
      switch (event.type) {
        case 'handshake':
          owner.connected(this);
          break;
        case 'disconnect':
          owner.unreachable(this);
          break;
        case 'end':
          this.#gone();
          return;
        default:
          break;
      }
      this.#judge(event);
    }
  }

  /** Whether we are refused: ZeroMQ does not try again after a no, and for ever when it was handed the wrong key. */
  #judge(event: Event): void {
    if (event.type === 'handshake') this.#closings = 0;
    const refusal = this.#handshake.read(event);
    if (refusal?.verdict === 'final') this.#owner.broken(this, 'refused', refusal.reason);
    else if (refusal?.verdict === 'closed' && ++this.#closings >= MOST_CLOSINGS) {
      this.#owner.broken(this, 'refused', closedInARow(this.#closings));
    }
  }
}
