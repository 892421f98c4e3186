// SPDX-License-Identifier: Apache-2.0
// broker-log - puts what a broker tells into words

import type { Broker, BrokerStats, WorkerInfo, WorkerLossReason } from '@mdp/broker';
import { BurstLog } from './burst-log.js';
import { counted } from './counted.js';
import { formatElapsed } from './durations.js';
import { errorMessage } from './exit-codes.js';
import type { Log } from './logger.js';
import { printable, quoted } from './printable.js';
import type { Totals } from './totals.js';

const LOSSES: Readonly<Record<WorkerLossReason, string>> = {
  disconnect: 'it said goodbye',
  expired: 'nothing came from it for too long',
  unreachable: 'its connection is gone',
  unexpected: 'it said something at the wrong time',
  invalid: 'it sent what is no message',
  slow: 'it reads too slowly',
  stopped: 'the broker stops',
};

/** `1 more worker joined`, `4 more workers joined`. */
const more =
  (noun: string, rest = ''): ((n: number) => string) =>
  (n) =>
    `${counted(n, `more ${noun}`)}${rest}`;

/** How often the figures are logged on level `debug`, in milliseconds. */
const FIGURES_EVERY_MS = 10_000;

const who = (worker: WorkerInfo): string => `${worker.dialect}, ${printable(worker.peer, 80)}`;

/**
 * Log what happens in a broker. Nothing here runs for each message: only for workers that come and go, and for what goes
 * wrong, of which each kind gets at most one line a second.
 *
 * @returns ends it: held back lines are written, timers let go
 */
export function logBroker(broker: Broker, log: Log): () => void {
  const bursts = new BurstLog(log);
  broker.on('workerReady', (worker) => {
    const message = (): string => `a worker joined for ${quoted(worker.service)} (${who(worker)})`;
    bursts.note('info', 'workerReady', message, more('worker', ' joined'), { ...worker });
  });
  broker.on('workerLost', (worker) => {
    const level = worker.reason === 'disconnect' ? 'info' : worker.reason === 'stopped' ? 'verbose' : 'warn';
    const verb = level === 'warn' ? 'lost' : 'left';
    const message = (): string =>
      `a worker for ${quoted(worker.service)} ${level === 'warn' ? 'was lost' : 'left'}: ${LOSSES[worker.reason]} (${who(worker)})`;
    bursts.note(level, level === 'warn' ? 'workerLost' : 'workerLeft', message, more('worker', ` ${verb}`), {
      ...worker,
    });
  });
  broker.on('requestRecovered', ({ service, attempts }) => {
    const message = (): string =>
      `a request for ${quoted(service)} goes to another worker, after ${counted(attempts, 'attempt')}`;
    bursts.note('info', 'requestRecovered', message, more('request', ' so'), { service, attempts });
  });
  broker.on('requestFailed', (failure) => {
    const told = failure.answered ? '' : `; its ${failure.dialect} client was not told`;
    const message = (): string =>
      `a request for ${quoted(failure.service)} failed: ${String(failure.status)} ${printable(failure.message)}${told}`;
    bursts.note('warn', 'requestFailed', message, more('request', ' failed'), { ...failure });
  });
  broker.on('invalidMessage', ({ peer, reason, strikes }) => {
    const message = (): string =>
      `an invalid message was dropped: ${printable(reason)} (from ${printable(peer, 80)}, strike ${String(strikes)})`;
    bursts.note('warn', 'invalidMessage', message, more('invalid message'), { peer, reason, strikes });
  });
  broker.on('stalled', (ms) => {
    const message = (): string => `this process stood still for ${formatElapsed(ms)}; no worker is judged by that time`;
    bursts.note('warn', 'stalled', message, more('time'), { ms: Math.round(ms) });
  });
  broker.on('error', (error) => {
    bursts.note('error', 'error', () => printable(errorMessage(error)), more('error'), { error: errorMessage(error) });
  });
  // What was held back comes before the last line.
  broker.once('stopped', () => {
    bursts.close();
  });
  const stopFigures = logFigures(broker, log);
  return () => {
    stopFigures();
    bursts.close();
  };
}

function logFigures(broker: Broker, log: Log): () => void {
  if (!log.enabled('debug')) return () => undefined;
  const timer = setInterval(() => {
    const { services, workers, requests, connections, outbox, counters } = broker.stats();
    const fields = { services: services.length, workers, requests, connections, outbox, counters };
    log.log('debug', 'figures', () => figures(broker.stats()), fields);
  }, FIGURES_EVERY_MS).unref();
  return () => {
    clearInterval(timer);
  };
}

function figures({ workers, requests, connections, counters }: BrokerStats): string {
  return [
    `${counted(workers.registered, 'worker')} (${String(workers.busy)} busy)`,
    `${counted(requests.running, 'request')} running, ${String(requests.queued)} waiting`,
    counted(connections, 'connection'),
    `${counted(counters.received, 'message')} in, ${String(counters.sent)} out`,
  ].join('; ');
}

/** What a broker did in all, for its last line. */
export function summary({ uptimeMs, counters }: Totals): string {
  const failed = Object.values(counters.failed).reduce((sum, n) => sum + n, 0);
  const parts = [counted(counters.requests, 'request'), `${String(counters.finals + counters.mmi)} answered`];
  if (failed > 0) parts.push(`${String(failed)} failed`);
  if (counters.recovered > 0) parts.push(`${String(counters.recovered)} given to another worker`);
  return `stopped after ${formatElapsed(uptimeMs)}: ${parts.join(', ')}`;
}
