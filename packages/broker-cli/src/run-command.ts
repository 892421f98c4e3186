// SPDX-License-Identifier: Apache-2.0
// run-command - runs the broker until a signal stops it

import type { Role } from '@mdp/broker';
import { Broker } from '@mdp/broker';
import { logBroker, summary } from './broker-log.js';
import { readConfigFile } from './config-file.js';
import { counted } from './counted.js';
import { formatDuration } from './durations.js';
import { readEnvironment, unknownVariables } from './environment.js';
import { EXIT_CODES, UsageError, errorCode, errorMessage } from './exit-codes.js';
import type { ExitCode } from './exit-codes.js';
import type { FlagValues } from './flags.js';
import type { Log } from './logger.js';
import { openLog } from './logger.js';
import { CONFIG_ENV } from './options-table.js';
import { printable } from './printable.js';
import { readRunFlags } from './run-flags.js';
import type { RunSettings } from './settings.js';
import { resolveSettings } from './settings.js';
import type { StopSignal } from './stop-signals.js';
import { untilSignal } from './stop-signals.js';
import type { BoundEndpoint } from './try-it.js';
import { programCommand, thisInvocation, tryItCommands } from './try-it.js';
import type { Environment } from './variables.js';
import { variable } from './variables.js';

/**
 * What flags, environment and config file say together.
 *
 * @throws {@link UsageError}, {@link ArgumentError} `MDP_INVALID_ARGUMENT`
 */
export async function readRunSettings(flags: FlagValues, env: Environment): Promise<RunSettings> {
  const fromFlags = readRunFlags(flags);
  const fromEnvironment = readEnvironment(env);
  const flag = flags.get('config')?.at(-1);
  if (flag === '') throw new UsageError('--config: got "", allowed is the path of a YAML or JSON file');
  const path = flag ?? variable(env, CONFIG_ENV);
  const fromFile =
    path === undefined ? new Map() : await readConfigFile(path, flag === undefined ? CONFIG_ENV : '--config');
  return resolveSettings(fromFile, fromEnvironment, fromFlags);
}

/**
 * Run the broker: `mdp-broker` without a subcommand.
 *
 * @returns the exit code, once everything is closed
 */
export async function runBroker(flags: FlagValues, env: Environment): Promise<ExitCode> {
  const settings = await readRunSettings(flags, env);
  const broker = new Broker(settings.broker);
  const log = openLog({ level: settings.logLevel, format: settings.logFormat });
  for (const warning of unknownVariables(env)) log.log('warn', 'unknownVariable', warning);

  const endLog = logBroker(broker, log);
  try {
    return await untilSignal(log, (signal) => serve(broker, settings, log, signal));
  } finally {
    endLog();
    await log.close();
  }
}

async function serve(broker: Broker, settings: RunSettings, log: Log, signal: Promise<StopSignal>): Promise<ExitCode> {
  const stopped = new Promise<void>((resolve) => broker.once('stopped', resolve));
  try {
    await broker.start();
  } catch (error) {
    if (errorCode(error) !== 'MDP_BIND') throw error;
    log.log('error', 'bindFailed', `${printable(errorMessage(error))}: choose another endpoint with --bind-url`);
    return EXIT_CODES.BIND;
  }
  announce(broker, settings, log);
  const why = await Promise.race([signal, stopped]);
  if (why === undefined) {
    log.log('error', 'stopped', 'the broker has stopped without being told to');
    return EXIT_CODES.FAILURE;
  }
  sayDrain(broker, settings, log, why);
  await broker.stop({ drainMs: settings.drainMs });
  log.log('info', 'stopped', () => summary(broker.stats()));
  return EXIT_CODES.OK;
}

const SOCKETS: readonly Role[] = ['any', 'client', 'worker'];

/** A broker lists its endpoints socket by socket, one socket for each role, and those of one socket in their order. */
function boundEndpoints(broker: Broker): BoundEndpoint[] {
  const roles = SOCKETS.flatMap((role) => broker.options.endpoints.filter((wanted) => wanted.role === role));
  return broker.endpoints.map((endpoint, i) => ({ endpoint, role: roles[i]?.role ?? 'any' }));
}

function announce(broker: Broker, settings: RunSettings, log: Log): void {
  const bound = boundEndpoints(broker);
  for (const { endpoint, role } of bound) {
    const who = role === 'any' ? '' : ` for ${role}s only`;
    log.log('info', 'listening', `listening on ${printable(endpoint)}${who}`, { endpoint, role });
  }
  if (settings.logFormat !== 'text' || !log.enabled('info')) return;
  const commands = tryItCommands(bound, programCommand(thisInvocation()));
  if (commands.length === 0) return;
  const lines = ['to try it, run each of these in a terminal of its own:', ...commands.map(indent)];
  log.log('info', 'tryIt', lines.join('\n'));
}

function indent(line: string): string {
  return `  ${line}`;
}

function sayDrain(broker: Broker, settings: RunSettings, log: Log, signal: StopSignal): void {
  const { running, queued } = broker.stats().requests;
  const wait =
    running === 0
      ? 'no request is running'
      : `${counted(running, 'running request')} may take ${formatDuration(settings.drainMs)} more; a second signal ends at once`;
  log.log('info', 'draining', `${signal}: stopping; ${wait}`, { signal, running, queued, drainMs: settings.drainMs });
}
