// SPDX-License-Identifier: Apache-2.0
// run-command - runs the broker until a signal stops it

import { getHeapStatistics } from 'node:v8';
import { readKeyFile } from '@mdp/protocol/node';
import type { Admin } from './admin.js';
import { announce } from './announce.js';
import { summary } from './broker-log.js';
import { BrokerThreads } from './broker-threads.js';
import { readConfigFile } from './config-file.js';
import { counted } from './counted.js';
import { formatDuration } from './durations.js';
import { readEnvironment, unknownVariables } from './environment.js';
import { EXIT_CODES, UsageError, errorCode, errorMessage } from './exit-codes.js';
import type { ExitCode } from './exit-codes.js';
import type { FlagValues } from './flags.js';
import { goesToJournal } from './journal.js';
import { LevelControl, withLevelSignal } from './level-control.js';
import type { LogLevel } from './log-levels.js';
import type { Log } from './logger.js';
import { openLog } from './logger.js';
import type { LoweredLimits } from './memory-limits.js';
import { limitsFor } from './memory-limits.js';
import { CONFIG_ENV } from './options-table.js';
import { OneBroker } from './one-broker.js';
import { printable } from './printable.js';
import { withReload } from './reload-signal.js';
import { readRunFlags } from './run-flags.js';
import type { Listening, ServedBroker } from './served-broker.js';
import { ServiceManager, listeningStatus } from './service-manager.js';
import { RecentLines } from './status-page/recent-lines.js';
import type { RunSettings, Source } from './settings.js';
import { resolveSettings } from './settings.js';
import { formatSize } from './sizes.js';
import type { StopSignal } from './stop-signals.js';
import { untilSignal } from './stop-signals.js';
import type { Totals } from './totals.js';
import type { Environment } from './variables.js';
import { variable } from './variables.js';

/**
 * What config file, environment and flags say, in the order in which they overrule one another.
 *
 * @throws {@link UsageError}, {@link ArgumentError} `MDP_INVALID_ARGUMENT`
 */
export async function readSources(flags: FlagValues, env: Environment): Promise<Source[]> {
  const fromFlags = readRunFlags(flags);
  const fromEnvironment = readEnvironment(env);
  const flag = flags.get('config')?.at(-1);
  if (flag === '') throw new UsageError('--config: got "", allowed is the path of a YAML or JSON file');
  const path = flag ?? variable(env, CONFIG_ENV);
  const fromFile =
    path === undefined ? new Map() : await readConfigFile(path, flag === undefined ? CONFIG_ENV : '--config');
  return [fromFile, fromEnvironment, fromFlags];
}

/**
 * Run the broker: `mdp-broker` without a subcommand.
 *
 * @returns the exit code, once everything is closed
 */
export async function runBroker(flags: FlagValues, env: Environment): Promise<ExitCode> {
  const settings = resolveSettings(...(await readSources(flags, env)));
  const publicKey = readPublicKey(settings);
  try {
    return await run(settings, publicKey, env);
  } catch (error) {
    throw asTyped(error, settings);
  }
}

async function run(settings: RunSettings, publicKey: string | undefined, env: Environment): Promise<ExitCode> {
  const lowered = limitsFor(settings.broker, getHeapStatistics().heap_size_limit);
  const broker = brokerFor({ ...settings, broker: { ...settings.broker, ...lowered } });
  const levels = new LevelControl(settings.logLevel);
  const recent = new RecentLines();
  const log = recent.listening(openLog({ level: levels.threshold, format: settings.logFormat }));
  const setLogLevel = (level: LogLevel, by: string): void => {
    levels.change(level, by, log);
    broker.setLogLevel(level);
  };
  for (const warning of unknownVariables(env)) log.log('warn', 'unknownVariable', warning);
  sayLowered(lowered, log);
  const manager = new ServiceManager(env, log);
  const opened: Admin[] = [];
  const reload = (): void => {
    log.log('info', 'reload', `SIGHUP: ${reloading(settings)}`);
    broker.reloadKeys();
    for (const admin of opened) admin.reloadToken();
    // Threads do what they are told one after the other: when they answer this they have read their lists.
    void manager.reloading(() => broker.totals());
  };
  const toggle = (): void => {
    setLogLevel(levels.other, 'SIGUSR1');
  };
  try {
    const work = async (signal: Promise<StopSignal>): Promise<ExitCode> => {
      const admin = await openAdmin(settings, broker, log, { levels, recent }, setLogLevel);
      if (admin !== undefined) opened.push(admin);
      return serve({ broker, settings, publicKey, log, manager, admin }, signal);
    };
    return await withReload(reload, () =>
      withLevelSignal(toggle, () => untilSignal(log, work, () => broker.abandon())),
    );
  } finally {
    for (const admin of opened) await admin.close();
    await broker.abandon();
    await manager.close();
    await log.close();
  }
}

