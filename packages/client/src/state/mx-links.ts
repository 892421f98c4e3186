// SPDX-License-Identifier: Apache-2.0
// mx-links - the MX connections, one to an endpoint at most: opened, asking, agreed upon, idle, closed

import { ASK_AGAIN_TIMEOUT_MS, ASK_TIMEOUT_MS } from './agreement.js';
import type { Endpoint } from './endpoint.js';
import type { Opened, PoolCounters } from './links.js';
import { isExhaustion } from './links.js';
import type { Links } from './links.js';
import type { MxHandle } from './mx-link.js';
import { MxLink } from './mx-link.js';

/** What MX links need of the outside. */
export interface MxLinksPort {
  /**
   * Open an MX connection to `link.endpoint`.
   *
   * @throws whatever the operating system or ZeroMQ says when there can be none
   */
  openMx(link: MxLink): MxHandle;
}

/** How requests go to brokers: strict, by MX, or strict until a broker has said that it speaks MX. */
export type WireOption = 'auto' | 'mx' | 'rfc18';

/** The options of MX links, resolved. */
export interface MxLinksOptions {
  readonly wire: WireOption;
  /** The most requests under way on one MX connection. */
  readonly maxInFlight: number;
  /** How long a connection may be idle before it is closed, in milliseconds; 0 = for ever. */
  readonly idleSocketMs: number;
}

/**
 * The MX connections of a client. Those that ask for the first time come beside the strict ones, and no request waits for their
 * answer. A broker that spoke MX is asked before all else when it is connected to anew: what is repeated then keeps its name.
 */
export class MxLinks {
  /** Why the last connection could not even be opened. */
  openError: unknown = undefined;
  readonly #options: MxLinksOptions;
  readonly #port: MxLinksPort;
  readonly #links: Links;
  readonly #counters: PoolCounters;

  constructor(options: MxLinksOptions, port: MxLinksPort, links: Links) {
    this.#options = options;
    this.#port = port;
    this.#links = links;
    this.#counters = links.counters;
    for (const endpoint of links.endpoints) this.adopt(endpoint);
  }

  /** There is a new endpoint. */
  adopt(endpoint: Endpoint): void {
    endpoint.wire = this.#options.wire === 'mx' ? 'mx' : 'strict';
  }

  /** Open the connection of an endpoint that is known to speak MX. */
  open(now: number, endpoint: Endpoint): Opened {
    const link = this.#open(now, endpoint, Infinity);
    if (link !== undefined) return link.phase === 'open' ? 'ready' : 'connecting';
    if (isExhaustion(this.openError)) return 'exhausted';
    endpoint.possible = false;
    endpoint.missed(this.openError instanceof Error ? this.openError.message : String(this.openError));
    return 'impossible';
  }

