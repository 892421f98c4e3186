// SPDX-License-Identifier: Apache-2.0
// admin-guard - who may ask the admin interface: who shows the token, or, where there is none, programs of this machine

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { RefusalReason } from './admin-refusals.js';
import { isLoopback } from './admin-settings.js';

/** Why somebody is not answered. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly status: 401 | 403;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Judges requests. */
export class AdminGuard {
  #wanted: Buffer | undefined;

  /** @param token - what has to be shown; left out, only this machine can ask, and the `Host` of a request has to say so */
  constructor(token: string | undefined) {
    this.#wanted = token === undefined ? undefined : digest(token);
  }

  /**
   * What has to be shown from now on.
   *
   * @returns whether it is another one than before
   */
  want(token: string): boolean {
    const before = this.#wanted;
    this.#wanted = digest(token);
    return before?.equals(this.#wanted) !== true;
  }

  /** Why a request is refused; `undefined` when it is not. */
  refusal({ headers }: Pick<IncomingMessage, 'headers'>): Refusal | undefined {
    if (this.#wanted === undefined) return refusedHost(headers.host) ?? refusedSite(headers);
    const shown = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    // Digests have one length, and take one time to compare.
    if (shown !== undefined && timingSafeEqual(digest(shown), this.#wanted)) return undefined;
    return {
      reason: headers.authorization === undefined ? 'noToken' : 'token',
      status: 401,
      message: 'show the token: Authorization: Bearer TOKEN',
      headers: { 'www-authenticate': 'Bearer realm="mdp-broker"' },
    };
  }
}

/**
 * A page of any site can have its own name resolve to 127.0.0.1, and have a browser on this machine ask there; the browser
 * then says that name.
 */
function refusedHost(host = ''): Refusal | undefined {
  const name = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(host);
  if (isLoopback(name?.[1] ?? name?.[2] ?? '')) return undefined;
  return { reason: 'host', status: 403, message: 'the Host of the request has to be localhost or a loopback address' };
}

/**
 * A page of any site can also have a browser ask 127.0.0.1 by that name. It is not shown the answer, but could have it made again and
 * again. Browsers say whose page asks; only a person who follows a link there is welcome.
 */
function refusedSite(headers: IncomingHttpHeaders): Refusal | undefined {
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': what } = headers;
  if (site === undefined || site === 'same-origin' || site === 'none') return undefined;
  if (mode === 'navigate' && what === 'document') return undefined;
  return { reason: 'site', status: 403, message: 'pages of other sites may not ask here' };
}
