// SPDX-License-Identifier: Apache-2.0
// bound-socket - one ROUTER socket of a broker: what it is set to, where it is bound, and how it gives that up

import { BindError } from '@mdp/protocol';
import { MAX_DURATION_MS } from '@mdp/protocol/internal';
import type { SocketOptions } from 'zeromq';
import { Router } from 'zeromq';
import { BindReason } from './bind-reason.js';
import type { ResolvedBrokerOptions } from './options.js';
import type { HandshakeFailure } from './stats.js';
import { asError } from './system-error.js';

/** How long ZeroMQ may still send what it has when the sockets close, in milliseconds. */
const LINGER_MS = 1000;

/** How many connections the system may hold until ZeroMQ accepts them: all workers come at once after a restart. */
const BACKLOG = 4096;

/** How long to wait at most until an endpoint is free again, in milliseconds. It takes a few, unless something is wrong. */
const FREED_WITHIN_MS = 1000;

/**
 * So many events of a socket are read in a row. What waits is read without a turn of the event loop, and while no file can be
 * opened ZeroMQ tells of a connection that it could not accept without a pause: nothing else would run any more.
 */
const EVENTS_IN_A_ROW = 16;

/** How often it is told that no connection can be accepted, in milliseconds. */
const TELL_EVERY_MS = 60_000;

/** What the owner of a socket hears from it. */
export interface BoundSocketHost {
  /** Some connection broke; ZeroMQ does not say whose. */
  connectionLost(): void;
  /** A peer did not get through the handshake. */
  handshakeFailed(how: HandshakeFailure): void;
  /** A connection could not be accepted; it waits. */
  acceptFailed(): void;
  /** Something failed in a way that is not expected. */
  failed(error: Error): void;
}

/**
 * Two expiries from PING to PING, one to answer.
 *
 * The time to answer must be the shorter one: ZeroMQ takes a timer back by going through all that end before it. Were
 * it the longer one, each PONG would go past the next PING of every other connection, which with 5,000 of them takes
 * the I/O thread up to a second each time.
 */
function zmtpHeartbeatsEvery(expiryMs: number): Pick<SocketOptions<Router>, 'heartbeatInterval' | 'heartbeatTimeout'> {
  return {
    heartbeatInterval: Math.min(MAX_DURATION_MS, 2 * expiryMs),
    heartbeatTimeout: Math.min(MAX_DURATION_MS, expiryMs),
  };
}

const HANDSHAKE_FAILURES: Readonly<Record<string, HandshakeFailure>> = {
  'handshake:error:auth': 'auth',
  'handshake:error:protocol': 'protocol',
  'handshake:error:other': 'other',
};

/** A ROUTER socket for endpoints that differ in nothing but the place (MDP-B-01, MDP-B-02). */
export class BoundSocket {
  readonly socket: Router;
  /** Where it is bound, with the ports that were chosen. */
  readonly endpoints: string[] = [];
  readonly #host: BoundSocketHost;
  readonly #reason = new BindReason();
  /** Endpoints that were given up and are not free yet. */
  readonly #toBeFreed = new Set<string>();
  #onFreed: (() => void) | undefined;
  /** When it may be told again that no connection can be accepted, by `performance.now()`. */
  #tellAfter = -Infinity;

  /** @param own - what is set on this socket and not on every one of the broker */
  constructor(options: ResolvedBrokerOptions, own: SocketOptions<Router>, host: BoundSocketHost) {
    const { heartbeatIntervalMs, heartbeatLiveness, zmtpHeartbeats, maxBodyBytes } = options;
    this.#host = host;
    this.socket = new Router({
      mandatory: true,
      sendTimeout: 0,
      linger: LINGER_MS,
      handshakeInterval: options.handshakeTimeoutMs,
      sendHighWaterMark: options.sendHighWaterMark,
      receiveHighWaterMark: options.receiveHighWaterMark,
      backlog: BACKLOG,
      // Frames a little too large get an error reply; ZeroMQ drops the connection of those who send far larger ones.
      maxMessageSize: 2 * maxBodyBytes + 65_536,
      ...(zmtpHeartbeats ? zmtpHeartbeatsEvery(heartbeatIntervalMs * heartbeatLiveness) : {}),
      ...own,
    });
    void this.#watch();
  }

  /**
   * Bind one more endpoint.
   *
   * @throws BindError `MDP_BIND`
   */
  async bind(endpoint: string): Promise<void> {
    try {
      await this.socket.bind(endpoint);
    } catch (error) {
      throw new BindError(endpoint, { cause: await this.#reason.of(error) });
    }
    this.endpoints.push(this.socket.lastEndpoint ?? endpoint);
  }

  async #watch(): Promise<void> {
    try {
      let count = 0;
      for await (const event of this.socket.events) {
        if (++count % EVENTS_IN_A_ROW === 0) await new Promise(setImmediate);
        const failure = HANDSHAKE_FAILURES[event.type];
        if (failure !== undefined) this.#host.handshakeFailed(failure);
        else if (event.type === 'disconnect') this.#host.connectionLost();
        else if (event.type === 'bind:error') this.#reason.tell(event.error);
        else if (event.type === 'accept:error') this.#acceptFailed(event.error);
        else if (event.type === 'close' && this.#toBeFreed.delete(event.address)) this.#onFreed?.();
      }
    } catch (error) {
      if (!this.socket.closed) this.#host.failed(asError(error));
    }
  }

  /** Most often no file can be opened any more. It fails again at once, until there is room: that is told now and then. */
  #acceptFailed(error: Error): void {
    this.#host.acceptFailed();
    const now = performance.now();
    if (now < this.#tellAfter) return;
    this.#tellAfter = now + TELL_EVERY_MS;
    this.#host.failed(new Error(`no connection can be accepted: ${error.message}`, { cause: error }));
  }

  /**
   * Give up its endpoints and close. When it resolves they are free: closing alone frees them some time later, and a
   * successor may want them at once.
   *
   * @param lingerMs - how long ZeroMQ may still send what it has, in milliseconds
   *
   * By `disconnect()`, which ZeroMQ takes for bound endpoints too. `unbind()` works in another thread while this one
   * still receives, and ZeroMQ aborts the process when two threads use one socket; `unbindSync()` of zeromq.js 6.8 binds.
   */
  async close(lingerMs = LINGER_MS): Promise<void> {
    this.socket.linger = lingerMs;
    for (const endpoint of this.endpoints) {
      try {
        this.socket.disconnect(endpoint);
        // An inproc endpoint is free at once, and nothing tells so.
        if (!endpoint.startsWith('inproc:')) this.#toBeFreed.add(endpoint);
      } catch (error) {
        this.#host.failed(asError(error));
      }
    }
    await this.#freed();
    this.socket.close();
  }

  #freed(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, FREED_WITHIN_MS);
      this.#onFreed = () => {
        if (this.#toBeFreed.size > 0) return;
        clearTimeout(timer);
        resolve();
      };
      this.#onFreed();
    });
  }
}
