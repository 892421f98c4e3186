// SPDX-License-Identifier: Apache-2.0
// options-table - every option of the broker as a command: its flag, variable, config key, bounds and meaning, once

import { BROKER_DEFAULTS } from '@mdp/broker';
import { DEFAULT_ENDPOINT } from '@mdp/protocol';
import { formatDuration } from './durations.js';
import { LOG_FORMATS, LOG_LEVELS } from './log-levels.js';
import type { ValueRule } from './value-kinds.js';
import { LONGEST_MS, showValue } from './value-kinds.js';

/** An option of the broker that has a default of its own in {@link BROKER_DEFAULTS}. */
export type BrokerKey = keyof typeof BROKER_DEFAULTS;

/** How a row's value is read: a single value, or one of those that have a form of their own. */
export type RowRule =
  | ValueRule
  | { readonly kind: 'endpoints' }
  | { readonly kind: 'services' }
  | { readonly kind: 'path' }
  | { readonly kind: 'paths' };

/** The headings of `--help` and of docs/options.md, in their order. */
export const OPTION_GROUPS = [
  'Endpoints',
  'Encryption and access',
  'Heartbeats',
  'Requests',
  'Limits',
  'Process',
] as const;

/** One option. */
export interface OptionRow {
  readonly group: (typeof OPTION_GROUPS)[number];
  /** Its key in a config file; a dot stands for nesting. */
  readonly key: string;
  /** Its flag, without the dashes. */
  readonly flag: string;
  readonly letter?: string;
  /** Its environment variable. */
  readonly env: string;
  /** The option of `new Broker()` that it sets, where it sets one. */
  readonly api?: BrokerKey | 'endpoints' | 'services' | 'curve' | 'allow';
  readonly rule: RowRule;
  /** The default as a person would write it. */
  readonly defaultText: string;
  /** What may stand in a config file, as YAML, where the default is no value. */
  readonly exampleText?: string;
  /** The range as a person would write it, where the rule's bounds do not say it. */
  readonly rangeText?: string;
  /** What it does, in one sentence. */
  readonly help: string;
  /** Other names that people may try in a config file. */
  readonly alsoKnownAs?: readonly string[];
}

/** The defaults of what is the command's own and no option of the broker. */
export const PROCESS_DEFAULTS = { threads: 1, drainMs: 10_000, logLevel: 'info', logFormat: 'text' } as const;

const MANY = 10_000_000;
const count = (min: number, max = MANY): ValueRule => ({ kind: 'count', min, max });
const size = (min: number, max: number): ValueRule => ({ kind: 'size', min, max });
const duration = (min: number): ValueRule => ({ kind: 'duration', min, max: LONGEST_MS });
const BOOLEAN: ValueRule = { kind: 'boolean' };

