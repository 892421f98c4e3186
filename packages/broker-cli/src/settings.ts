// SPDX-License-Identifier: Apache-2.0
// settings - what all sources say together: default < file < environment < flag

import type { BrokerOptions, EndpointOptions } from '@mdp/broker';
import { BROKER_DEFAULTS } from '@mdp/broker';
import { DEFAULT_ENDPOINT } from '@mdp/protocol';
import type { AdminSettings } from './admin-settings.js';
import { adminSettings } from './admin-settings.js';
import type { KeyNames } from './access-settings.js';
import { checkAccess } from './access-settings.js';
import { formatDuration } from './durations.js';
import { UsageError } from './exit-codes.js';
import type { LogFormat, LogLevel } from './log-levels.js';
import { OPTIONS, PROCESS_DEFAULTS } from './options-table.js';
import type { ServiceSettings } from './service-values.js';
import { mergeServices } from './service-values.js';
import { threadEndpoints } from './thread-endpoints.js';
import type { Scalar } from './value-kinds.js';

/** A value, and how the user knows the place where it was given: `--drain`, `MDP_DRAIN`, `broker.yaml:3: drain`. */
export interface Given {
  readonly value: Scalar | readonly EndpointOptions[] | ServiceSettings | readonly string[];
  readonly name: string;
}

/** What one source says, by the key of the option's row. */
export type Source = ReadonlyMap<string, Given>;

/** Everything that the broker as a command is told. */
export interface RunSettings {
  readonly broker: BrokerOptions;
  /** The endpoints of each thread's broker; left out when there is one broker, without a thread of its own. */
  readonly threads?: readonly (readonly EndpointOptions[])[];
  /** How the user knows the places where files with keys are named; left out when the broker has no key. */
  readonly keyNames?: KeyNames;
  /** How long running requests may take after a signal, in milliseconds. */
  readonly drainMs: number;
  /** Where metrics and health checks are served; left out when they are not. */
  readonly admin?: AdminSettings;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

/** How a value is called that nobody gave. */
const nameOr = (given: Given | undefined, flag: string): string => given?.name ?? flag;

/** Merge the sources, later ones over earlier ones. Services are merged option by option, everything else is replaced. */
export function mergeSources(sources: readonly Source[]): Source {
  const given = new Map<string, Given>();
  for (const source of sources) {
    for (const [key, item] of source) {
      const before = key === 'services' ? given.get(key) : undefined;
      given.set(key, before === undefined ? item : mergedServices(before, item));
    }
  }
  return given;
}

function mergedServices(under: Given, over: Given): Given {
  const value = mergeServices(under.value as ServiceSettings, over.value as ServiceSettings);
  return { value, name: `${under.name}, ${over.name}` };
}

/**
 * What the merged sources mean.
 *
 * @throws {@link UsageError} when the heartbeat's timeout is not a whole multiple, 2 to 100, of its interval, or keys are
 * allowed where none are asked for, or the admin interface is open to others without a token
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when an endpoint cannot be had once in each thread
 */
export function resolveSettings(...sources: readonly Source[]): RunSettings {
  const given = mergeSources(sources);
  const services = (given.get('services')?.value ?? new Map()) as ServiceSettings;

  const broker: Record<string, unknown> = {};
  for (const row of OPTIONS) {
    const item = given.get(row.key);
    if (row.api === undefined || row.api === 'services' || row.api === 'heartbeatLiveness' || item === undefined)
      continue;
    broker[row.api] = row.api === 'curve' ? { keyFile: item.value } : item.value;
  }
  const liveness = heartbeatLiveness(given.get('heartbeatInterval'), given.get('heartbeatTimeout'));
  if (liveness !== undefined) broker['heartbeatLiveness'] = liveness;
  if (services.size > 0) broker['services'] = Object.fromEntries(services);

  const endpoints = given.get('endpoints');
  const threads = threadsOf(endpoints, given.get('threads'));
  const keyNames = checkAccess({ curveKey: given.get('curveKey'), allow: given.get('allow'), endpoints });

  const admin = adminSettings(given.get('admin'), given.get('adminTokenFile'));

  const or = <T>(key: string, fallback: T): T => (given.get(key)?.value ?? fallback) as T;
  return {
    broker,
    ...(threads === undefined ? {} : { threads }),
    ...(keyNames === undefined ? {} : { keyNames }),
    ...(admin === undefined ? {} : { admin }),
    drainMs: or<number>('drain', PROCESS_DEFAULTS.drainMs),
    logLevel: or<LogLevel>('log.level', PROCESS_DEFAULTS.logLevel),
    logFormat: or<LogFormat>('log.format', PROCESS_DEFAULTS.logFormat),
  };
}

function threadsOf(endpoints: Given | undefined, threads: Given | undefined): RunSettings['threads'] {
  const many = (threads?.value ?? PROCESS_DEFAULTS.threads) as number;
  if (many === 1) return undefined;
  const wanted = (endpoints?.value ?? [{ endpoint: DEFAULT_ENDPOINT }]) as readonly EndpointOptions[];
  const names = { endpoints: nameOr(endpoints, '--bind-url'), threads: nameOr(threads, '--threads') };
  return threadEndpoints(wanted, many, names);
}

const LEAST = 2;
const MOST = 100;

/** Majortomo's timeout is a number of intervals here; one that was not given follows the interval. */
function heartbeatLiveness(interval: Given | undefined, timeout: Given | undefined): number | undefined {
  if (timeout === undefined) return undefined;
  const every = (interval?.value ?? BROKER_DEFAULTS.heartbeatIntervalMs) as number;
  const after = timeout.value as number;
  const times = after / every;
  if (Number.isInteger(times) && times >= LEAST && times <= MOST) return times;

  const down = Math.min(Math.max(Math.floor(times), LEAST), MOST);
  const up = Math.min(Math.max(Math.ceil(times), LEAST), MOST);
  const near = [...new Set([down, up])].map((n) => formatDuration(n * every)).join(' or ');
  const beat = `${interval === undefined ? 'the heartbeat interval' : interval.name} (${formatDuration(every)})`;
  throw new UsageError(
    `${timeout.name} (${formatDuration(after)}): allowed is a whole multiple, ${String(LEAST)} to ${String(MOST)} times, of ${beat}: ${near} would do`,
  );
}
