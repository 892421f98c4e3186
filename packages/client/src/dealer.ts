// SPDX-License-Identifier: Apache-2.0
// dealer - one DEALER socket connected to one broker, and what its monitor says of the connection

import type { Refusal } from '@mdp/protocol/internal';
import { HandshakeReader, backoffMs } from '@mdp/protocol/internal';
import { curveSocketOptions } from '@mdp/protocol/node';
import { Context, Dealer } from 'zeromq';
import type { ConnectOptions } from './options.js';

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

/** Who uses the socket. Nothing is reported after {@link MonitoredDealer.close}. */
export interface DealerHost {
  /** Whether it reads what comes: `later` while it asks for nothing, `never` when nothing that still comes is of use. */
  readonly reading: 'now' | 'later' | 'never';
  /** The handshake is done. */
  onUp(): void;
  /** The connection could not be made. It will be tried again, unless that is final. */
  onRefused(refusal: Refusal): void;
  /** It broke or failed, and everything that had come on it was read. */
  onLost(cause?: unknown): void;
}

/** What connections differ in: how many messages ZeroMQ holds in each direction, and their names. */
export interface DealerOptions {
  readonly receiveHighWaterMark: number;
  readonly sendHighWaterMark?: number;
  /** Makes a name for each connection at the broker, one that was never used before. Without it the broker makes them up. */
  readonly nextRoutingId?: () => string;
}

/**
 * A socket and its monitor.
 *
 * The monitor is read in a loop from before the connect: that costs two more ZeroMQ sockets and about 0.2 ms when the
 * connection is made, and nothing while messages flow. inproc has no monitor events, so it counts as connected at once and
 * its loss cannot be seen.
 */
export class MonitoredDealer {
  /** Another one after each try that got as far as the handshake, when connections have names. */
  socket: Dealer;
  /** Whether it needs no handshake. */
  readonly connected: boolean;
  closed = false;
  /** The connection broke. */
  broken = false;
  /** Set by the host: something came. */
  progress = false;
  readonly #address: string;
  readonly #options: ConnectOptions;
  readonly #own: DealerOptions;
  readonly #host: DealerHost;
  readonly #handshake: HandshakeReader;
  #observer: Observer | undefined;
  #up = false;
  /** The try to connect got as far as the handshake. */
  #met = false;
  /** How many tries have ended there. */
  #renamed = 0;
  #again: NodeJS.Timeout | undefined;

  constructor(address: string, options: ConnectOptions, own: DealerOptions, host: DealerHost) {
    this.#address = address;
    this.#options = options;
    this.#own = own;
    this.#host = host;
    this.connected = address.startsWith('inproc://');
    this.#handshake = new HandshakeReader(options.curve !== undefined);
    this.socket = this.#open();
  }

  /** @throws whatever ZeroMQ says when there can be none */
  #open(): Dealer {
    const options = this.#options;
    const { nextRoutingId, ...marks } = this.#own;
    const socket = new Dealer({
      // What is bound over inproc is found only from the context that it was bound in: the process's own.
      ...(this.connected ? {} : { context: contextOfClients() }),
      linger: 0,
      // A send goes out now or fails: parked, it would make every other send on the socket throw.
      sendTimeout: 0,
      ...marks,
      ...(nextRoutingId === undefined ? {} : { routingId: nextRoutingId() }),
      reconnectInterval: options.reconnectMs,
      reconnectMaxInterval: options.reconnectMaxMs,
      connectTimeout: options.connectTimeoutMs,
      handshakeInterval: options.connectTimeoutMs,
      ...curveSocketOptions(options.curve),
      tcpMaxRetransmitTimeout: MAX_RETRANSMIT_MS,
      ...KEEP_ALIVE,
    });
    try {
      if (!this.connected) this.#watch((this.#observer = socket.events));
      socket.connect(this.#address);
    } catch (error) {
      this.closed = true;
      socket.close();
      throw error;
    }
    return socket;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.#again);
    this.socket.close();
  }

  /** An operation on the socket failed. */
  readonly failed = (error: unknown): void => {
    if (!this.closed) this.#host.onLost(error);
  };

  /**
   * The connection broke. What had come on it before may still be on its way to us, a FINAL among it, so it is lost only
   * after a turn of the event loop in which nothing came. While nobody asks for a message (back-pressure) it waits.
   */
  readonly settle = (): void => {
    if (this.closed) return;
    const { reading } = this.#host;
    if (reading === 'later') return;
    if (reading === 'now' && this.progress) {
      this.progress = false;
      setImmediate(this.settle);
      return;
    }
    this.#host.onLost();
  };

  #watch(observer: Observer): void {
    const isOurs = (): boolean => !this.closed && observer === this.#observer;
    const onError = (error: unknown): void => {
      if (isOurs()) this.#host.onLost(error);
    };
    const onEvent = (event: MonitorEvent): void => {
      if (event.type === 'end') return;
      // To its end, also when the socket is closed: an observer that nobody awaits may be collected, and then libzmq waits
      // for ever to tell it of the end, and closes no other socket any more.
      observer.receive().then(onEvent, onError);
      if (isOurs()) this.#onMonitor(event);
    };
    observer.receive().then(onEvent, onError);
  }

  #onMonitor(event: MonitorEvent): void {
    if (!this.#up) this.#onConnecting(event);
    else if (event.type === 'disconnect' && !this.broken) {
      this.broken = true;
      // What came just before may be noticed just after.
      this.progress = true;
      this.settle();
    }
  }

  #onConnecting(event: MonitorEvent): void {
    if (event.type === 'handshake') {
      this.#up = true;
      this.#host.onUp();
      return;
    }
    if (event.type === 'connect') this.#met = true;
    const refusal = this.#handshake.read(event);
    if (event.type === 'connect:retry' && this.#met && this.#own.nextRoutingId !== undefined) this.#rename();
    if (refusal !== undefined) this.#host.onRefused(refusal);
  }

  /**
   * Try again under another name. The broker may have seen the end of a handshake of which this side has not: until it notices
   * that the connection is gone, it does not hear a second one of the same name.
   */
  #rename(): void {
    const { reconnectMs: baseMs, reconnectMaxMs: maxMs } = this.#options;
    const pauseMs = backoffMs((this.#renamed += 1), { baseMs, maxMs }, Math.random);
    this.#met = false;
    this.#observer = undefined;
    this.socket.close();
    this.#again = setTimeout(() => {
      try {
        this.socket = this.#open();
      } catch (error) {
        this.#host.onLost(error);
      }
    }, pauseMs);
  }
}
