// SPDX-License-Identifier: Apache-2.0
// pool - which connection the next request gets, and where another one is opened

import type { Carrier } from './carrier.js';
import type { Endpoint } from './endpoint.js';
import type { Link } from './link.js';
import type { Links, Opened, PoolCounters } from './links.js';
import { MxLink } from './mx-link.js';
import type { MxLinks } from './mx-links.js';
import { isFit, mayProbe } from './rests.js';

/** ZeroMQ listens with a backlog of 100: more connections at once would run into the retransmission of a SYN. */
const MAX_CONNECTING = 64;

/**
 * Who gets which connection.
 *
 * Idle connections are a stack: the most recently used goes out first, so that those that the load no longer needs
 * lie at the bottom, grow old and are closed. Every operation is O(endpoints) at most.
 */
export class Pool {
  /** When a request last wanted a connection. */
  usedAt = 0;
  readonly #links: Links;
  readonly #mxLinks: MxLinks;
  #turn = 0;

  constructor(links: Links, mxLinks: MxLinks) {
    this.#links = links;
    this.#mxLinks = mxLinks;
  }

  get endpoints(): readonly Endpoint[] {
    return this.#links.endpoints;
  }

  get counters(): PoolCounters {
    return this.#links.counters;
  }

  /** All strict connections, whatever their phase. */
  get total(): number {
    return this.#links.total;
  }

  /** Whether there is no connection that a request could wait for, and none is to come. */
  get empty(): boolean {
    if (this.total > 0) return false;
    return !this.endpoints.some(
      ({ wire, mx, tryAt, unknownAddress }) =>
        unknownAddress || tryAt < Infinity || (wire === 'mx' && mx !== undefined),
    );
  }

