// SPDX-License-Identifier: Apache-2.0
// request-failure - why a request got no reply, what to do about it, and the exit code for it

import type { ClientStats } from '@mdp/client';
import type { RemoteError } from '@mdp/protocol';
import { MMI_PREFIX, STATUS } from '@mdp/protocol';
import type { BrokerAccess } from './broker-flags.js';
import { formatDuration } from './durations.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES, errorCode, errorMessage } from './exit-codes.js';
import { PEER_DEFAULTS } from './peer-flags.js';
import type { PeerKeys } from './peer-keys.js';
import { printable, quoted } from './printable.js';

/** The request that failed. */
export interface FailedRequest extends BrokerAccess {
  readonly service: string;
  readonly timeoutMs: number;
}

/**
 * Put the failure of a request into words for the person at the terminal.
 *
 * @param stats - of the client, after the failure: whether it ever reached a broker
 * @throws the error itself, when it is none of a request
 */
export function explainFailure(
  error: unknown,
  request: FailedRequest,
  stats: ClientStats,
): { text: string; code: ExitCode } {
  const brokers = request.brokers.map((broker) => printable(broker)).join(', ');
  switch (errorCode(error)) {
    case 'MDP_TIMEOUT': {
      const waited = `no reply within ${formatDuration(request.timeoutMs)}`;
      const reached = stats.endpoints.some(({ state }) => state === 'up' || state === 'resting');
      const reasons = stats.endpoints.map(({ reason }) => reason).filter((reason) => reason !== '');
      const why = reasons.length === 0 ? '' : ` (${printable(reasons.join('; '))})`;
      // What the broker answers itself needs no worker.
      const worker = request.service.startsWith(MMI_PREFIX) ? '' : `is there a worker for ${quoted(request.service)}, `;
      const guess = reached
        ? `the broker at ${brokers} was reached; ${worker}is the endpoint for clients, and is the dialect right?`
        : `nothing answers at ${brokers}${why}; is a broker running there?`;
      return { text: `${waited}: ${guess}`, code: EXIT_CODES.TIMEOUT };
    }
    case 'MDP_REMOTE': {
      const { status, message } = error as RemoteError;
      const hint = status === STATUS.NO_WORKER ? `; ${noWorker(request.service)}` : '';
      return { text: `error reply ${String(status)}: ${printable(message, 1000)}${hint}`, code: EXIT_CODES.REMOTE };
    }
    case 'MDP_REFUSED':
      return { text: withRemedy(printable(errorMessage(error), 1000), request.keys), code: EXIT_CODES.REFUSED };
    case 'MDP_DISCONNECTED':
    case 'MDP_PROTOCOL':
      return { text: printable(errorMessage(error)), code: EXIT_CODES.FAILURE };
    default:
      throw error;
  }
}

/** What to do where a service has no worker. */
function noWorker(service: string): string {
  return service === PEER_DEFAULTS.service
    ? 'start one: mdp-broker echo worker'
    : 'mdp-broker services lists those that have';
}

/** Why a connection was refused, and what the person at the terminal can do about it. */
export function withRemedy(refusal: string, keys: PeerKeys | undefined): string {
  return `${refusal}${refusal.endsWith('?') ? '' : ';'} ${remedy(keys)}`;
}

/** What can be done about it: that depends on what was given. */
export function remedy(keys: PeerKeys | undefined): string {
  if (keys === undefined) return "give the broker's public key with --server-key, and your own secret one with --key";
  if (keys.own === undefined) return 'if it lets in only keys that it knows, give yours with --key';
  return `is the key of ${keys.own.name} named by an --allow of the broker, and is that of ${keys.server.name} the broker's?`;
}
