// SPDX-License-Identifier: Apache-2.0
// connection - one DEALER socket to one broker, and what its monitor says of it

import type { Frame } from '@mdp/protocol';
import { Context, Dealer } from 'zeromq';
import type { LinkEvents } from './engine.js';
import type { ConnectOptions } from './options.js';
import type { Link, LinkHandle } from './state/link.js';

/** How many messages ZeroMQ holds for a reader that does not read: what back-pressure lets pile up behind our bound. */
const RECEIVE_HIGH_WATER_MARK = 32;

/** A dead network is noticed by the operating system: after 10 s of silence it asks 3 times, every 5 s. */
const KEEP_ALIVE = { tcpKeepalive: 1, tcpKeepaliveIdle: 10, tcpKeepaliveInterval: 5, tcpKeepaliveCount: 3 };

/** What was sent and is not acknowledged for so long breaks the connection, in milliseconds (where the system can). */
const MAX_RETRANSMIT_MS = 25_000;

/** The most sockets that ZeroMQ has in one context. A connection and its monitor take three. */
const MAX_SOCKETS = 65_535;

let context: Context | undefined;

/**
 * The ZeroMQ context of all clients of this process (of this thread, to be exact). They do not share the process's own, which
 * has 1,023 sockets: when those run out between the two halves of a monitor, libzmq can close no socket any more.
 */
function contextOfClients(): Context {
  context ??= new Context({ maxSockets: MAX_SOCKETS });
  return context;
}

type Observer = Dealer['events'];
type MonitorEvent = Awaited<ReturnType<Observer['receive']>>;

/**
 * A connection. It reads one message for each {@link receive}, so what is not asked for stays in ZeroMQ.
 *
 * The monitor is read in a loop from before the connect: that costs two more ZeroMQ sockets and about 0.2 ms when the
 * connection is made, and nothing while messages flow. inproc has no monitor events, so it counts as connected at once and
 * its loss cannot be seen.
 */
export class Connection implements LinkHandle {
  readonly connected: boolean;
  readonly #link: Link;
  readonly #events: LinkEvents;
  readonly #socket: Dealer;
  readonly #observer: Observer | undefined;
  #up = false;
  #closed = false;
  /** Whether a message is asked for. */
  #receiving = false;
  /** After the connection broke: whether something came since this was last looked at. */
  #progress = false;
  #broken = false;

  constructor(link: Link, events: LinkEvents, options: ConnectOptions) {
    const { address } = link.endpoint;
    this.#link = link;
    this.#events = events;
    this.connected = address.startsWith('inproc://');
    this.#socket = new Dealer({
      // What is bound over inproc is found only from the context that it was bound in: the process's own.
      ...(this.connected ? {} : { context: contextOfClients() }),
      linger: 0,
      // A send goes out now or fails: parked, it would make every other send on the socket throw.
      sendTimeout: 0,
      receiveHighWaterMark: RECEIVE_HIGH_WATER_MARK,
      reconnectInterval: options.reconnectMs,
      reconnectMaxInterval: options.reconnectMaxMs,
      connectTimeout: options.connectTimeoutMs,
      handshakeInterval: options.connectTimeoutMs,
      tcpMaxRetransmitTimeout: MAX_RETRANSMIT_MS,
      ...KEEP_ALIVE,
    });
    try {
      if (!this.connected) {
        this.#observer = this.#socket.events;
        this.#watch();
      }
      this.#socket.connect(address);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get readable(): boolean {
    return this.#socket.readable;
  }

  send(frames: readonly Frame[]): void {
    this.#socket.send(frames as Frame[]).catch(this.#onFailure);
  }

  receive(): void {
    this.#receiving = true;
    this.#socket.receive().then(this.#onMessage, this.#onFailure);
    if (this.#broken) setImmediate(this.#settle);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }

  readonly #onMessage = (frames: Frame[]): void => {
    this.#receiving = false;
    if (this.#closed) return;
    this.#progress = true;
    this.#events.message(this.#link, frames);
  };

  readonly #onFailure = (error: unknown): void => {
    this.#receiving = false;
    if (this.#closed) return;
    this.#events.lost(this.#link, error);
  };

  #watch(): void {
    this.#observer?.receive().then(this.#onMonitor, this.#onFailure);
  }

  readonly #onMonitor = (event: MonitorEvent): void => {
    if (this.#closed || event.type === 'end') return;
    this.#watch();
    switch (event.type) {
      case 'handshake':
        if (this.#up) return;
        this.#up = true;
        this.#events.up(this.#link);
        return;
      case 'disconnect':
        if (!this.#up) this.#events.refused(this.#link, 'the connection was closed during the handshake');
        else if (!this.#broken) {
          this.#broken = true;
          this.#settle();
        }
        return;
      case 'handshake:error:auth':
      case 'handshake:error:other':
      case 'handshake:error:protocol':
        if (!this.#up) this.#events.refused(this.#link, event.error.message);
        return;
      case 'close':
      case 'connect:retry':
        if (!this.#up) this.#events.refused(this.#link, 'refused or unreachable');
        return;
      default:
    }
  };

  /**
   * The connection broke. What had come on it before may still be on its way to us, a FINAL among it, so it is lost only
   * after a turn of the event loop in which nothing came. While nobody asks for a message (back-pressure) it waits.
   */
  readonly #settle = (): void => {
    if (this.#closed) return;
    if (this.#link.phase === 'busy') {
      if (!this.#receiving) return;
      if (this.#progress) {
        this.#progress = false;
        setImmediate(this.#settle);
        return;
      }
    }
    this.#events.lost(this.#link);
  };
}
