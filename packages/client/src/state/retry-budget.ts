// SPDX-License-Identifier: Apache-2.0
// retry-budget - how many repetitions a client may afford when brokers are overloaded, so that it does not make that worse

import type { RequestError } from '@mdp/protocol';
import { RemoteError, STATUS } from '@mdp/protocol';

/** The options of a budget, resolved. */
export interface RetryBudgetPolicy {
  /** What each reply adds. */
  readonly ratio: number;
  /** What each second adds. */
  readonly perSecond: number;
  /** The most that is saved up. */
  readonly most: number;
}

/** So many seconds' worth of {@link RetryBudgetPolicy.perSecond} are there from the start. */
const FIRST_SECONDS = 10;

/**
 * Whether a failure may be a sign of too much work. Silence and 429 may; {@link Rests.isSilentAlone} knows one silence that
 * is none. A connection that broke, a worker that was lost (502) and a broker that is being stopped (503) are signs of a
 * restart: what was under way then is to be repeated, all of it and at once, and costs nothing.
 */
export function mayMeanOverload(error: RequestError): boolean {
  return error.code === 'MDP_TIMEOUT' || (error instanceof RemoteError && error.status === STATUS.OVERLOADED);
}

/**
 * A bucket of tokens: replies and time fill it, and each repetition after a sign of overload takes one out.
 *
 * While a third of the requests succeed, say, the repetitions add a fifteenth to them; while none does, `perSecond`, however
 * many requests there are and whatever their own limit of attempts is.
 */
export class RetryBudget {
  readonly #policy: RetryBudgetPolicy | undefined;
  #tokens: number;
  #filledAt: number;

  /**
   * @param policy - `undefined` for a budget that has no end
   * @param now - from when on time fills it, in milliseconds of the client's clock
   */
  constructor(policy: RetryBudgetPolicy | undefined, now: number) {
    this.#policy = policy;
    this.#filledAt = now;
    this.#tokens = policy === undefined ? 0 : Math.min(policy.most, FIRST_SECONDS * policy.perSecond);
  }

  /** A request was answered. */
  earn(): void {
    const policy = this.#policy;
    if (policy !== undefined) this.#tokens = Math.min(policy.most, this.#tokens + policy.ratio);
  }

  /**
   * Pay for a repetition.
   *
   * @returns whether there was enough
   */
  spend(now: number): boolean {
    const policy = this.#policy;
    if (policy === undefined) return true;
    const earned = ((now - this.#filledAt) / 1000) * policy.perSecond;
    this.#tokens = Math.min(policy.most, this.#tokens + earned);
    this.#filledAt = now;
    // What was added bit by bit may be short of a whole one by an error of rounding.
    if (this.#tokens < 1 - 1e-9) return false;
    this.#tokens -= 1;
    return true;
  }
}
