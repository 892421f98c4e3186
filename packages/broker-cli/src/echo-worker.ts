// SPDX-License-Identifier: Apache-2.0
// echo-worker - answers every request with its own body, for trying a broker out

import { setTimeout as pause } from 'node:timers/promises';
import type { Frame } from '@mdp/protocol';
import type { DisconnectReason, Handler } from '@mdp/worker';
import { Worker } from '@mdp/worker';
import { BurstLog } from './burst-log.js';
import { counted } from './counted.js';
import { formatDuration, formatElapsed } from './durations.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES, errorMessage } from './exit-codes.js';
import type { FlagValues } from './flags.js';
import type { Log } from './logger.js';
import { openLog } from './logger.js';
import type { EchoWorkerSettings } from './peer-flags.js';
import { readEchoWorker } from './peer-flags.js';
import type { PeerKeys } from './peer-keys.js';
import { loadPeerKeys } from './peer-keys.js';
import { printable, quoted, showFrame } from './printable.js';
import { withRemedy } from './request-failure.js';
import type { StopSignal } from './stop-signals.js';
import { untilSignal } from './stop-signals.js';
import type { Environment } from './variables.js';

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
 * Run `mdp-broker echo worker` until a signal stops it.
 *
 * @returns the exit code, once everything is closed
 */
export async function runEchoWorker(flags: FlagValues, env: Environment): Promise<ExitCode> {
  const settings = readEchoWorker(flags, env);
  const { brokers, service, dialect, heartbeatIntervalMs } = settings;
  const curve = loadPeerKeys(settings.keys);
  const worker = new Worker(brokers, service, echo(settings), {
    dialect,
    heartbeatIntervalMs,
    ...(curve === undefined ? {} : { curve }),
  });
  const log = openLog({ level: settings.logLevel, format: 'text' });
  const endLog = logWorker(worker, settings.keys, log);
  try {
    await untilSignal(log, (signal) => serve(worker, log, signal));
    return EXIT_CODES.OK;
  } finally {
    endLog();
    await log.close();
  }
}

async function serve(worker: Worker, log: Log, signal: Promise<StopSignal>): Promise<void> {
  log.log('info', 'start', `echo worker for ${quoted(worker.service)} at ${printable(worker.endpoints.join(', '))}`);
  await worker.start();
  const name = await signal;
  log.log('info', 'stopping', `${name}: stopping; a second signal ends at once`);
  await worker.stop();
  const { requests, finals } = worker.stats().counters;
  log.log('info', 'stopped', `stopped: ${counted(requests, 'request')}, ${String(finals)} answered`);
}

/** The same frames back; or, as garbage, the frames and the bytes of each in reverse order, as Majortomo's does. */
export function echo({ delayMs, garbage }: Pick<EchoWorkerSettings, 'delayMs' | 'garbage'>): Handler {
  return async (request, { signal }) => {
    if (delayMs > 0) await pause(delayMs, undefined, { signal });
    return garbage ? backwards(request.body) : [...request.body];
  };
}

function backwards(body: readonly Frame[]): Frame[] {
  return body.map((frame) => Uint8Array.from(frame).reverse()).reverse();
}

function logWorker(worker: Worker, keys: PeerKeys | undefined, log: Log): () => void {
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
