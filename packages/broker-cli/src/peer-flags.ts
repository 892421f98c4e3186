// SPDX-License-Identifier: Apache-2.0
// peer-flags - the flags of echo and ping, and what they say

import type { Dialect } from '@mdp/protocol';
import { DEFAULT_HEARTBEAT_INTERVAL_MS } from '@mdp/protocol';
import type { BrokerAccess } from './broker-flags.js';
import {
  ANY_DURATION,
  BROKER_FLAGS,
  DIALECT_FLAG,
  LOG_FLAGS,
  POSITIVE_DURATION,
  readAccess,
  readDialect,
  readFlag,
  readLogLevel,
} from './broker-flags.js';
import { formatDuration } from './durations.js';
import type { FlagSpec, FlagValues } from './flags.js';
import type { LogLevel } from './log-levels.js';
import { checkServiceName } from './service-values.js';
import type { Environment } from './variables.js';

/** What the flags of these subcommands are when they are not given. */
export const PEER_DEFAULTS = {
  service: 'mdp-echo',
  message: 'hello',
  repeat: 1,
  delayMs: 500,
  timeoutMs: 10_000,
  pingTimeoutMs: 2000,
} as const;

const COMMON: readonly FlagSpec[] = [
  ...BROKER_FLAGS,
  {
    name: 'service',
    letter: 'n',
    aliases: ['service-name'],
    help: 'The name of the service',
    defaultText: PEER_DEFAULTS.service,
  },
  DIALECT_FLAG,
  ...LOG_FLAGS,
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
  ...BROKER_FLAGS,
  DIALECT_FLAG,
  {
    name: 'timeout',
    letter: 't',
    help: 'How long to wait for the answer',
    defaultText: formatDuration(PEER_DEFAULTS.pingTimeoutMs),
  },
];

/** What every peer is told. */
export interface PeerSettings extends BrokerAccess {
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
export interface PingSettings extends BrokerAccess {
  readonly dialect: Dialect;
  readonly timeoutMs: number;
}

function readPeer(values: FlagValues, env: Environment): PeerSettings {
  const service = values.get('service')?.at(-1) ?? PEER_DEFAULTS.service;
  checkServiceName('--service', service);
  return {
    ...readAccess(values, env),
    service,
    dialect: readDialect(values),
    logLevel: readLogLevel(values),
  };
}

/** @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the flag, the value and what is allowed */
export function readEchoWorker(values: FlagValues, env: Environment): EchoWorkerSettings {
  return {
    ...readPeer(values, env),
    delayMs: readFlag(values, 'delay', ANY_DURATION, 0),
    heartbeatIntervalMs: readFlag(
      values,
      'heartbeat-interval',
      { ...POSITIVE_DURATION, min: 10 },
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
    repeat: readFlag<number>(values, 'repeat', { kind: 'count', min: 1, max: 1_000_000_000 }, PEER_DEFAULTS.repeat),
    delayMs: readFlag<number>(values, 'delay', ANY_DURATION, PEER_DEFAULTS.delayMs),
    timeoutMs: readFlag<number>(values, 'timeout', POSITIVE_DURATION, PEER_DEFAULTS.timeoutMs),
  };
}

/** @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the flag, the value and what is allowed */
export function readPing(values: FlagValues, env: Environment): PingSettings {
  return {
    ...readAccess(values, env),
    dialect: readDialect(values),
    timeoutMs: readFlag<number>(values, 'timeout', POSITIVE_DURATION, PEER_DEFAULTS.pingTimeoutMs),
  };
}