  /** The broker at an endpoint has answered a strict request: this is when it may be asked whether it speaks MX. */
  answered(now: number, endpoint: Endpoint): void {
    if (
      this.#options.wire !== 'auto' ||
      endpoint.wire === 'mx' ||
      endpoint.leaving ||
      endpoint.mx !== undefined ||
      !endpoint.agreement.mayAsk(now)
    )
      return;
    if (this.#open(now, endpoint, now + ASK_TIMEOUT_MS) === undefined) endpoint.agreement.refused(now);
  }

  /** A connection was made. */
  up(now: number, link: MxLink): void {
    link.endpoint.met();
    if (link.phase !== 'connecting') return;
    if (this.#options.wire === 'mx') {
      link.phase = 'open';
      link.idleSince = now;
    } else {
      link.phase = 'asking';
      // This is the connection that requests wait for, and they would have waited for the handshake in any case.
      if (link.askUntil === Infinity) link.askUntil = now + ASK_AGAIN_TIMEOUT_MS;
      link.handle.ask();
    }
  }

  /** The broker speaks MX: requests go this way from now on, up to so many at once. */
  agreed(now: number, link: MxLink, window: number): void {
    link.phase = 'open';
    link.idleSince = now;
    link.window = Math.min(link.window, window);
    link.endpoint.wire = 'mx';
    link.endpoint.agreement.forget();
  }

  /** It does not, or does not say. Where one did before there is another one by now: it is asked after its first strict reply. */
  disagreed(now: number, link: MxLink): void {
    const { endpoint } = link;
    if (endpoint.wire === 'mx') this.unlearn(endpoint);
    else endpoint.agreement.refused(now);
    this.close(link);
  }

  /** Who is at an endpoint by now does not speak MX, unless it is spoken to in any case. */
  unlearn(endpoint: Endpoint): void {
    if (this.#options.wire === 'auto') endpoint.wire = 'strict';
  }

  /** A connection that carries requests was lost or refused: another broker may be there, or soon. */
  doubt(endpoint: Endpoint): void {
    endpoint.agreement.forget();
    if (endpoint.mx !== undefined && endpoint.wire === 'strict') this.close(endpoint.mx);
  }

  /** Close a connection whose messages are not to be trusted. */
  burn(link: MxLink): void {
    this.#counters.burnt += 1;
    this.unlearn(link.endpoint);
    this.close(link);
  }

  /** Close a connection; nothing happens when it is closed already. What it carried is its caller's affair. */
  close(link: MxLink): void {
    if (link.phase === 'closed') return;
    link.phase = 'closed';
    link.clear();
    link.endpoint.mx = undefined;
    link.handle.close();
  }

  /** Close what has been idle too long, what has asked in vain, and what has tried to connect while nobody wanted it. */
  expire(now: number, wantedAt: number): void {
    const { idleSocketMs } = this.#options;
    for (const { mx: link } of this.#links.everywhere()) {
      if (link === undefined) continue;
      if (link.phase === 'open' && link.inFlight === 0) link.idleSince ??= now;
      if (this.#expiry(link, wantedAt) > now) continue;
      if (link.askUntil < Infinity && link.phase !== 'open') this.disagreed(now, link);
      else if (idleSocketMs > 0 || link.endpoint.leaving) this.close(link);
    }
  }

  /** When {@link expire} has something to do; `Infinity` for never. */
  nextExpiry(wantedAt: number): number {
    let at = Infinity;
    for (const { mx } of this.#links.everywhere()) {
      if (mx !== undefined) at = Math.min(at, mx.checkBy, this.#expiry(mx, wantedAt));
    }
    return at;
  }

  /** The connections that were asked, or asked again, and have said nothing in time. */
  silent(now: number): MxLink[] {
    const isSilent = ({ phase, askUntil, checkBy }: MxLink): boolean =>
      checkBy <= now || (phase === 'asking' && askUntil <= now);
    return [...this.#links.everywhere()].flatMap(({ mx }) => (mx !== undefined && isSilent(mx) ? [mx] : []));
  }

  /** Close every connection. */
  closeAll(): void {
    for (const { mx } of this.#links.everywhere()) if (mx !== undefined) this.close(mx);
  }

  #expiry(link: MxLink, wantedAt: number): number {
    if (link.phase !== 'open' && link.askUntil < Infinity) return link.askUntil;
    if (link.endpoint.leaving && link.inFlight === 0) return -Infinity;
    const { idleSocketMs } = this.#options;
    if (idleSocketMs === 0 || link.inFlight > 0) return Infinity;
    const since = link.phase === 'open' ? (link.idleSince ?? -Infinity) : wantedAt;
    return since + idleSocketMs;
  }

  #open(now: number, endpoint: Endpoint, askUntil: number): MxLink | undefined {
    const link = new MxLink(endpoint, this.#options.maxInFlight, askUntil);
    try {
      link.handle = this.#port.openMx(link);
    } catch (error) {
      this.openError = error;
      return undefined;
    }
    this.#counters.opened += 1;
    endpoint.possible = true;
    endpoint.mx = link;
    if (link.handle.connected) this.up(now, link);
    return link;
  }
}
