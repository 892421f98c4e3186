// SPDX-License-Identifier: Apache-2.0
// broker-log - puts what a broker tells into words

import type {
  Broker,
  BrokerStats,
  ConnectionRefusal,
  RefusalReason,
  WorkerInfo,
  WorkerLossReason,
  WorkerRefusalReason,
} from '@mdp/broker';
import { BurstLog } from './burst-log.js';
import { counted } from './counted.js';
import { formatElapsed } from './durations.js';
import { errorCode, errorMessage } from './exit-codes.js';
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

const REFUSED_PEERS: Readonly<Record<RefusalReason, string>> = {
  unknownKey: 'its key is not allowed there',
  expiredKey: 'its key has expired',
  denied: 'its key was denied',
  failed: 'whether its key is allowed could not be found out',
  busy: 'too many wait to be let in; it may come again',
  malformed: 'what it says of itself was not understood',
};

const REFUSED_WORKERS: Readonly<Record<WorkerRefusalReason, string>> = {
  forbidden: 'the service is not one of its endpoint',
  role: 'its endpoint is for clients only',
  tooManyWorkers: 'there are too many workers or services',
  unexpected: 'the service is one of the broker itself',
  draining: 'the broker stops',
};

/** `1 more worker joined`, `4 more workers joined`. */
const more =
  (noun: string, rest = ''): ((n: number) => string) =>
  (n) =>
    `${counted(n, `more ${noun}`)}${rest}`;

/** How often the figures are logged on level `debug`, in milliseconds. */
const FIGURES_EVERY_MS = 10_000;

const who = (worker: WorkerInfo): string => `${worker.dialect}, ${printable(worker.peer, 80)}`;

/** The public key of a peer is no secret, and what an operator would put on a list. */
function refusalOf({ key, address, name, reason }: ConnectionRefusal): string {
  const from = address === '' ? '' : ` at ${printable(address, 80)}`;
  const owner = name === '' ? '' : ` of ${quoted(name, 80)}`;
  const whose = key === '' ? '' : `; the public key${owner} is ${printable(key)}`;
  return `a peer${from} was refused: ${REFUSED_PEERS[reason]}${whose}`;
}

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
  broker.on('workerRefused', (worker) => {
    const message = (): string =>
      `a worker for ${quoted(worker.service)} was refused: ${REFUSED_WORKERS[worker.reason]} (${who(worker)})`;
    // Workers come back to a broker that stops, again and again, until another one serves them.
    const level = worker.reason === 'draining' ? 'info' : 'warn';
    bursts.note(level, 'workerRefused', message, more('worker', ' refused'), { ...worker });
  });
  broker.on('connectionRefused', (refusal) => {
    bursts.note('warn', 'connectionRefused', () => refusalOf(refusal), more('peer', ' refused'), { ...refusal });
  });
  broker.on('keysReloaded', (keys) => {
    log.log('info', 'keysReloaded', `a list of allowed keys was read again: ${counted(keys, 'key')}`, { keys });
  });
  broker.on('keysRevoked', ({ keys, endpoints }) => {
    const gone = `${counted(keys.length, 'key')} of connected peers ${keys.length === 1 ? 'is' : 'are'} not allowed any more`;
    const where = printable(endpoints.join(' '), 500);
    log.log('warn', 'keysRevoked', `${gone}: all connections of ${where} are made anew`, { keys, endpoints });
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
    if (isListFault(error)) {
      const what = 'a list of allowed keys could not be read again, and what it said before goes on to hold';
      log.log('error', 'keysNotReloaded', `${what}: ${printable(error.message, 500)}`, { error: error.message });
      return;
    }
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

/** The broker tells the fault of a list as it does when it starts: as that of its option. */
function isListFault(error: Error): boolean {
  return errorCode(error) === 'MDP_INVALID_ARGUMENT' && error.message.startsWith('allow: ');
}

function logFigures(broker: Broker, log: Log): () => void {
  const timer = setInterval(() => {
    // How much is logged may have changed.
    if (!log.enabled('debug')) return;
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
    counted(sum(counters.handshakesFailed), 'failed handshake'),
  ].join('; ');
}

function sum(counts: Readonly<Partial<Record<string, number>>>): number {
  return Object.values(counts).reduce((total: number, n = 0) => total + n, 0);
}

/** What a broker did in all, for its last line. */
export function summary({ uptimeMs, counters }: Totals): string {
  const failed = sum(counters.failed);
  const refused = sum(counters.keysRefused);
  const parts = [counted(counters.requests, 'request'), `${String(counters.finals + counters.mmi)} answered`];
  if (failed > 0) parts.push(`${String(failed)} failed`);
  if (counters.recovered > 0) parts.push(`${String(counters.recovered)} given to another worker`);
  if (refused > 0) parts.push(`${counted(refused, 'peer')} refused`);
  return `stopped after ${formatElapsed(uptimeMs)}: ${parts.join(', ')}`;
}
