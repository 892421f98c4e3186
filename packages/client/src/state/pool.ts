// SPDX-License-Identifier: Apache-2.0
// pool - which connections there are, which one the next request gets, and when one is opened or closed

import { Endpoint, Link } from './link.js';
import type { LinkHandle } from './link.js';

/** What the pool needs of the outside. */
export interface PoolPort {
  /**
   * Open a connection to `link.endpoint`.
   *
   * @throws whatever the operating system or ZeroMQ says when there can be none
   */
  open(link: Link): LinkHandle;
}

/** The pool's options, resolved. */
export interface PoolOptions {
  readonly endpoints: readonly string[];
  /** The most connections, over all endpoints. */
  readonly maxSockets: number;
  /** How long a connection may be idle before it is closed, in milliseconds; 0 = for ever. */
  readonly idleSocketMs: number;
}

/** What the pool counts. */
export interface PoolCounters {
  /** Connections that were opened. */
  opened: number;
  /** Connections that were closed because a request was given up or its reply was not to be trusted. */
  burnt: number;
  /** Messages that came when no request was under way on their connection. */
  strays: number;
}

/** ZeroMQ listens with a backlog of 100: more connections at once would run into the retransmission of a SYN. */
const MAX_CONNECTING = 64;

/**
 * The connections of a client.
 *
 * Idle connections are a stack: the most recently used goes out first, so that those that the load no longer needs
 * lie at the bottom, grow old and are closed. Every operation is O(endpoints) at most.
 */
export class Pool {
  readonly endpoints: readonly Endpoint[];
  readonly counters: PoolCounters = { opened: 0, burnt: 0, strays: 0 };
  /** Why the last connection could not even be opened. */
  openError: unknown = undefined;
  readonly #options: PoolOptions;
  readonly #port: PoolPort;
  #total = 0;
  #turn = 0;
  #usedAt = 0;

  constructor(options: PoolOptions, port: PoolPort) {
    this.#options = options;
    this.#port = port;
    this.endpoints = options.endpoints.map((address) => new Endpoint(address));
  }

  /** All connections, whatever their phase. */
  get total(): number {
    return this.#total;
  }

