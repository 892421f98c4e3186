// SPDX-License-Identifier: Apache-2.0
// links - the strict connections and the books of them: opened, up, refused, idle, closed

import { Endpoint } from './endpoint.js';
import type { LinkHandle } from './link.js';
import { Link } from './link.js';

/** What links need of the outside. */
export interface LinksPort {
  /**
   * Open a connection to `link.endpoint`.
   *
   * @throws whatever the operating system or ZeroMQ says when there can be none
   */
  open(link: Link): LinkHandle;
}

/** The options of links, resolved. */
export interface LinksOptions {
  readonly endpoints: readonly string[];
  /** Those of them with a name that is looked up. */
  readonly names: ReadonlySet<string>;
  /** The most strict connections, over all endpoints. */
  readonly maxSockets: number;
  /** How long a connection may be idle before it is closed, in milliseconds; 0 = for ever. */
  readonly idleSocketMs: number;
}

/** What is counted of connections. */
export interface PoolCounters {
  /** Connections that were opened. */
  opened: number;
  /** Connections that were closed because a request was given up or its reply was not to be trusted. */
  burnt: number;
  /** Messages that came when no request was under way on their connection, and MX replies that belong to none. */
  strays: number;
  /** How often a broker said no: to the key, or to how the connection is encrypted. */
  refusals: number;
}

/** What came of opening a connection: `exhausted` when there are no more sockets, `impossible` when never there. */
export type Opened = 'ready' | 'connecting' | 'exhausted' | 'impossible';

/** The strict connections of a client, in every phase. Who gets one is the {@link Pool}'s affair. */
export class Links {
  /** Where requests may go. What a name stands for changes it. */
  readonly endpoints: Endpoint[];
  /** Those that finish what they have. */
  readonly leaving = new Set<Endpoint>();
  readonly counters: PoolCounters = { opened: 0, burnt: 0, strays: 0, refusals: 0 };
  /** Why the last connection could not even be opened. */
  openError: unknown = undefined;
  readonly #options: LinksOptions;
  readonly #port: LinksPort;
  #total = 0;

  constructor(options: LinksOptions, port: LinksPort) {
    this.#options = options;
    this.#port = port;
    this.endpoints = options.endpoints.map((address) =>
      options.names.has(address) ? unknownName(address) : new Endpoint(address),
    );
  }

  /** All endpoints that there may be connections to. */
  *everywhere(): Generator<Endpoint> {
    yield* this.endpoints;
    yield* this.leaving;
  }

  /** All connections, whatever their phase. */
  get total(): number {
    return this.#total;
  }

  /** Whether another one may be opened. */
  get spare(): boolean {
    return this.#total < this.#options.maxSockets;
  }

  /** Open a connection. */
  open(now: number, endpoint: Endpoint): Opened {
    const link = new Link(endpoint, this);
    try {
      link.handle = this.#port.open(link);
    } catch (error) {
      this.openError = error;
      if (isExhaustion(error)) return 'exhausted';
      endpoint.possible = false;
      endpoint.missed(error instanceof Error ? error.message : String(error));
      return 'impossible';
    }
    this.counters.opened += 1;
    this.#total += 1;
    endpoint.possible = true;
    endpoint.links.add(link);
    endpoint.connecting += 1;
    if (!link.handle.connected) return 'connecting';
    this.up(now, link);
    return 'ready';
  }

  /** A connection was made. It is idle from now on. */
  up(now: number, link: Link): void {
    link.endpoint.met();
    if (link.phase !== 'connecting') return;
    link.endpoint.connecting -= 1;
    this.#rest(now, link);
  }

  /** Close the connections of an endpoint that are being made, but for one. */
  closeConnecting(endpoint: Endpoint, keep?: Link): void {
    if (endpoint.connecting === 0) return;
    for (const link of endpoint.links) if (link !== keep && link.phase === 'connecting') this.close(link);
  }

