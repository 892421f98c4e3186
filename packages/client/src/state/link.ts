// SPDX-License-Identifier: Apache-2.0
// link - one strict connection to one broker as the state sees it: it carries one request at a time

import type { Frame } from '@mdp/protocol';
import { Trip } from './allowances.js';
import type { Carrier } from './carrier.js';
import type { Endpoint } from './endpoint.js';
import type { Exchange } from './exchange.js';
import { bufferedBytes } from './exchange.js';

/** What the state can do with a connection. The loop implements it over a DEALER socket. */
export interface LinkHandle {
  /** Whether it needs no handshake: it can be sent on as soon as it is opened (inproc). */
  readonly connected: boolean;
  /** Whether a message waits to be read. Asked only while no message is asked for. */
  readonly readable: boolean;
  /** Hand one message over, now. A failure is reported later, as the loss of the link. */
  send(frames: readonly Frame[]): void;
  /** Ask for one message. It is delivered later, never from within this call. */
  receive(): void;
  /** Close at once, dropping what was not sent. Nothing is reported afterwards. */
  close(): void;
}

/** Who keeps the books of links. */
export interface LinkOwner {
  /** The reply has ended: the link is free again. */
  release(now: number, link: Link): void;
  /** Close a link that must not be used again. */
  burn(link: Link): void;
}

/**
 * The life of a link.
 *
 * ```text
 * connecting --handshake--> idle <--FINAL / request--> busy
 *      \                     |                          |
 *       +--------------------+----> closed <------------+   lost, expired, abandoned
 * ```
 */
export type LinkPhase = 'connecting' | 'idle' | 'busy' | 'closed';

/** One connection. {@link Links} alone writes it, but for what it does as a {@link Carrier}. */
export class Link implements Carrier {
  phase: LinkPhase = 'connecting';
  /** The request that it carries while it is busy. */
  exchange: Exchange | undefined = undefined;
  /** Whether a request was ever sent on it. */
  used = false;
  /** Since when it is idle, in milliseconds of the client's clock. */
  idleSince = 0;
  readonly trip = new Trip();
  /** Set right after it was opened. */
  handle!: LinkHandle;
  readonly #owner: LinkOwner;

  constructor(
    readonly endpoint: Endpoint,
    owner: LinkOwner,
  ) {
    this.#owner = owner;
  }

  send(_now: number, exchange: Exchange): void {
    this.exchange = exchange;
    this.handle.send(exchange.frames);
    this.handle.receive();
  }

  partCame(exchange: Exchange, body: readonly Frame[], taken: boolean): void {
    if (!taken && exchange.bounded) {
      exchange.buffered += bufferedBytes(body);
      if (exchange.buffered >= exchange.policy.maxBufferedBytes) {
        // Strict RFC 18 has no flow control: what is not read stays in ZeroMQ, then in TCP, then at the broker.
        exchange.paused = true;
        return;
      }
    }
    this.handle.receive();
  }

  partsTaken(exchange: Exchange, bytes: number): void {
    exchange.buffered -= bytes;
    if (exchange.buffered < exchange.policy.maxBufferedBytes) this.#resume(exchange);
  }

  collect(exchange: Exchange): void {
    this.#resume(exchange);
  }

  release(now: number): void {
    this.#owner.release(now, this);
  }

  /** The connection is closed in any case. */
  unanswered(): void {
    return;
  }

  /** A late reply would be taken for the next request's: a link on which one may come is closed (MDP-C-08). */
  abandon(): void {
    this.#owner.burn(this);
  }

  #resume(exchange: Exchange): void {
    if (!exchange.paused) return;
    exchange.paused = false;
    this.handle.receive();
  }
}
