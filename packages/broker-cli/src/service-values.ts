// SPDX-License-Identifier: Apache-2.0
// service-values - what differs for single services, as flags, the environment and config files say it

import type { ServiceOptions } from '@mdp/broker';
import { ArgumentError, encodeServiceName } from '@mdp/protocol';
import { didYouMean } from '@mdp/protocol/internal';
import { splitAttributes } from './attributes.js';
import { UsageError, errorCode } from './exit-codes.js';
import { quoted } from './printable.js';
import type { JsonSchema, ValueRule } from './value-kinds.js';
import { LONGEST_MS, readConfig, readText, schemaOf } from './value-kinds.js';

/** One option of a service. */
export interface ServiceRow {
  /** Its key under `services.NAME` in a config file. */
  readonly key: string;
  /** Its name in `--service NAME,…`. */
  readonly flag: string;
  readonly api: keyof ServiceOptions;
  readonly rule: ValueRule;
  readonly help: string;
}

/** Every option that a service can have of its own. Their defaults are the broker's. */
export const SERVICE_OPTIONS: readonly ServiceRow[] = [
  {
    key: 'maxAttempts',
    flag: 'max-attempts',
    api: 'maxAttempts',
    rule: { kind: 'count', min: 1, max: 100 },
    help: 'How often a request may be given to a worker in all; 1 is never twice',
  },
  {
    key: 'maxQueued',
    flag: 'max-queued',
    api: 'maxQueued',
    rule: { kind: 'count', min: 0, max: 10_000_000 },
    help: 'The most requests that wait for a worker of this service',
  },
  {
    key: 'noWorkerTimeout',
    flag: 'no-worker-timeout',
    api: 'noWorkerTimeoutMs',
    rule: { kind: 'duration', min: 0, max: LONGEST_MS },
    help: 'How long a request waits while the service has no worker; 0 refuses at once',
  },
  {
    key: 'queueTimeout',
    flag: 'queue-timeout',
    api: 'queueTimeoutMs',
    rule: { kind: 'duration', min: 1, max: LONGEST_MS },
    help: 'How long a request waits while all workers of the service are busy',
  },
];

/** Services by name, each with what was said of it. A Map: a service may be called `__proto__`. */
export type ServiceSettings = ReadonlyMap<string, ServiceOptions>;

/**
 * Check the name of a service.
 *
 * @param where - the flag, variable or path where it stands
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`
 */
export function checkServiceName(where: string, name: string): void {
  try {
    encodeServiceName(name);
  } catch (error) {
    if (errorCode(error) !== 'MDP_INVALID_ARGUMENT') throw error;
    throw new ArgumentError(where, name, 'the name of a service: printable, 1 to 255 bytes of UTF-8');
  }
}

/**
 * Read several `NAME,max-attempts=1,queue-timeout=1h`; the same service may come more than once.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`, {@link UsageError}
 */
export function servicesFromText(where: string, texts: readonly string[]): ServiceSettings {
  const services = new Map<string, ServiceOptions>();
  for (const text of texts) {
    const { name, attributes } = splitAttributes(text.trim());
    if (attributes.length === 0) {
      const form = `NAME,option=value with one or more of ${SERVICE_OPTIONS.map((row) => row.flag).join(', ')}`;
      throw new ArgumentError(where, text, form);
    }
    checkServiceName(where, name);
    const options: Record<string, unknown> = { ...services.get(name) };
    for (const [flag, value] of attributes) {
      const row = SERVICE_OPTIONS.find((candidate) => candidate.flag === flag);
      if (row === undefined) throw unknownOption(`${where} ${quoted(name)}`, flag, 'flag');
      options[row.api] = readText(row.rule, `${where} ${quoted(name)}, ${flag}`, value);
    }
    services.set(name, options);
  }
  return services;
}

/**
 * Read `services` of a config file.
 *
 * @param at - where a path below `services` stands, for errors
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`, {@link UsageError}
 */
export function servicesFromConfig(at: (path: readonly string[]) => string, value: unknown): ServiceSettings {
  const services = new Map<string, ServiceOptions>();
  for (const [name, given] of entries(at([]), value)) {
    checkServiceName(at([name]), name);
    const options: Record<string, unknown> = {};
    for (const [key, item] of entries(at([name]), given)) {
      const row = SERVICE_OPTIONS.find((candidate) => candidate.key === key);
      if (row === undefined) throw unknownOption(at([name, key]), key, 'key');
      options[row.api] = readConfig(row.rule, at([name, key]), item);
    }
    services.set(name, options);
  }
  return services;
}

/** What both say, option by option; where they differ, `over` holds. */
export function mergeServices(under: ServiceSettings, over: ServiceSettings): ServiceSettings {
  const merged = new Map(under);
  for (const [name, options] of over) merged.set(name, { ...merged.get(name), ...options });
  return merged;
}

function entries(where: string, value: unknown): [string, unknown][] {
  if (value === null) return [];
  if (typeof value !== 'object' || Array.isArray(value)) throw new ArgumentError(where, value, 'an object');
  return Object.entries(value);
}

function unknownOption(where: string, name: string, form: 'key' | 'flag'): UsageError {
  const known = SERVICE_OPTIONS.map((row) => row[form]);
  const guess = didYouMean(name, known);
  const which = form === 'flag' ? `: ${quoted(name)}` : '';
  return new UsageError(`${where}${which}: there is no such option; a service has ${known.join(', ')}${guess}`);
}

/** The schema of `services`. */
export function servicesSchema(): JsonSchema {
  const properties = Object.fromEntries(
    SERVICE_OPTIONS.map((row) => [row.key, { description: row.help, ...schemaOf(row.rule) }]),
  );
  return {
    type: ['object', 'null'],
    additionalProperties: { type: ['object', 'null'], properties, additionalProperties: false },
  };
}
