// SPDX-License-Identifier: Apache-2.0
// work-command - serves requests by running a command for each

import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Dialect } from '@mdp/protocol';
import { DEFAULT_HEARTBEAT_INTERVAL_MS } from '@mdp/protocol';
import type { WireOption } from '@mdp/worker';
import { Worker } from '@mdp/worker';
import type { BrokerAccess } from './broker-flags.js';
import {
  ANY_DURATION,
  BROKER_FLAGS,
  DIALECT_FLAG,
  LOG_FLAGS,
  POSITIVE_DURATION,
  WIRE_FLAG,
  readAccess,
  readDialect,
  readFlag,
  readLogLevel,
  readWire,
} from './broker-flags.js';
import type { ChildCommandsOptions } from './child-commands.js';
import { ChildCommands } from './child-commands.js';
import { formatDuration } from './durations.js';
import type { ExitCode } from './exit-codes.js';
import { UsageError, errorCode } from './exit-codes.js';
import type { FlagSpec, FlagValues } from './flags.js';
import type { LogLevel } from './log-levels.js';
import { loadPeerKeys } from './peer-keys.js';
import { printable, quoted } from './printable.js';
import { runWorker } from './run-worker.js';
import { checkServiceName } from './service-values.js';
import { formatSize } from './sizes.js';
import type { Environment } from './variables.js';

const DEFAULTS = { concurrency: 1, maxBytes: 16 * 2 ** 20, drainMs: 30_000 } as const;

/** `mdp-broker work` */
export const WORK_FLAGS: readonly FlagSpec[] = [
  ...BROKER_FLAGS,
  DIALECT_FLAG,
  WIRE_FLAG,
  {
    name: 'concurrency',
    letter: 'j',
    help: 'How many commands may run at once',
    defaultText: String(DEFAULTS.concurrency),
  },
  { name: 'args', help: 'Give frames as arguments, not on the standard input', takesValue: false },
  { name: 'lines', help: 'Send each line as a part of the reply, when it comes', takesValue: false },
  {
    name: 'max-bytes',
    help: 'The most that a command may write, or with --lines in a line',
    defaultText: formatSize(DEFAULTS.maxBytes),
  },
  {
    name: 'heartbeat-interval',
    letter: 'i',
    help: 'Time between two heartbeats',
    defaultText: formatDuration(DEFAULT_HEARTBEAT_INTERVAL_MS),
  },
  {
    name: 'drain',
    help: 'How long running commands may take when it stops',
    defaultText: formatDuration(DEFAULTS.drainMs),
  },
  ...LOG_FLAGS,
];

/** What to serve, and how. */
export interface WorkSettings extends BrokerAccess, ChildCommandsOptions {
  readonly service: string;
  readonly dialect: Dialect;
  readonly wire: WireOption;
  readonly concurrency: number;
  readonly heartbeatIntervalMs: number;
  readonly drainMs: number;
  readonly logLevel: LogLevel;
}

/**
 * Read the command line of `mdp-broker work`.
 *
 * @param words - SERVICE, COMMAND and its arguments
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`, {@link UsageError}
 */
export function readWork(values: FlagValues, env: Environment, words: readonly string[]): WorkSettings {
  const [service, program, ...args] = words;
  if (service === undefined || program === undefined) {
    throw new UsageError('work wants the name of a service and a command: work SERVICE -- COMMAND [ARGUMENT...]');
  }
  checkServiceName('SERVICE', service);
  return {
    ...readAccess(values, env),
    service,
    command: [program, ...args],
    dialect: readDialect(values),
    wire: readWire(values),
    concurrency: readFlag<number>(values, 'concurrency', { kind: 'count', min: 1, max: 1000 }, DEFAULTS.concurrency),
    input: values.has('args') ? 'args' : 'stdin',
    lines: values.has('lines'),
    maxBytes: readFlag<number>(values, 'max-bytes', { kind: 'size', min: 1, max: 2 ** 30 }, DEFAULTS.maxBytes),
    heartbeatIntervalMs: readFlag<number>(
      values,
      'heartbeat-interval',
      { ...POSITIVE_DURATION, min: 10 },
      DEFAULT_HEARTBEAT_INTERVAL_MS,
    ),
    drainMs: readFlag<number>(values, 'drain', ANY_DURATION, DEFAULTS.drainMs),
    logLevel: readLogLevel(values),
  };
}

/**
 * Run `mdp-broker work` until a signal stops it.
 *
 * @returns the exit code, once everything is closed
 * @throws {@link UsageError} when there is no such command
 */
export async function runWork(flags: FlagValues, env: Environment, words: readonly string[]): Promise<ExitCode> {
  const settings = readWork(flags, env, words);
  const { brokers, service, dialect, wire, concurrency, heartbeatIntervalMs, drainMs } = settings;
  refuseMissing(settings.command[0]);
  const commands = new ChildCommands(settings);
  const curve = loadPeerKeys(settings.keys);
  const worker = new Worker(brokers, service, commands.handle, {
    dialect,
    wire,
    concurrency,
    heartbeatIntervalMs,
    ...(curve === undefined ? {} : { curve }),
  });
  const atExit = (): void => {
    commands.killAll();
  };
  return runWorker(worker, `worker by ${printable(settings.command.join(' '))}`, {
    ...settings,
    stop: { drainMs },
    atExit,
  });
}

/** Better now than at the first request. Where programs have endings, as on Windows, only the system can tell. */
function refuseMissing(program: string): void {
  if (process.platform === 'win32') return;
  const isPath = program.includes('/');
  const folders = isPath ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  if (folders.some((folder) => isProgram(join(folder, program)))) return;
  throw new UsageError(`COMMAND: there is no program ${quoted(program)}${isPath ? '' : ' in the PATH'}`);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'].includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}
