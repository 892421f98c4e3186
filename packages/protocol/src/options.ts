// SPDX-License-Identifier: Apache-2.0
// options - the checks that broker, client and worker make on a caller's options, so that their errors read alike

import type { Dialect } from './dialect.js';
import { DIALECTS, isDialect } from './dialect.js';
import { ArgumentError } from './errors.js';
import { didYouMean } from './suggest.js';

/** The longest duration that a Node.js timer takes, in milliseconds (about 24.8 days). */
export const MAX_DURATION_MS = 2 ** 31 - 1;

/**
 * A whole number within bounds.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the option, the value and the bounds
 */
export function integerOption(
  name: string,
  value: number | undefined,
  fallback: number,
  min: number,
  max: number,
): number {
  if (value === undefined) return fallback;
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new ArgumentError(name, value, `a whole number from ${String(min)} to ${String(max)}`);
  }
  return value;
}

/** A duration in milliseconds, whole, from `min` to 2^31-1. */
export function durationOption(name: string, value: number | undefined, fallback: number, min = 0): number {
  if (value === undefined) return fallback;
  if (!Number.isInteger(value) || value < min || value > MAX_DURATION_MS) {
    throw new ArgumentError(name, value, `whole milliseconds from ${String(min)} to ${String(MAX_DURATION_MS)}`);
  }
  return value;
}

/** A number within bounds, not necessarily whole. */
export function numberOption(
  name: string,
  value: number | undefined,
  fallback: number,
  min: number,
  max: number,
): number {
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw new ArgumentError(name, value, `a number from ${String(min)} to ${String(max)}`);
  }
  return value;
}

/** `true` or `false`. */
export function booleanOption(name: string, value: boolean | undefined, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') throw new ArgumentError(name, value, 'true or false');
  return value;
}

/** One of a few words. */
export function choiceOption<T extends string>(
  name: string,
  value: T | undefined,
  fallback: T,
  choices: readonly T[],
): T {
  if (value === undefined) return fallback;
  if (!choices.includes(value)) throw new ArgumentError(name, value, choices.join(', '));
  return value;
}

/** A {@link Dialect}; `rfc18` when it is left out. */
export function dialectOption(value: Dialect | undefined): Dialect {
  if (value === undefined) return 'rfc18';
  if (!isDialect(value)) throw new ArgumentError('dialect', value, DIALECTS.join(', '));
  return value;
}

const TCP = /^tcp:\/\/\S+:(?:(\d{1,5})|\*)$/;
const LOCAL = /^(?:ipc|inproc):\/\/.+$/;

function isEndpoint(value: string): boolean {
  const tcp = TCP.exec(value);
  return tcp === null ? LOCAL.test(value) : Number(tcp[1] ?? 0) <= 65_535;
}

/**
 * One ZeroMQ endpoint: `tcp://host:port` with a port up to 65,535 or `*`, `ipc://path` or `inproc://name`.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the option and the value
 */
export function endpointOption(name: string, value: string): string {
  if (typeof value !== 'string' || !isEndpoint(value)) {
    throw new ArgumentError(name, value, 'tcp://host:port (up to 65535), ipc://path or inproc://name');
  }
  return value;
}

/** One endpoint or several, each once. */
export function endpointsOption(name: string, value: string | readonly string[]): string[] {
  const list: readonly string[] = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(list) || list.length === 0) throw new ArgumentError(name, value, 'one endpoint or more');
  for (const endpoint of list) {
    if (typeof endpoint === 'string' && /^tcp:\/\/(?:\*:|.*:\*$)/.test(endpoint)) {
      throw new ArgumentError(name, endpoint, 'an endpoint to connect to: tcp://host:port without *');
    }
  }
  return [...new Set(list.map((endpoint) => endpointOption(name, endpoint as string)))];
}

/**
 * Refuse options that do not exist, so that a misspelt one is not silently ignored.
 *
 * @param path - where the options stand within others: `retry`; left out for the outermost
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names it, lists what exists, and says what was probably meant
 */
export function refuseUnknownOptions(options: object, known: readonly string[], path?: string): void {
  const at = (name: string): string => (path === undefined ? name : `${path}.${name}`);
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (known.includes(name)) continue;
    throw new ArgumentError(at(name), value, `one of the options ${known.join(', ')}${didYouMean(name, known, at)}`);
  }
}
