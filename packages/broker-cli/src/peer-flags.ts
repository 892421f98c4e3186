// SPDX-License-Identifier: Apache-2.0
// peer-flags - the flags of the subcommands that talk to a broker, and what they say

import type { Dialect } from '@mdp/protocol';
import { DEFAULT_ENDPOINT, DEFAULT_HEARTBEAT_INTERVAL_MS, DIALECTS } from '@mdp/protocol';
import { endpointOption } from '@mdp/protocol/internal';
import { formatDuration } from './durations.js';
import type { FlagSpec, FlagValues } from './flags.js';
import type { LogLevel } from './log-levels.js';
import type { PeerKeys } from './peer-keys.js';
import { KEY_FLAGS, readPeerKeys } from './peer-keys.js';
import { checkServiceName } from './service-values.js';
import type { Scalar, ValueRule } from './value-kinds.js';
import { LONGEST_MS, readText } from './value-kinds.js';
import type { Environment } from './variables.js';
import { splitList, variable } from './variables.js';

/** The variable that names the broker for every subcommand that talks to one. */
export const BROKER_URL_ENV = 'MDP_BROKER_URL';

/** What the flags of these subcommands are when they are not given. */
export const PEER_DEFAULTS = {
  service: 'mdp-echo',
  message: 'hello',
  repeat: 1,
  delayMs: 500,
  timeoutMs: 10_000,
  pingTimeoutMs: 2000,
  dialect: 'rfc18',
} as const;

const POSITIVE: ValueRule = { kind: 'duration', min: 1, max: LONGEST_MS };
const ANY_DURATION: ValueRule = { kind: 'duration', min: 0, max: LONGEST_MS };
const DIALECT: ValueRule = { kind: 'choice', choices: DIALECTS };

const BROKER_URL: FlagSpec = {
  name: 'broker-url',
  letter: 'b',
  aliases: ['broker_url'],
  help: `Where the broker listens; may be repeated. Also ${BROKER_URL_ENV}`,
  repeatable: true,
  defaultText: DEFAULT_ENDPOINT,
};

const COMMON: readonly FlagSpec[] = [
  BROKER_URL,
  ...KEY_FLAGS,
  {
    name: 'service',
    letter: 'n',
    aliases: ['service-name'],
    help: 'The name of the service',
    defaultText: PEER_DEFAULTS.service,
  },
  {
    name: 'dialect',
    help: `How to speak to the broker: ${DIALECTS.join(', ')}`,
    defaultText: PEER_DEFAULTS.dialect,
  },
  { name: 'verbose', letter: 'V', help: 'Log more', takesValue: false },
  { name: 'debug', letter: 'D', help: 'Log most', takesValue: false },
];

/** `mdp-broker echo worker` */
export const ECHO_WORKER_FLAGS: readonly FlagSpec[] = [
  ...COMMON,
  { name: 'delay', letter: 'd', help: 'How long to wait before each reply', defaultText: '0' },
  {
    name: 'heartbeat-interval',
    letter: 'i',
    help: 'Time between two heartbeats',
    defaultText: formatDuration(DEFAULT_HEARTBEAT_INTERVAL_MS),
  },
  { name: 'garbage', letter: 'f', help: 'Reply with everything backwards, which no client expects', takesValue: false },
];

/** `mdp-broker echo client` */
export const ECHO_CLIENT_FLAGS: readonly FlagSpec[] = [
  ...COMMON,
  { name: 'message', letter: 'm', help: 'The text to send', defaultText: PEER_DEFAULTS.message },
  { name: 'repeat', letter: 'r', help: 'How many requests to send', defaultText: String(PEER_DEFAULTS.repeat) },
  {
    name: 'delay',
    letter: 'd',
    help: 'How long to wait between two requests',
    defaultText: formatDuration(PEER_DEFAULTS.delayMs),
  },
  {
    name: 'timeout',
    letter: 't',
    help: 'How long to wait for each reply',
    defaultText: formatDuration(PEER_DEFAULTS.timeoutMs),
  },
];

/** `mdp-broker ping` */
export const PING_FLAGS: readonly FlagSpec[] = [
  BROKER_URL,
  ...KEY_FLAGS,
  {
    name: 'timeout',
    letter: 't',
    help: 'How long to wait for the answer',
    defaultText: formatDuration(PEER_DEFAULTS.pingTimeoutMs),
  },
];

/** What every peer is told. */
export interface PeerSettings {
  readonly brokers: readonly string[];
  /** Left out when the connection is not encrypted. */
  readonly keys?: PeerKeys;
  readonly service: string;
  readonly dialect: Dialect;
  readonly logLevel: LogLevel;
}

/** What the echo worker is told. */
export interface EchoWorkerSettings extends PeerSettings {
  readonly delayMs: number;
  readonly heartbeatIntervalMs: number;
  readonly garbage: boolean;
}

/** What the echo client is told. */
export interface EchoClientSettings extends PeerSettings {
  readonly message: string;
  readonly repeat: number;
  readonly delayMs: number;
  readonly timeoutMs: number;
}

/** What ping is told. */
export interface PingSettings extends Pick<PeerSettings, 'brokers' | 'keys'> {
  readonly timeoutMs: number;
}

function read<T extends Scalar>(values: FlagValues, flag: string, rule: ValueRule, fallback: T): T {
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

function readConnection(values: FlagValues, env: Environment): Pick<PeerSettings, 'brokers' | 'keys'> {
  const keys = readPeerKeys(values, env);
  return { brokers: readBrokers(values, env), ...(keys === undefined ? {} : { keys }) };
}

function readPeer(values: FlagValues, env: Environment): PeerSettings {
  const service = values.get('service')?.at(-1) ?? PEER_DEFAULTS.service;
  checkServiceName('--service', service);
  return {
    ...readConnection(values, env),
    service,
    dialect: read<Dialect>(values, 'dialect', DIALECT, PEER_DEFAULTS.dialect),
    logLevel: values.has('debug') ? 'debug' : values.has('verbose') ? 'verbose' : 'info',
  };
}

/** @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the flag, the value and what is allowed */
export function readEchoWorker(values: FlagValues, env: Environment): EchoWorkerSettings {
  return {
    ...readPeer(values, env),
    delayMs: read(values, 'delay', ANY_DURATION, 0),
    heartbeatIntervalMs: read(
      values,
      'heartbeat-interval',
      { ...POSITIVE, min: 10 },
      DEFAULT_HEARTBEAT_INTERVAL_MS as number,
    ),
    garbage: values.has('garbage'),
  };
}

/** @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the flag, the value and what is allowed */
export function readEchoClient(values: FlagValues, env: Environment): EchoClientSettings {
  return {
    ...readPeer(values, env),
    message: values.get('message')?.at(-1) ?? PEER_DEFAULTS.message,
    repeat: read<number>(values, 'repeat', { kind: 'count', min: 1, max: 1_000_000_000 }, PEER_DEFAULTS.repeat),
    delayMs: read<number>(values, 'delay', ANY_DURATION, PEER_DEFAULTS.delayMs),
    timeoutMs: read<number>(values, 'timeout', POSITIVE, PEER_DEFAULTS.timeoutMs),
  };
}

/** @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the flag, the value and what is allowed */
export function readPing(values: FlagValues, env: Environment): PingSettings {
  return {
    ...readConnection(values, env),
    timeoutMs: read<number>(values, 'timeout', POSITIVE, PEER_DEFAULTS.pingTimeoutMs),
  };
}
