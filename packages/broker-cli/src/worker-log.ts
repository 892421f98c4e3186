// SPDX-License-Identifier: Apache-2.0
// worker-log - what happens to a worker, told in words

import type { DisconnectReason, Worker } from '@mdp/worker';
import { BurstLog } from './burst-log.js';
import { counted } from './counted.js';
import { formatDuration, formatElapsed } from './durations.js';
import { errorMessage } from './exit-codes.js';
import type { Log } from './logger.js';
import type { PeerKeys } from './peer-keys.js';
import { printable, quoted, showFrame } from './printable.js';
import { withRemedy } from './request-failure.js';

const LOSSES: Readonly<Record<DisconnectReason, string>> = {
  disconnect: 'the broker sent it away',
  silent: 'nothing came from the broker for too long',
  unreachable: 'there is no connection',
  refused: 'what listens there is no broker, or refuses this worker',
  stalled: 'this process stood still for too long',
  unexpected: 'the broker said something at the wrong time; is the dialect right?',
  failed: 'a request failed',
  socket: 'the socket failed',
  stopped: 'this worker stops',
};

/**
 * Log everything that a worker tells, not more often than can be read.
 *
 * @param keys - those that it was given, for what to do about a refusal
 * @returns ends it; what was held back is logged then
 */
export function logWorker(worker: Worker, keys: PeerKeys | undefined, log: Log): () => void {
  const bursts = new BurstLog(log);
  const service = quoted(worker.service);
  worker.on('registered', ({ endpoint }) => {
    log.log('info', 'registered', `registered for ${service} at ${printable(endpoint)}`);
  });
  worker.on('disconnected', ({ endpoint, reason, detail }) => {
    const level = reason === 'stopped' ? 'verbose' : 'warn';
    if (detail !== undefined) {
      const refusal = (): string =>
        withRemedy(`${printable(endpoint)} refuses this worker: ${printable(detail)}`, keys);
      bursts.note(level, 'refused', refusal, (n) => counted(n, 'more refusal'));
      return;
    }
    const message = (): string => `not registered at ${printable(endpoint)} any more: ${LOSSES[reason]}`;
    bursts.note(level, 'disconnected', message, (n) => counted(n, 'more lost connection'));
  });
  worker.on('reconnecting', ({ endpoint, attempt, delayMs }) => {
    log.log('verbose', 'reconnecting', () => {
      const wait = formatDuration(Math.round(delayMs));
      return `trying ${printable(endpoint)} again in ${wait} (${String(attempt)})`;
    });
  });
  worker.on('request', ({ body }) => {
    bursts.note(
      'info',
      'request',
      () => `a request: ${body.map(showFrame).join(' ')}`,
      (n) => counted(n, 'more request'),
    );
  });
  worker.on('reply', (request) => {
    log.log('debug', 'reply', () => `replied after ${formatElapsed(request.ageMs)}`);
  });
  worker.on('handlerError', (error) => {
    bursts.note(
      'warn',
      'handlerError',
      () => printable(errorMessage(error)),
      (n) => `${counted(n, 'more request')} failed`,
    );
  });
  const end = (): void => {
    bursts.close();
  };
  // What was held back comes before the last line.
  worker.once('stopped', end);
  return end;
}