  /**
   * Take an idle connection for a request: of the endpoint with the least requests under way if it has one, else any.
   * In the latter case the former gets one more connection, so that the load spreads again after an endpoint came back.
   */
  take(now: number): Link | undefined {
    this.#usedAt = now;
    for (;;) {
      const link = this.endpoints.length === 1 ? this.endpoints[0]?.idle.at(-1) : this.#choose(now);
      if (link === undefined) return undefined;
      if (this.#isClean(link)) return this.#occupy(link);
    }
  }

  /** Take an idle connection that nothing was ever sent on; one to `avoid` only if there is no other. */
  takeUnused(now: number, avoid: Endpoint | undefined): Link | undefined {
    this.#usedAt = now;
    let found: Link | undefined;
    for (const endpoint of this.endpoints) {
      const link = endpoint.idle.at(-1);
      if (link === undefined || link.used || (found !== undefined && endpoint === avoid)) continue;
      if (this.#isClean(link)) found = link;
      if (endpoint !== avoid && found !== undefined) break;
    }
    return found === undefined ? undefined : this.#occupy(found);
  }

  /**
   * Open connections until as many are on their way as requests wait.
   *
   * @param waiting - requests without a connection
   * @param evict - whether an idle connection may be closed to make room
   * @param avoid - the endpoint that the new connections go to only if no other is believed to be up
   * @returns whether a connection is ready at once, so that {@link take} should be asked again
   */
  grow(now: number, waiting: number, evict: boolean, avoid?: Endpoint): boolean {
    this.#usedAt = now;
    let ready = false;
    let missing = waiting;
    for (const endpoint of this.endpoints) {
      if (endpoint.state !== 'down') missing -= endpoint.connecting;
      else if (this.#mayTry(endpoint) && this.#open(now, endpoint) === 'ready') ready = true;
    }
    while (missing > 0) {
      const endpoint = this.#leastUsed(avoid);
      if (endpoint === undefined) break;
      if (this.#total >= this.#options.maxSockets && !(evict && this.#evict())) break;
      const opened = this.#open(now, endpoint);
      if (opened === 'exhausted') break;
      if (opened === 'ready') ready = true;
      if (opened !== 'impossible') missing -= 1;
    }
    return ready;
  }

  /** Whether an endpoint that is down is tried: by one connection at a time, also while a stream lives on an older one. */
  #mayTry(endpoint: Endpoint): boolean {
    return endpoint.connecting === 0 && (endpoint.links.size === 0 || this.#total < this.#options.maxSockets);
  }

  /** A connection was made. It is idle from now on. */
  up(now: number, link: Link): void {
    link.endpoint.state = 'up';
    link.endpoint.reason = '';
    if (link.phase !== 'connecting') return;
    link.endpoint.connecting -= 1;
    this.#rest(now, link);
  }

  /** A connection could not be made. One of those to its endpoint goes on trying, the others are closed. */
  refused(link: Link, reason: string): void {
    const { endpoint } = link;
    if (link.phase !== 'connecting') return;
    endpoint.state = 'down';
    endpoint.reason = reason;
    for (const other of endpoint.links) {
      if (other !== link && other.phase === 'connecting') this.close(other);
    }
  }

  /** The reply of a request has ended: its connection is idle again. */
  release(now: number, link: Link): void {
    link.endpoint.busy -= 1;
    link.exchange = undefined;
    this.#rest(now, link);
  }

  /** Close a connection that must not be used again: what still comes on it belongs to nobody. */
  burn(link: Link): void {
    this.counters.burnt += 1;
    this.close(link);
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

  /** Close what has been idle too long, and what has tried to connect while nobody wanted anything. */
  expire(now: number, waiting: number): void {
    const { idleSocketMs } = this.#options;
    if (idleSocketMs === 0) return;
    const unwanted = waiting === 0 && this.#usedAt + idleSocketMs <= now;
    for (const endpoint of this.endpoints) {
      // The one that is idle longest lies at the bottom of the stack: we may stop at the first that is not due.
      for (let oldest = endpoint.idle[0]; oldest !== undefined; oldest = endpoint.idle[0]) {
        if (oldest.idleSince + idleSocketMs > now) break;
        this.close(oldest);
      }
      if (!unwanted || endpoint.connecting === 0) continue;
      for (const link of endpoint.links) if (link.phase === 'connecting') this.close(link);
    }
  }

  /** When {@link expire} has something to do; `Infinity` for never. */
  nextExpiry(waiting: number): number {
    const { idleSocketMs } = this.#options;
    if (idleSocketMs === 0) return Infinity;
    let at = Infinity;
    for (const endpoint of this.endpoints) {
      const oldest = endpoint.idle[0];
      if (oldest !== undefined && oldest.idleSince < at) at = oldest.idleSince;
      if (endpoint.connecting > 0 && waiting === 0 && this.#usedAt < at) at = this.#usedAt;
    }
    return at + idleSocketMs;
  }

  /** Close every connection. */
  closeAll(): void {
    for (const endpoint of this.endpoints) for (const link of endpoint.links) this.close(link);
  }

  #rest(now: number, link: Link): void {
    link.phase = 'idle';
    link.idleSince = now;
    link.endpoint.idle.push(link);
  }

  #occupy(link: Link): Link {
    const { endpoint } = link;
    endpoint.idle.pop();
    endpoint.busy += 1;
    link.phase = 'busy';
    link.used = true;
    return link;
  }

  /** A message on an idle connection came after a FINAL: it would be taken for the next request's reply (MDP-C-08). */
  #isClean(link: Link): boolean {
    if (!link.handle.readable) return true;
    this.burn(link);
    return false;
  }

  #choose(now: number): Link | undefined {
    const { endpoints } = this;
    let best: Endpoint | undefined;
    let free: Endpoint | undefined;
    for (let i = 0; i < endpoints.length; i++) {
      const endpoint = endpoints[(i + this.#turn) % endpoints.length] as Endpoint;
      if (endpoint.state !== 'down' && endpoint.busy < (best?.busy ?? Infinity)) best = endpoint;
      if (endpoint.idle.length > 0 && endpoint.busy < (free?.busy ?? Infinity)) free = endpoint;
    }
    this.#turn = (this.#turn + 1) % endpoints.length;
    if (best !== undefined && free !== undefined && best.idle.length === 0 && best.connecting === 0) {
      const room = this.#total < this.#options.maxSockets || this.#evict(free);
      if (room && this.#open(now, best) === 'ready') free = best;
    } else if (best !== undefined && best.idle.length > 0) free = best;
    return free?.idle.at(-1);
  }

  /** The endpoint that the next connection goes to: of those not known to be down, the one with the fewest. */
  #leastUsed(avoid: Endpoint | undefined): Endpoint | undefined {
    let best: Endpoint | undefined;
    for (const endpoint of this.endpoints) {
      if (endpoint.state === 'down' || endpoint.connecting >= MAX_CONNECTING) continue;
      const better = best === undefined || best === avoid || endpoint.links.size < best.links.size;
      if (better && (endpoint !== avoid || best === undefined)) best = endpoint;
    }
    return best;
  }

  /** Close the connection that is idle longest where most are idle, but never the last one of `keep`. */
  #evict(keep?: Endpoint): boolean {
    const spare = (endpoint: Endpoint): number => endpoint.idle.length - (endpoint === keep ? 1 : 0);
    const most = this.endpoints.reduce((a, b) => (spare(b) > spare(a) ? b : a));
    const oldest = spare(most) > 0 ? most.idle[0] : undefined;
    if (oldest === undefined) return false;
    this.close(oldest);
    return true;
  }

  #open(now: number, endpoint: Endpoint): Opened {
    const link = new Link(endpoint);
    try {
      link.handle = this.#port.open(link);
    } catch (error) {
      this.openError = error;
      if (isExhaustion(error)) return 'exhausted';
      endpoint.state = 'down';
      endpoint.reason = error instanceof Error ? error.message : String(error);
      return 'impossible';
    }
    this.counters.opened += 1;
    this.#total += 1;
    endpoint.links.add(link);
    endpoint.connecting += 1;
    if (!link.handle.connected) return 'connecting';
    this.up(now, link);
    return 'ready';
  }
}

/** What came of opening a connection: `exhausted` when there are no more sockets, `impossible` when never there. */
type Opened = 'ready' | 'connecting' | 'exhausted' | 'impossible';

/** Whether sockets, files or memory ran out: a matter of how many there are, not of where they go. */
function isExhaustion(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM' || code === 'ENOBUFS';
}