  /**
   * Take a free connection for a request: of the endpoint with the least requests under way if it has one, else any.
   * In the latter case the former gets one more connection, so that the load spreads again after an endpoint came back.
   */
  take(now: number): Carrier | undefined {
    const { endpoints } = this;
    this.usedAt = now;
    for (;;) {
      const link = endpoints.length === 1 ? endpoints[0]?.free : this.#choose(now);
      if (link === undefined || link instanceof MxLink) return link;
      if (this.#isClean(link)) return this.#links.occupy(link);
    }
  }

  /**
   * Take a free connection for a request that was sent before: one that nothing was ever sent on, or an MX connection,
   * where it has a new id; one to `avoid` only if there is no other.
   */
  takeUnused(now: number, avoid: Endpoint | undefined): Carrier | undefined {
    this.usedAt = now;
    const shun = this.#anyFit();
    let found: Link | MxLink | undefined;
    let foundRank = Infinity;
    for (const endpoint of this.endpoints) {
      const link = endpoint.free;
      const rests = shun && endpoint.rest !== undefined;
      const rank = (rests ? 2 : 0) + (endpoint === avoid ? 1 : 0);
      if (link === undefined || rank >= foundRank) continue;
      if (rests && this.#expectsOther(endpoint)) continue;
      if (link instanceof MxLink) {
        if (endpoint === avoid && this.#expectsOther(avoid)) continue;
      } else if (link.used || !this.#isClean(link)) continue;
      found = link;
      foundRank = rank;
      if (rank === 0) break;
    }
    return found === undefined || found instanceof MxLink ? found : this.#links.occupy(found);
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
    this.usedAt = now;
    let ready = false;
    let missing = waiting;
    const shun = this.#anyFit();
    for (const endpoint of this.endpoints) {
      if (endpoint.state === 'down') ready = this.#try(now, endpoint) || ready;
      else if (!shun || endpoint.rest === undefined) missing -= endpoint.opening;
    }
    while (missing > 0) {
      const endpoint = (shun ? this.#leastUsed(avoid, true) : undefined) ?? this.#leastUsed(avoid, false);
      if (endpoint === undefined) break;
      if (!this.#hasRoom(endpoint) && !(evict && this.#evict())) break;
      const opened = this.#open(now, endpoint);
      if (opened === 'exhausted') break;
      if (opened === 'ready') ready = true;
      if (opened !== 'impossible') missing -= 1;
    }
    return ready;
  }

  /** Whether a connection to another endpoint is being made, or will be: there is room, or an idle one can make it. */
  #expectsOther(avoid: Endpoint): boolean {
    const { endpoints } = this;
    const canEvict = endpoints.some(({ idle }) => idle.length > 0);
    return endpoints.some(
      (other) => other !== avoid && isFit(other) && (this.#hasProspect(other) || (canEvict && this.#mayGrow(other))),
    );
  }

  /** Whether there is an endpoint that serves, as far as is known: only then others may rest. */
  #anyFit(): boolean {
    const { endpoints } = this;
    return endpoints.length > 1 && endpoints.some(isFit);
  }

  #open(now: number, endpoint: Endpoint): Opened {
    return endpoint.wire === 'mx' ? this.#mxLinks.open(now, endpoint) : this.#links.open(now, endpoint);
  }

  /** Whether an endpoint could have one more connection for requests. There is one by MX, and many strict ones. */
  #mayGrow(endpoint: Endpoint): boolean {
    return endpoint.wire === 'mx' ? endpoint.mx === undefined : endpoint.connecting < MAX_CONNECTING;
  }

  /** Whether there may be one more without closing another: only strict ones are counted. */
  #hasRoom(endpoint: Endpoint): boolean {
    return endpoint.wire === 'mx' || this.#links.spare;
  }

  /**
   * Try an endpoint that is down, if it may be: by one connection at a time, also while a stream lives on an older one.
   *
   * @returns whether a connection is ready at once
   */
  #try(now: number, endpoint: Endpoint): boolean {
    if (endpoint.unknownAddress) return false;
    if (endpoint.tryAt < Infinity) {
      if (endpoint.tryAt > now) return false;
      endpoint.tryAt = Infinity;
    }
    const mayTry =
      endpoint.wire === 'mx'
        ? endpoint.mx === undefined
        : endpoint.connecting === 0 && (endpoint.links.size === 0 || this.#links.spare);
    return mayTry && this.#open(now, endpoint) === 'ready';
  }

  /** A message on an idle connection came after a FINAL: it would be taken for the next request's reply (MDP-C-08). */
  #isClean(link: Link): boolean {
    if (!link.handle.readable) return true;
    this.#links.burn(link);
    return false;
  }

  #choose(now: number): Link | MxLink | undefined {
    const { endpoints } = this;
    let best: Endpoint | undefined;
    let free: Endpoint | undefined;
    let resting: Endpoint | undefined;
    let due: Endpoint | undefined;
    const shun = this.#anyFit();
    for (let i = 0; i < endpoints.length; i++) {
      const endpoint = endpoints[(i + this.#turn) % endpoints.length] as Endpoint;
      const { inFlight } = endpoint;
      if (endpoint.state === 'down') {
        // Perhaps nothing goes on trying there, and nobody may ever wait while others have room.
        if (endpoint.possible) this.#try(now, endpoint);
      } else if (shun && endpoint.rest !== undefined) {
        if (mayProbe(now, endpoint)) due = endpoint;
        if (endpoint.free !== undefined && inFlight < (resting?.inFlight ?? Infinity)) resting = endpoint;
        continue;
      } else if (inFlight < (best?.inFlight ?? Infinity)) best = endpoint;
      if (endpoint.free !== undefined && inFlight < (free?.inFlight ?? Infinity)) free = endpoint;
    }
    this.#turn = (this.#turn + 1) % endpoints.length;
    if (due !== undefined && this.#reach(now, due)) return due.free;
    if (free === undefined) return best !== undefined && this.#hasProspect(best) ? undefined : resting?.free;
    if (best === undefined || best === free) return free.free;
    if (best.free !== undefined) return best.free;
    if (best.opening === 0 && this.#mayGrow(best) && (this.#hasRoom(best) || this.#evict(free))) {
      if (this.#open(now, best) === 'ready') return best.free;
    }
    return free.free;
  }

  /** Have a connection to a resting endpoint for its probe: now, or for a later one. @returns whether one is free */
  #reach(now: number, endpoint: Endpoint): boolean {
    if (endpoint.free !== undefined) return true;
    return endpoint.opening === 0 && this.#hasProspect(endpoint) && this.#open(now, endpoint) === 'ready';
  }

  /** Whether an endpoint without a free connection has one soon, without closing any other. */
  #hasProspect(endpoint: Endpoint): boolean {
    return endpoint.opening > 0 || (this.#mayGrow(endpoint) && this.#hasRoom(endpoint));
  }

  /** The endpoint that the next connection goes to: of those not known to be down, the one with the fewest. */
  #leastUsed(avoid: Endpoint | undefined, shun: boolean): Endpoint | undefined {
    let best: Endpoint | undefined;
    for (const endpoint of this.endpoints) {
      if (endpoint.state === 'down' || !this.#mayGrow(endpoint) || (shun && endpoint.rest !== undefined)) continue;
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
    this.#links.close(oldest);
    return true;
  }
}
