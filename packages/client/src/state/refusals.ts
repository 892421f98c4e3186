// SPDX-License-Identifier: Apache-2.0
// refusals - brokers that let nobody in: what is a no, and when they are tried again

import type { Refusal } from '@mdp/protocol/internal';
import { MOST_CLOSINGS, backoffMs, closedInARow } from '@mdp/protocol/internal';
import type { Endpoint } from './endpoint.js';
import type { PoolCounters } from './links.js';

/** How long to wait before another try to connect. */
export interface ReconnectOptions {
  /** The first pause, in milliseconds; it doubles. */
  readonly reconnectMs: number;
  /** The longest pause, in milliseconds. */
  readonly reconnectMaxMs: number;
}

/**
 * The connections of a client that could not be made. ZeroMQ tries most of them again by itself; after a no it does not, so
 * the connection is closed, and another one is opened when a request wants it, but not before a pause is over.
 *
 * Each no has a number. A request remembers the last one before it began to wait: what has said no after that, everywhere,
 * has said it to this request, too.
 */
export class Refusals {
  readonly #options: ReconnectOptions;
  readonly #counters: PoolCounters;
  readonly #random: () => number;

  constructor(options: ReconnectOptions, counters: PoolCounters, random: () => number) {
    this.#options = options;
    this.#counters = counters;
    this.#random = random;
  }

  /** How many there were: the number of the last one. */
  get count(): number {
    return this.#counters.refusals;
  }

  /**
   * A connection could not be made.
   *
   * @returns whether that is a no
   */
  judge(now: number, endpoint: Endpoint, { verdict, reason }: Refusal): boolean {
    endpoint.missed(reason);
    if (verdict === 'unreachable') return false;
    if (verdict === 'closed') {
      endpoint.closings += 1;
      if (endpoint.closings < MOST_CLOSINGS) return false;
      endpoint.reason = closedInARow(endpoint.closings);
    }
    const { reconnectMs: baseMs, reconnectMaxMs: maxMs } = this.#options;
    endpoint.refusal = this.#counters.refusals += 1;
    endpoint.refusals += 1;
    endpoint.tryAt = now + backoffMs(endpoint.refusals, { baseMs, maxMs }, this.#random);
    return true;
  }
}

/** When the next endpoint is tried that said no; `Infinity` when none is left alone for that. */
export function nextTry(endpoints: readonly Endpoint[]): number {
  let at = Infinity;
  for (const { tryAt } of endpoints) if (tryAt < at) at = tryAt;
  return at;
}
