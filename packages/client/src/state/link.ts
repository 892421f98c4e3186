// SPDX-License-Identifier: Apache-2.0
// link - one connection to one broker as the state sees it: it carries one request at a time

import type { Frame } from '@mdp/protocol';
import type { Exchange } from './exchange.js';

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

/** One connection. The pool alone writes it. */
export class Link {
  phase: LinkPhase = 'connecting';
  /** The request that it carries while it is busy. */
  exchange: Exchange | undefined = undefined;
  /** Whether a request was ever sent on it. */
  used = false;
  /** Since when it is idle, in milliseconds of the client's clock. */
  idleSince = 0;
  /** Set by the pool right after it was opened. */
  handle!: LinkHandle;

  constructor(readonly endpoint: Endpoint) {}
}

/**
 * What is believed of an endpoint: `unknown` before the first try, `up` after a handshake, `down` after a connection
 * could not be made. One that is down keeps a single connection trying; requests go elsewhere meanwhile.
 */
export type EndpointState = 'unknown' | 'up' | 'down';

/** One broker and the connections to it. The pool alone writes it. */
export class Endpoint {
  state: EndpointState = 'unknown';
  /** Why the last connection could not be made. */
  reason = '';
  busy = 0;
  connecting = 0;
  /** Free connections, the most recently used last. */
  readonly idle: Link[] = [];
  /** All of its connections. */
  readonly links = new Set<Link>();

  constructor(readonly address: string) {}
}
