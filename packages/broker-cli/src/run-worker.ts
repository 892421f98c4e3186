// SPDX-License-Identifier: Apache-2.0
// run-worker - a worker from its start until a signal has stopped it, with its log

import type { StopOptions, Worker } from '@mdp/worker';
import { counted } from './counted.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES } from './exit-codes.js';
import type { LogLevel } from './log-levels.js';
import { openLog } from './logger.js';
import type { PeerKeys } from './peer-keys.js';
import { printable, quoted } from './printable.js';
import { untilSignal } from './stop-signals.js';
import { logWorker } from './worker-log.js';

/** How a worker is run. */
export interface RunWorkerOptions {
  readonly logLevel: LogLevel;
  /** The keys that it was given, if its connections are encrypted. */
  readonly keys?: PeerKeys;
  /** How running requests are waited for. Default: the worker's own. */
  readonly stop?: StopOptions;
  /** What must end with the process, also when a second signal ends it at once. */
  readonly atExit?: () => void;
}

/**
 * Run a worker until SIGINT or SIGTERM; a second one ends the process at once.
 *
 * @param what - what it is called in the log
 * @returns the exit code, once everything is closed
 */
export async function runWorker(worker: Worker, what: string, options: RunWorkerOptions): Promise<ExitCode> {
  const log = openLog({ level: options.logLevel, format: 'text' });
  const endLog = logWorker(worker, options.keys, log);
  const atExit = options.atExit ?? ((): void => undefined);
  process.on('exit', atExit);
  try {
    await untilSignal(log, async (signal) => {
      const endpoints = printable(worker.endpoints.join(', '));
      log.log('info', 'start', `${what} for ${quoted(worker.service)} at ${endpoints}`);
      await worker.start();
      const name = await signal;
      log.log('info', 'stopping', `${name}: stopping; a second signal ends at once`);
      await worker.stop(options.stop);
      const { requests, finals } = worker.stats().counters;
      log.log('info', 'stopped', `stopped: ${counted(requests, 'request')}, ${String(finals)} answered`);
    });
    return EXIT_CODES.OK;
  } finally {
    process.off('exit', atExit);
    endLog();
    await log.close();
  }
}
