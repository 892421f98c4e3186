// SPDX-License-Identifier: Apache-2.0
// endpoint - one broker as the client sees it, and the connections to it

import { Agreement } from './agreement.js';
import type { Exchange } from './exchange.js';
import type { Link } from './link.js';
import type { MxLink } from './mx-link.js';
import type { Rest } from './rests.js';

/**
 * What is believed of an endpoint: `unknown` before the first try, `up` after a handshake, `down` after a connection
 * could not be made. One that is down keeps a single connection trying, or none for a while when it said no; requests go
 * elsewhere meanwhile.
 */
export type EndpointState = 'unknown' | 'up' | 'down';

/** One broker and the connections to it. {@link Links}, {@link MxLinks}, {@link Refusals} and {@link Rests} alone write it. */
export class Endpoint {
  state: EndpointState = 'unknown';
  /** Why the last connection could not be made. */
  reason = '';
  /** Its last no, by its number among all of the client; 0 when its last word was something else. */
  refusal = 0;
  /** How often it said no since the last handshake that was done. */
  refusals = 0;
  /** How many handshakes it closed since the last one that was done. */
  closings = 0;
  /** Until when it is left alone after a no; `Infinity` when it is not. */
  tryAt = Infinity;
  /** Whether a connection could be opened the last time, whatever came of it. */
  possible = true;
  /** How many things have happened here: what came, and when it began to rest. It tells before from after. */
  order = 0;
  /** When something came from it last, in its order. */
  heardOrder = -1;
  /** It stands, but does not serve: it is left alone while others have room. */
  rest: Rest | undefined = undefined;
  /** Strict connections that carry a request. */
  busy = 0;
  /** Strict connections that are being made. */
  connecting = 0;
  /** Free strict connections, the most recently used last. */
  readonly idle: Link[] = [];
  /** All of its strict connections. */
  readonly links = new Set<Link>();
  /** By what new requests go to it. With `auto` it is what was spoken last: a new MX connection asks before it is used. */
  wire: 'strict' | 'mx' = 'strict';
  /** Its MX connection. While requests go by strict ones it asks whether it may be used. */
  mx: MxLink | undefined = undefined;
  readonly agreement = new Agreement();

  /** Its name no longer stands for it: it finishes what it has, and gets nothing new. */
  leaving = false;

  /**
   * @param address - where it is
   * @param name - the endpoint with the name that it was found by, as it was given; `undefined` when it was given itself
   */
  constructor(
    readonly address: string,
    readonly name?: string,
  ) {}

  /** Whether it stands for a name whose addresses are not known: there is nothing to connect to. */
  get unknownAddress(): boolean {
    return this.address === this.name;
  }

  /** How many requests are under way to it. */
  get inFlight(): number {
    return this.mx === undefined ? this.busy : this.busy + this.mx.inFlight;
  }

  /** The connection that a new request can have at once. */
  get free(): Link | MxLink | undefined {
    if (this.wire === 'strict') return this.idle.at(-1);
    return this.mx?.hasRoom === true ? this.mx : undefined;
  }

  /** Connections for new requests that are being made. */
  get opening(): number {
    if (this.wire === 'strict') return this.connecting;
    return this.mx?.phase === 'connecting' || this.mx?.phase === 'asking' ? 1 : 0;
  }

  /** Whether a connection stands that requests can have, now or when it is free. */
  get stands(): boolean {
    return this.links.size > this.connecting || this.mx?.phase === 'open';
  }

  /** A handshake was done. */
  met(): void {
    this.state = 'up';
    this.reason = '';
    this.refusal = this.refusals = this.closings = 0;
    this.tryAt = Infinity;
  }

  /** A connection could not be made, and may be tried again at once. */
  missed(reason: string): void {
    this.state = 'down';
    this.reason = reason;
    this.refusal = 0;
  }

  /** The requests that are under way to it. */
  *carried(): Generator<Exchange> {
    for (const { exchange } of this.links) if (exchange !== undefined) yield exchange;
    if (this.mx !== undefined) yield* this.mx.exchanges;
  }
}
