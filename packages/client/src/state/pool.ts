// SPDX-License-Identifier: Apache-2.0
// pool - which connection the next request gets, and where another one is opened

import type { Connections, PoolCounters } from './connections.js';
import type { Endpoint } from './endpoint.js';
import type { Link } from './link.js';

/** ZeroMQ listens with a backlog of 100: more connections at once would run into the retransmission of a SYN. */
const MAX_CONNECTING = 64;

/**
 * Who gets which connection.
 *
 * Idle connections are a stack: the most recently used goes out first, so that those that the load no longer needs
 * lie at the bottom, grow old and are closed. Every operation is O(endpoints) at most.
 */
export class Pool {
  readonly #connections: Connections;
  #turn = 0;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  get endpoints(): readonly Endpoint[] {
    return this.#connections.endpoints;
  }

  get counters(): PoolCounters {
    return this.#connections.counters;
  }

  /** All connections, whatever their phase. */
  get total(): number {
    return this.#connections.total;
  }

  /**
   * Take an idle connection for a request: of the endpoint with the least requests under way if it has one, else any.
   * In the latter case the former gets one more connection, so that the load spreads again after an endpoint came back.
   */
  take(now: number): Link | undefined {
    const { endpoints } = this;
    this.#connections.usedAt = now;
    for (;;) {
      const link = endpoints.length === 1 ? endpoints[0]?.idle.at(-1) : this.#choose(now);
      if (link === undefined) return undefined;
      if (this.#isClean(link)) return this.#connections.occupy(link);
    }
  }

  /** Take an idle connection that nothing was ever sent on; one to `avoid` only if there is no other. */
  takeUnused(now: number, avoid: Endpoint | undefined): Link | undefined {
    this.#connections.usedAt = now;
    let found: Link | undefined;
    for (const endpoint of this.endpoints) {
      const link = endpoint.idle.at(-1);
      if (link === undefined || link.used || (found !== undefined && endpoint === avoid)) continue;
      if (this.#isClean(link)) found = link;
      if (endpoint !== avoid && found !== undefined) break;
    }
    return found === undefined ? undefined : this.#connections.occupy(found);
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
    const connections = this.#connections;
    connections.usedAt = now;
    let ready = false;
    let missing = waiting;
    for (const endpoint of this.endpoints) {
      if (endpoint.state !== 'down') missing -= endpoint.connecting;
      else if (this.#mayTry(endpoint) && connections.open(now, endpoint) === 'ready') ready = true;
    }
    while (missing > 0) {
      const endpoint = this.#leastUsed(avoid);
      if (endpoint === undefined) break;
      if (!connections.spare && !(evict && this.#evict())) break;
      const opened = connections.open(now, endpoint);
      if (opened === 'exhausted') break;
      if (opened === 'ready') ready = true;
      if (opened !== 'impossible') missing -= 1;
    }
    return ready;
  }

  /** Whether an endpoint that is down is tried: by one connection at a time, also while a stream lives on an older one. */
  #mayTry(endpoint: Endpoint): boolean {
    return endpoint.connecting === 0 && (endpoint.links.size === 0 || this.#connections.spare);
  }

  /** A message on an idle connection came after a FINAL: it would be taken for the next request's reply (MDP-C-08). */
  #isClean(link: Link): boolean {
    if (!link.handle.readable) return true;
    this.#connections.burn(link);
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
      const room = this.#connections.spare || this.#evict(free);
      if (room && this.#connections.open(now, best) === 'ready') free = best;
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
    this.#connections.close(oldest);
    return true;
  }
}
