// SPDX-License-Identifier: Apache-2.0
// services-question - why a broker did not say what services it has, in words

import type { ClientStats } from '@mdp/client';
import type { RemoteError } from '@mdp/protocol';
import { STATUS } from '@mdp/protocol';
import type { BrokerAccess } from './broker-flags.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES, errorCode } from './exit-codes.js';
import { explainFailure } from './request-failure.js';

/** How brokers are asked. */
export interface ServicesQuestion extends BrokerAccess {
  readonly timeoutMs: number;
}

/**
 * Put the failure of a question for `mmi.services` into words.
 *
 * @param broker - the one that was asked
 * @param stats - of the client, after the failure
 * @throws the error itself, when it is none of a request
 */
export function explainNoServices(
  error: unknown,
  broker: string,
  question: ServicesQuestion,
  stats: ClientStats,
): { text: string; code: ExitCode } {
  const failure =
    tellsNothing(error) ?? explainFailure(error, { ...question, brokers: [broker], service: 'mmi.services' }, stats);
  const reached = stats.endpoints.some(({ state }) => state === 'up' || state === 'resting');
  if (errorCode(error) !== 'MDP_TIMEOUT' || !reached) return failure;
  return { ...failure, text: `${failure.text} Majortomo's own broker does not list its services.` };
}

function tellsNothing(error: unknown): { text: string; code: ExitCode } | undefined {
  if (errorCode(error) !== 'MDP_REMOTE') return undefined;
  const why = new Map<number, string>([
    [501, 'it is no broker of this project'],
    [STATUS.FORBIDDEN, 'its endpoint does not serve mmi.services'],
  ]).get((error as RemoteError).status);
  return why === undefined ? undefined : { text: `it does not list its services: ${why}`, code: EXIT_CODES.REMOTE };
}
