// SPDX-License-Identifier: Apache-2.0
// rests - brokers that stand but do not serve: silent ones and stopping ones are left alone, then tried by one request

import { STATUS } from '@mdp/protocol';
import { backoffMs } from '@mdp/protocol/internal';
import type { Endpoint } from './endpoint.js';
import type { Exchange } from './exchange.js';
import type { ReconnectOptions } from './refusals.js';

/** Why an endpoint rests: nothing came for a request in its time, or it refused one because it is stopping. */
export type WhyResting = 'silent' | 'stopping';

/** An endpoint is left alone while others have room. */
export interface Rest {
  readonly why: WhyResting;
  /** How many times in a row: each pause is longer. */
  readonly nth: number;
  /** When it began, in the order of the endpoint. */
  readonly since: number;
  /** When a request may try it. */
  readonly until: number;
  /** The request that tries it, or tried it last. */
  probe: Exchange | undefined;
}

/** What the broker itself answers, also while it is stopping: it says nothing of the services. */
const OWN_SERVICES = 'mmi.';

/**
 * The circuit breaker of a client with several endpoints.
 *
 * A connection that stands does not say that there is somebody who answers: a process that was stopped keeps its connections,
 * and one that drains refuses everything. So what comes of requests is judged, too:
 *
 * ```text
 * served --an attempt passed its time, and nothing came since it was sent--> silent    --anything comes--> served
 *    \-----503-----------------------------------------------------------> stopping  --a probe is answered--> served
 * ```
 *
 * While it rests, requests go elsewhere if others have room. After a pause with jitter one request goes there: the probe. When
 * that one fails in the same way, the next pause is longer. What was on its way before the rest began proves nothing.
 */
export class Rests {
  readonly #options: ReconnectOptions;
  readonly #endpoints: readonly Endpoint[];
  readonly #random: () => number;

  constructor(options: ReconnectOptions, endpoints: readonly Endpoint[], random: () => number) {
    this.#options = options;
    this.#endpoints = endpoints;
    this.#random = random;
  }

  /** A request goes to an endpoint. */
  sent(endpoint: Endpoint, exchange: Exchange): void {
    exchange.sentOrder = endpoint.order;
    if (endpoint.rest !== undefined) endpoint.rest.probe = exchange;
  }

  /** Anything came from an endpoint. */
  heard(endpoint: Endpoint): void {
    endpoint.heardOrder = ++endpoint.order;
    if (endpoint.rest?.why === 'silent') endpoint.rest = undefined;
  }

  /** A request has passed its time without a reply. */
  unanswered(now: number, { lastEndpoint: endpoint, sentOrder }: Exchange): void {
    if (endpoint !== undefined && endpoint.heardOrder <= sentOrder) this.#begin(now, endpoint, sentOrder, 'silent');
  }

  /** Whether nothing has come from where a request was sent since then, while another endpoint serves as far as is known. */
  isSilentAlone({ lastEndpoint: endpoint, sentOrder }: Exchange): boolean {
    if (endpoint === undefined || endpoint.heardOrder > sentOrder) return false;
    return this.#endpoints.some((other) => other !== endpoint && isFit(other));
  }

  /** The reply to a request is complete; `status` of an error reply. */
  answered(now: number, { lastEndpoint: endpoint, sentOrder, service }: Exchange, status: number | undefined): void {
    if (endpoint === undefined) return;
    if (status === STATUS.DRAINING) this.#begin(now, endpoint, sentOrder, 'stopping');
    else if (endpoint.rest !== undefined && sentOrder >= endpoint.rest.since && !service.startsWith(OWN_SERVICES)) {
      endpoint.rest = undefined;
    }
  }

  #begin(now: number, endpoint: Endpoint, sentOrder: number, why: WhyResting): void {
    const { rest } = endpoint;
    // With nowhere else to go it would say nothing.
    if (this.#endpoints.length === 1 || (rest !== undefined && sentOrder < rest.since)) return;
    const { reconnectMs: baseMs, reconnectMaxMs: maxMs } = this.#options;
    const nth = (rest?.nth ?? 0) + 1;
    const until = now + backoffMs(nth, { baseMs, maxMs }, this.#random);
    endpoint.rest = { why, nth, since: ++endpoint.order, until, probe: undefined };
  }
}

/** Whether requests go to an endpoint in the first place: it is not known to be down, and does not rest. */
export function isFit({ state, rest }: Endpoint): boolean {
  return state !== 'down' && rest === undefined;
}

/** Whether a resting endpoint may be tried by a request: its pause is over, and no other request tries it. */
export function mayProbe(now: number, endpoint: Endpoint): boolean {
  const { rest, state } = endpoint;
  if (rest === undefined || state === 'down' || rest.until > now) return false;
  return rest.probe?.link?.endpoint !== endpoint;
}

/** Why an endpoint rests, in plain words. */
export function whyResting({ why }: Rest): string {
  return why === 'silent'
    ? 'it did not answer in time, and nothing has come from it since'
    : 'it is stopping (status 503)';
}