/** What SIGHUP has read again. */
function reloading({ keyNames, admin }: RunSettings): string {
  const lists = (keyNames?.allow ?? '') !== '';
  const token = admin?.tokenFile !== undefined;
  if (!lists && !token) return 'there are no lists of allowed keys to read again';
  const what = [
    ...(lists ? ['the lists of allowed keys'] : []),
    ...(token ? ['the token of the admin interface'] : []),
  ];
  return `reading ${what.join(' and ')} again`;
}

/** The admin interface, if there is to be one; it does not listen yet. */
async function openAdmin(
  { admin: wanted }: RunSettings,
  broker: ServedBroker,
  log: Log,
  { levels, recent }: { readonly levels: LevelControl; readonly recent: RecentLines },
  setLogLevel: (level: LogLevel, by: string) => void,
): Promise<Admin | undefined> {
  if (wanted === undefined) return undefined;
  // What it needs is loaded for it alone.
  const { Admin } = await import('./admin.js');
  const view = {
    snapshot: () => broker.snapshot(),
    alive: () => broker.totals(),
    recent,
    logLevel: () => levels.level,
    setLogLevel: (level: LogLevel) => {
      setLogLevel(level, 'the admin interface');
    },
  };
  return new Admin(wanted, view, log);
}

function sayLowered(lowered: LoweredLimits, log: Log): void {
  const { maxPendingBytes, maxOutboxBytesInAll } = lowered;
  const limits = [
    ...(maxPendingBytes === undefined ? [] : [`--max-pending-bytes ${formatSize(maxPendingBytes)}`]),
    ...(maxOutboxBytesInAll === undefined ? [] : [`--max-outbox-bytes-in-all ${formatSize(maxOutboxBytesInAll)}`]),
  ];
  if (limits.length === 0) return;
  log.log('info', 'limitsLowered', `this process may use little memory: ${limits.join(', ')}`, { ...lowered });
}

function brokerFor({ broker, threads, logLevel }: RunSettings): ServedBroker {
  return threads === undefined ? new OneBroker(broker) : new BrokerThreads({ broker, threads, logLevel });
}

/**
 * The public key of the broker. Whatever is wrong with the file is found here, before anything starts.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`
 */
export function readPublicKey({ broker, keyNames }: RunSettings): string | undefined {
  const file = broker.curve?.keyFile;
  return file === undefined ? undefined : readKeyFile(keyNames?.curveKey ?? 'curve', file, true).publicKey;
}

/** The broker names its option when a list of keys cannot be read: the user knows it as what was typed. */
export function asTyped(error: unknown, { keyNames }: RunSettings): unknown {
  const message = errorMessage(error);
  if (errorCode(error) !== 'MDP_INVALID_ARGUMENT' || !message.startsWith('allow: ')) return error;
  return new UsageError(`${keyNames?.allow ?? '--allow'}${message.slice('allow'.length)}`);
}

/** A broker, and what belongs to it. */
interface Running {
  readonly broker: ServedBroker;
  readonly settings: RunSettings;
  readonly publicKey: string | undefined;
  readonly log: Log;
  readonly manager: ServiceManager;
  readonly admin: Admin | undefined;
}

async function serve(
  { broker, settings, publicKey, log, manager, admin }: Running,
  signal: Promise<StopSignal>,
): Promise<ExitCode> {
  if (admin !== undefined && !(await admin.start())) return EXIT_CODES.BIND;
  let listening: readonly Listening[];
  try {
    listening = await broker.start(log);
  } catch (error) {
    if (errorCode(error) !== 'MDP_BIND') throw error;
    log.log('error', 'bindFailed', `${printable(errorMessage(error))}: choose another endpoint with --bind-url`);
    return EXIT_CODES.BIND;
  }
  if (admin !== undefined) admin.phase = 'ready';
  // In the journal nobody reads on to type.
  announce(listening, publicKey, log, settings.logFormat === 'text' && !goesToJournal(process.env));
  manager.ready(listeningStatus(listening), () => broker.totals());
  const why = await Promise.race([signal, broker.ended]);
  if (admin !== undefined) admin.phase = 'draining';
  if (why === undefined) return EXIT_CODES.FAILURE;
  const { requests } = await broker.totals();
  manager.stopping(requests.running, settings.drainMs);
  sayDrain(requests, settings, log, why);
  const totals = await broker.stop(settings.drainMs);
  log.log('info', 'stopped', () => summary(totals));
  return broker.failed ? EXIT_CODES.FAILURE : EXIT_CODES.OK;
}

function sayDrain({ running, queued }: Totals['requests'], settings: RunSettings, log: Log, signal: StopSignal): void {
  const wait =
    running === 0
      ? 'no request is running'
      : `${counted(running, 'running request')} may take ${formatDuration(settings.drainMs)} more; a second signal ends at once`;
  log.log('info', 'draining', `${signal}: stopping; ${wait}`, { signal, running, queued, drainMs: settings.drainMs });
}