  /** Give the idle connection of an endpoint that was used last to a request. */
  occupy(link: Link): Link {
    const { endpoint } = link;
    endpoint.idle.pop();
    endpoint.busy += 1;
    link.phase = 'busy';
    link.used = true;
    return link;
  }

  /** The reply of a request has ended: its connection is idle again, unless requests go by MX by now. */
  release(now: number, link: Link): void {
    const { endpoint } = link;
    link.exchange = undefined;
    if (endpoint.wire === 'mx' || endpoint.leaving) {
      this.close(link);
      return;
    }
    endpoint.busy -= 1;
    this.#rest(now, link);
  }

  /**
   * Requests to an endpoint go by MX from now on, or elsewhere: close what carries none. Kept, it would be there when the broker dies,
   * and be given requests before it is known to be dead, too.
   */
  retire(endpoint: Endpoint): void {
    for (const link of endpoint.links) if (link.phase !== 'busy') this.close(link);
  }

  /** Close a connection that must not be used again: what still comes on it belongs to nobody. */
  burn(link: Link): void {
    this.counters.burnt += 1;
    this.close(link);
  }

  /** A connection broke. */
  lost(link: Link): void {
    if (link.exchange === undefined) this.close(link);
    else this.burn(link);
  }

  /** Close a connection; nothing happens when it is closed already. */
  close(link: Link): void {
    const { endpoint } = link;
    if (link.phase === 'closed') return;
    if (link.phase === 'connecting') endpoint.connecting -= 1;
    else if (link.phase === 'busy') endpoint.busy -= 1;
    else {
      endpoint.idle.splice(endpoint.idle.indexOf(link), 1);
      if (link.handle.readable) this.counters.strays += 1;
    }
    link.phase = 'closed';
    link.exchange = undefined;
    endpoint.links.delete(link);
    this.#total -= 1;
    link.handle.close();
  }

  /**
   * Close what has been idle too long, and what has tried to connect while nobody wanted anything.
   *
   * @param wantedAt - when a request last wanted a connection; `Infinity` while one does
   */
  expire(now: number, wantedAt: number): void {
    const { idleSocketMs } = this.#options;
    if (idleSocketMs === 0) return;
    const unwanted = wantedAt + idleSocketMs <= now;
    for (const endpoint of this.endpoints) {
      // The one that is idle longest lies at the bottom of the stack: we may stop at the first that is not due.
      for (let oldest = endpoint.idle[0]; oldest !== undefined; oldest = endpoint.idle[0]) {
        if (oldest.idleSince + idleSocketMs > now) break;
        this.close(oldest);
      }
      if (unwanted) this.closeConnecting(endpoint);
    }
  }

  /** When {@link expire} has something to do; `Infinity` for never. */
  nextExpiry(wantedAt: number): number {
    const { idleSocketMs } = this.#options;
    if (idleSocketMs === 0) return Infinity;
    let at = Infinity;
    for (const endpoint of this.endpoints) {
      const oldest = endpoint.idle[0];
      if (oldest !== undefined && oldest.idleSince < at) at = oldest.idleSince;
      if (endpoint.connecting > 0 && wantedAt < at) at = wantedAt;
    }
    return at + idleSocketMs;
  }

  /** Close every connection. */
  closeAll(): void {
    for (const endpoint of this.everywhere()) for (const link of endpoint.links) this.close(link);
  }

  #rest(now: number, link: Link): void {
    link.phase = 'idle';
    link.idleSince = now;
    link.endpoint.idle.push(link);
  }
}

/** The endpoint that stands for a name until its addresses are known. */
function unknownName(name: string): Endpoint {
  const endpoint = new Endpoint(name, name);
  endpoint.possible = false;
  endpoint.missed('its name is being looked up');
  return endpoint;
}

/** Whether sockets, files or memory ran out: a matter of how many there are, not of where they go. */
export function isExhaustion(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM' || code === 'ENOBUFS';
}
