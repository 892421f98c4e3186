// SPDX-License-Identifier: Apache-2.0
// failures - what a request that fails is told, and whether it may be tried again

import type { RequestError } from '@mdp/protocol';
import { DisconnectedError, ProtocolError, RefusedError, RemoteError, STATUS, TimeoutError } from '@mdp/protocol';
import { HeldBack } from './allowances.js';
import type { Endpoint } from './endpoint.js';
import type { Exchange } from './exchange.js';

/**
 * Whether another attempt could do better: after a lost connection, after silence, and where the broker says that it was
 * not the request's fault. The caller's own deadline, abort and close, an answer that is no reply, a request that is
 * wrong (400, 404, 413), a handler that failed (500) and brokers that let nobody in end it.
 */
export function isRetryable(error: RequestError): boolean {
  if (error instanceof RemoteError) {
    const { status } = error;
    return status === STATUS.OVERLOADED || status === STATUS.WORKER_LOST || status === STATUS.DRAINING;
  }
  return error.code === 'MDP_DISCONNECTED' || error.code === 'MDP_TIMEOUT';
}

/** The total deadline has passed. */
export function deadlinePassed(exchange: Exchange, endpoints: readonly Endpoint[]): TimeoutError {
  const { service, phase, policy, lastError } = exchange;
  const within = `within ${String(policy.timeoutMs)} ms`;
  const options = lastError === undefined ? undefined : { cause: lastError };
  if (phase === 'waiting') {
    return new TimeoutError(
      `not sent to "${service}" ${within}: ${whyNotSent(exchange, endpoints)}`,
      exchange,
      options,
    );
  }
  if (phase === 'streaming') {
    return new TimeoutError(`the reply of "${service}" was not complete ${within}`, exchange, options);
  }
  return new TimeoutError(`no reply from "${service}" ${within}`, exchange, options);
}

/** The longest silence has passed. */
export function silence(exchange: Exchange, endpoints: readonly Endpoint[]): TimeoutError {
  const { service, phase, policy } = exchange;
  const lasting = `for ${String(policy.idleTimeoutMs)} ms`;
  if (phase !== 'waiting') return new TimeoutError(`nothing came from "${service}" ${lasting}`, exchange);
  return new TimeoutError(`not sent to "${service}" ${lasting}: ${whyNotSent(exchange, endpoints)}`, exchange);
}

/** One attempt has waited long enough for its first part. */
export function attemptPassed(exchange: Exchange): TimeoutError {
  const { service, policy } = exchange;
  return new TimeoutError(
    `no reply from "${service}" to the attempt within ${String(policy.attemptTimeoutMs)} ms`,
    exchange,
  );
}

/** The reader does not want to wait longer for this part. */
export function partPassed(exchange: Exchange): TimeoutError {
  const { service, times } = exchange;
  return new TimeoutError(
    `no part from "${service}" within ${String(times.partWaitMs)} ms; the request goes on`,
    exchange,
  );
}

/** The connection broke under a request. */
export function connectionBroke({ address }: Endpoint, exchange: Exchange, cause: unknown): DisconnectedError {
  const message = `the connection to ${address} broke before the reply of "${exchange.service}" was complete`;
  return new DisconnectedError(message, exchange, cause === undefined ? undefined : { cause });
}

/** No broker lets the client in. */
export function refusedEverywhere(exchange: Exchange, endpoints: readonly Endpoint[]): RefusedError {
  const message = endpoints.map(({ address, reason }) => `${address} refused the connection: ${reason}`).join('; ');
  const { lastError } = exchange;
  return new RefusedError(message, exchange, lastError === undefined ? undefined : { cause: lastError });
}

/** What came is no reply. */
export function distrusted(what: string, exchange: Exchange): ProtocolError {
  return new ProtocolError(`${what} came in place of a reply of "${exchange.service}"`, exchange);
}

/** Why a request still waits for a connection. */
function whyNotSent({ list }: Exchange, endpoints: readonly Endpoint[]): string {
  if (list instanceof HeldBack) return 'others were not answered in time, so fewer are sent at once';
  if (endpoints.some(({ mx }) => mx?.phase === 'open')) return 'too many were under way already (maxInFlight)';
  const connected = endpoints.some(({ state, links, connecting }) => state !== 'down' && links.size > connecting);
  if (connected) return 'every socket was busy (maxSockets)';
  return endpoints
    .map(({ address, reason }) => `no connection to ${address}${reason === '' ? '' : ` (${reason})`}`)
    .join(', ');
}