/** `heartbeatIntervalMs` → `heartbeat-interval`: the one rule by which names follow from those of the API. */
function flagOf(key: string): string {
  return key.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function envOf(flag: string): string {
  return `MDP_${flag.replaceAll('-', '_').toUpperCase()}`;
}

type Extra = Pick<OptionRow, 'letter' | 'alsoKnownAs'>;

function broker(
  group: OptionRow['group'],
  api: BrokerKey,
  rule: ValueRule,
  help: string,
  extra: Extra = {},
): OptionRow {
  const flag = flagOf(api);
  const defaultText = showValue(rule, BROKER_DEFAULTS[api]);
  return { group, key: api.replace(/Ms$/, ''), flag, env: envOf(flag), api, rule, defaultText, help, ...extra };
}

const { heartbeatIntervalMs, heartbeatLiveness } = BROKER_DEFAULTS;

/** Every option, in the order of `--help`. */
export const OPTIONS: readonly OptionRow[] = [
  {
    group: 'Endpoints',
    key: 'endpoints',
    flag: 'bind-url',
    letter: 'b',
    env: 'MDP_BIND_URL',
    api: 'endpoints',
    rule: { kind: 'endpoints' },
    defaultText: DEFAULT_ENDPOINT,
    rangeText:
      'tcp://host:port (port * is any free one), ipc://path, inproc://name; each with ,role=any|client|worker ,curve=yes|no ,allow=PATH ,service=NAME',
    help: 'Where to listen; ENDPOINT or ENDPOINT,role=client|worker,service=NAME,allow=PATH,curve=no; may be repeated',
    alsoKnownAs: ['bindUrl', 'bind', 'endpoint', 'listen'],
  },
  {
    group: 'Encryption and access',
    key: 'curveKey',
    flag: 'curve-key',
    env: 'MDP_CURVE_KEY',
    api: 'curve',
    rule: { kind: 'path' },
    defaultText: 'none',
    exampleText: 'broker.key_secret',
    rangeText: 'the path of a secret key file (mdp-broker keygen), which only its owner may be able to read',
    help: "The file with the broker's secret key; with one, every endpoint is encrypted that does not say curve=no",
    alsoKnownAs: ['curveKeyFile', 'keyFile', 'secretKey', 'key'],
  },
  {
    group: 'Encryption and access',
    key: 'allow',
    flag: 'allow',
    env: 'MDP_ALLOW',
    api: 'allow',
    rule: { kind: 'paths' },
    defaultText: 'any key',
    exampleText: '[alice.key, clients/]',
    rangeText: 'paths of key files, of lists of keys, of folders whose *.key files count',
    help: 'Whose keys may connect: a key file, a list of keys, or a folder of key files; may be repeated',
    alsoKnownAs: ['allowList', 'allowed', 'keys'],
  },
  broker(
    'Heartbeats',
    'heartbeatIntervalMs',
    duration(10),
    'Time between two heartbeats to a worker that hears nothing else',
    {
      letter: 'i',
    },
  ),
  {
    group: 'Heartbeats',
    key: 'heartbeatTimeout',
    flag: 'heartbeat-timeout',
    letter: 't',
    env: 'MDP_HEARTBEAT_TIMEOUT',
    api: 'heartbeatLiveness',
    rule: duration(20),
    defaultText: `${String(heartbeatLiveness)} intervals (${formatDuration(heartbeatIntervalMs * heartbeatLiveness)})`,
    exampleText: formatDuration(heartbeatIntervalMs * heartbeatLiveness),
    rangeText: '2 to 100 whole heartbeat intervals',
    help: 'After how long a silent worker is taken for gone; a whole multiple of the interval',
    alsoKnownAs: ['heartbeatLiveness', 'liveness'],
  },
  broker(
    'Heartbeats',
    'busyWorkerTimeoutMs',
    duration(10),
    'How long a worker that never beats during a job may be busy',
    {
      letter: 'B',
    },
  ),
  broker(
    'Heartbeats',
    'zmtpHeartbeats',
    BOOLEAN,
    'Watch connections with ZMTP heartbeats, which find stopped processes and cut networks',
  ),

  broker(
    'Requests',
    'noWorkerTimeoutMs',
    duration(0),
    'How long a request waits while its service has no worker; 0 refuses at once',
  ),
  broker(
    'Requests',
    'queueTimeoutMs',
    duration(1),
    'How long a request waits while all workers of its service are busy',
  ),
  broker(
    'Requests',
    'stalledStreamTimeoutMs',
    duration(10),
    'How long a reply in parts may stand still because its client takes no more of it',
  ),
  broker(
    'Requests',
    'maxAttempts',
    count(1, 100),
    'How often a request may be given to a worker in all; 1 is never twice',
  ),
  broker(
    'Requests',
    'forwardErrors',
    BOOLEAN,
    'Send error replies to Majortomo and MDP/0.1 clients too, which take them for results',
  ),
  broker('Requests', 'mx', BOOLEAN, 'Let those who ask speak MX, which carries many commands in one message'),
  {
    group: 'Requests',
    key: 'services',
    flag: 'service',
    env: 'MDP_SERVICE',
    api: 'services',
    rule: { kind: 'services' },
    defaultText: 'none',
    exampleText: '{ charge: { maxAttempts: 1 }, report: { queueTimeout: 1h, maxQueued: 50 } }',
    rangeText: 'NAME,option=value,…: max-attempts, max-queued, no-worker-timeout, queue-timeout',
    help: 'What differs for one service: NAME,max-attempts=1,queue-timeout=1h; may be repeated',
    alsoKnownAs: ['service'],
  },

  broker('Limits', 'maxBodyBytes', size(1, 2 ** 30), 'The largest body of one message'),
  broker('Limits', 'maxBodyFrames', count(1, 65_535), 'The most body frames of one message'),
  broker('Limits', 'maxServices', count(1), 'The most services known at once'),
  broker('Limits', 'maxWorkers', count(1), 'The most workers at once'),
  broker('Limits', 'maxWorkersPerConnection', count(1), 'The most workers behind one connection (through a proxy)'),
  broker('Limits', 'maxQueued', count(0), 'The most requests that wait for a worker, in all'),
  broker('Limits', 'maxQueuedPerService', count(0), 'The most requests that wait for a worker of one service'),
  broker('Limits', 'maxQueuedPerClient', count(0), 'The most requests of one connection that wait for a worker'),
  broker('Limits', 'handshakeTimeoutMs', duration(100), 'How long a peer may take to prove who it is'),
  broker(
    'Limits',
    'maxPendingBytes',
    size(0, 2 ** 40),
    'The most bytes of requests that have not ended, in all, and 400 for each frame',
  ),
  broker(
    'Limits',
    'maxPendingBytesPerClient',
    size(0, 2 ** 40),
    'The most bytes of requests of one connection that have not ended',
  ),
  broker('Limits', 'maxServicesPerClient', count(0), 'The most services that only requests of one connection wait for'),
  broker(
    'Limits',
    'maxRequestsPerSecond',
    count(0),
    'The most requests that one connection may make in a second; 0 is any number',
  ),
  broker('Limits', 'maxStrikes', count(1), 'After how many invalid messages a connection is no longer listened to'),
  broker(
    'Limits',
    'maxConnections',
    count(100),
    'The most connections that are remembered; the longest silent one is forgotten first',
  ),
  broker('Limits', 'sendHighWaterMark', count(1), 'How many messages ZeroMQ itself queues for one peer'),
  broker(
    'Limits',
    'receiveHighWaterMark',
    count(1),
    'How many messages of one peer ZeroMQ itself keeps until they are read',
  ),
  broker('Limits', 'maxOutboxMessages', count(1), 'The most messages that wait for one peer that reads too slowly'),
  broker(
    'Limits',
    'maxOutboxBytes',
    size(1, 2 ** 40),
    'The most bytes that wait for one peer that reads too slowly, and 400 for each frame',
  ),
  broker('Limits', 'maxOutboxBytesInAll', size(1, 2 ** 40), 'The same for all peers that read too slowly together'),

  {
    group: 'Process',
    key: 'threads',
    flag: 'threads',
    env: 'MDP_THREADS',
    rule: count(1, 64),
    defaultText: String(PROCESS_DEFAULTS.threads),
    help: 'How many brokers to run, each in a thread of its own, on the next port or path of every endpoint',
  },
  {
    group: 'Process',
    key: 'drain',
    flag: 'drain',
    env: 'MDP_DRAIN',
    rule: duration(0),
    defaultText: formatDuration(PROCESS_DEFAULTS.drainMs),
    help: 'How long running requests may still take after SIGTERM or SIGINT; 0 ends them at once',
    alsoKnownAs: ['drainMs'],
  },
  {
    group: 'Process',
    key: 'admin',
    flag: 'admin',
    env: 'MDP_ADMIN',
    rule: { kind: 'text' },
    defaultText: 'none',
    exampleText: '127.0.0.1:9464',
    rangeText: 'HOST:PORT (port * is any free one); an address that others can reach needs a token',
    help: 'Where to serve metrics for Prometheus, health checks and figures by HTTP',
    alsoKnownAs: ['metrics', 'adminAddress', 'prometheus', 'health'],
  },
  {
    group: 'Process',
    key: 'adminTokenFile',
    flag: 'admin-token-file',
    env: 'MDP_ADMIN_TOKEN_FILE',
    rule: { kind: 'path' },
    defaultText: 'none',
    exampleText: 'admin.token',
    rangeText: 'the path of a file with one line of 16 to 1,024 characters, which only its owner may be able to read',
    help: 'The file with the token that whoever asks the admin interface has to show, health checks excepted',
    alsoKnownAs: ['adminToken', 'token'],
  },
  {
    group: 'Process',
    key: 'log.level',
    flag: 'log-level',
    env: 'MDP_LOG_LEVEL',
    rule: { kind: 'choice', choices: LOG_LEVELS },
    defaultText: PROCESS_DEFAULTS.logLevel,
    help: `How much is logged: ${LOG_LEVELS.join(', ')}`,
    alsoKnownAs: ['logLevel', 'log-level'],
  },
  {
    group: 'Process',
    key: 'log.format',
    flag: 'log-format',
    env: 'MDP_LOG_FORMAT',
    rule: { kind: 'choice', choices: LOG_FORMATS },
    defaultText: PROCESS_DEFAULTS.logFormat,
    help: 'The form of the log: text for people, json with one object a line',
    alsoKnownAs: ['logFormat', 'log-format'],
  },
];

/** The flag that changes a row from its default, for help and documentation: `--no-zmtp-heartbeats`. */
export function shownFlag(row: OptionRow): string {
  return row.rule.kind === 'boolean' && row.defaultText === 'true' ? `no-${row.flag}` : row.flag;
}

/** The variable that names the config file; it has no key in the file itself. */
export const CONFIG_ENV = 'MDP_CONFIG';
