// SPDX-License-Identifier: Apache-2.0
// counters - how requests ended

import type { RequestError } from '@mdp/protocol';

/** How requests ended, each exactly once: `requests` is the sum of the others and of those that are pending. */
export interface RequestCounters {
  /** Requests that were made. */
  requests: number;
  /** Whole replies. */
  replies: number;
  /** Ended by an error reply: `MDP_REMOTE`. */
  remoteErrors: number;
  /** `MDP_TIMEOUT`. */
  timeouts: number;
  /** `MDP_ABORTED`: by a signal, by `cancel()`, or by leaving an iteration. */
  aborted: number;
  /** `MDP_DISCONNECTED`. */
  disconnected: number;
  /** `MDP_REFUSED`. */
  refused: number;
  /** `MDP_PROTOCOL`. */
  protocolErrors: number;
  /** `MDP_OVERLOADED`. */
  overloaded: number;
  /** `MDP_CLOSED`. */
  closed: number;
  /** Attempts beyond the first: not an end. */
  retries: number;
  /** Requests that would have been repeated, but for an empty retry budget: not an end. */
  unaffordable: number;
}

/** All zero. */
export function newRequestCounters(): RequestCounters {
  return {
    requests: 0,
    replies: 0,
    remoteErrors: 0,
    timeouts: 0,
    aborted: 0,
    disconnected: 0,
    refused: 0,
    protocolErrors: 0,
    overloaded: 0,
    closed: 0,
    retries: 0,
    unaffordable: 0,
  };
}

/** Count how one request ended. */
export function countEnd(counters: RequestCounters, error: RequestError | undefined): void {
  if (error === undefined) counters.replies += 1;
  else if (error.code === 'MDP_REMOTE') counters.remoteErrors += 1;
  else if (error.code === 'MDP_TIMEOUT') counters.timeouts += 1;
  else if (error.code === 'MDP_ABORTED') counters.aborted += 1;
  else if (error.code === 'MDP_DISCONNECTED') counters.disconnected += 1;
  else if (error.code === 'MDP_REFUSED') counters.refused += 1;
  else if (error.code === 'MDP_PROTOCOL') counters.protocolErrors += 1;
  else if (error.code === 'MDP_OVERLOADED') counters.overloaded += 1;
  else counters.closed += 1;
}
