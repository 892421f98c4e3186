// SPDX-License-Identifier: Apache-2.0
// broker-flags - the flags of every subcommand that talks to a broker: where it is, with which keys, in which dialect

import type { WireOption } from '@mdp/client';
import type { Dialect } from '@mdp/protocol';
import { DEFAULT_ENDPOINT, DIALECTS } from '@mdp/protocol';
import { endpointOption } from '@mdp/protocol/internal';
import type { FlagSpec, FlagValues } from './flags.js';
import type { LogLevel } from './log-levels.js';
import type { PeerKeys } from './peer-keys.js';
import { KEY_FLAGS, readPeerKeys } from './peer-keys.js';
import type { Scalar, ValueRule } from './value-kinds.js';
import { LONGEST_MS, readText } from './value-kinds.js';
import type { Environment } from './variables.js';
import { splitList, variable } from './variables.js';

/** The variable that names the broker. */
export const BROKER_URL_ENV = 'MDP_BROKER_URL';

/** A time that may not be 0. */
export const POSITIVE_DURATION: ValueRule = { kind: 'duration', min: 1, max: LONGEST_MS };

/** A time that may be 0. */
export const ANY_DURATION: ValueRule = { kind: 'duration', min: 0, max: LONGEST_MS };

const DIALECT: ValueRule = { kind: 'choice', choices: DIALECTS };
const DEFAULT_DIALECT: Dialect = 'rfc18';

const WIRES: readonly WireOption[] = ['auto', 'rfc18', 'mx'];
const WIRE: ValueRule = { kind: 'choice', choices: WIRES };
const DEFAULT_WIRE: WireOption = 'auto';

/** Where the broker is, and the keys for it. */
export const BROKER_FLAGS: readonly FlagSpec[] = [
  {
    name: 'broker-url',
    letter: 'b',
    aliases: ['broker_url'],
    help: `Where the broker listens; may be repeated. Also ${BROKER_URL_ENV}`,
    repeatable: true,
    defaultText: DEFAULT_ENDPOINT,
  },
  ...KEY_FLAGS,
];

/** How to speak. */
export const DIALECT_FLAG: FlagSpec = {
  name: 'dialect',
  help: `How to speak to the broker: ${DIALECTS.join(', ')}`,
  choices: DIALECTS,
  defaultText: DEFAULT_DIALECT,
};

/** How messages go to a broker of dialect `rfc18`. */
export const WIRE_FLAG: FlagSpec = {
  name: 'wire',
  help: `Which wire to use with a broker of dialect rfc18: ${WIRES.join(', ')}`,
  choices: WIRES,
  defaultText: DEFAULT_WIRE,
};

/** How much to log. */
export const LOG_FLAGS: readonly FlagSpec[] = [
  { name: 'verbose', letter: 'V', help: 'Log more', takesValue: false },
  { name: 'debug', letter: 'D', help: 'Log most', takesValue: false },
];

/** Where the broker is, and the keys for it. */
export interface BrokerAccess {
  readonly brokers: readonly string[];
  /** Left out when the connection is not encrypted. */
  readonly keys?: PeerKeys;
}

/**
 * Read one flag.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the flag, the value and what is allowed
 */
export function readFlag<T extends Scalar>(values: FlagValues, flag: string, rule: ValueRule, fallback: T): T {
  const text = values.get(flag)?.at(-1);
  return text === undefined ? fallback : (readText(rule, `--${flag}`, text) as T);
}

/**
 * The brokers to talk to: `-b`, else the environment, else the default.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`
 */
export function readBrokers(values: FlagValues, env: Environment): string[] {
  const flags = values.get('broker-url');
  if (flags !== undefined) return flags.map((text) => endpointOption('--broker-url', text));
  const text = variable(env, BROKER_URL_ENV);
  return text === undefined ? [DEFAULT_ENDPOINT] : splitList(text).map((one) => endpointOption(BROKER_URL_ENV, one));
}

/** @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`, {@link UsageError} */
export function readAccess(values: FlagValues, env: Environment): BrokerAccess {
  const keys = readPeerKeys(values, env);
  return { brokers: readBrokers(values, env), ...(keys === undefined ? {} : { keys }) };
}

/** @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` */
export function readDialect(values: FlagValues): Dialect {
  return readFlag<Dialect>(values, 'dialect', DIALECT, DEFAULT_DIALECT);
}

/** @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` */
export function readWire(values: FlagValues, fallback: WireOption = DEFAULT_WIRE): WireOption {
  return readFlag<WireOption>(values, 'wire', WIRE, fallback);
}

/** How much to log. */
export function readLogLevel(values: FlagValues): LogLevel {
  return values.has('debug') ? 'debug' : values.has('verbose') ? 'verbose' : 'info';
}
