// SPDX-License-Identifier: Apache-2.0
// options - what a worker can be told, what is allowed, and what holds when it is not told

import type { Dialect } from '@mdp/protocol';
import { ArgumentError, DEFAULT_HEARTBEAT_INTERVAL_MS, DEFAULT_HEARTBEAT_LIVENESS } from '@mdp/protocol';
import {
  booleanOption,
  choiceOption,
  dialectOption,
  durationOption,
  integerOption,
  refuseUnknownOptions,
} from '@mdp/protocol/internal';
import type { CurveOptions, NamesOption } from '@mdp/protocol/node';
import { Context, context as sharedContext } from 'zeromq';

/** Whether a request that fails is answered with an error reply (MDPE01). */
export type ErrorReplies = 'always' | 'never';

/**
 * The wire to a broker: `rfc18` is strict, one command to a message; `mx` is many of them in one, an extension of this
 * project; `auto` asks each broker whether it speaks `mx`, and speaks `rfc18` when it does not.
 */
export type WireOption = 'auto' | 'mx' | 'rfc18';

const WIRES: readonly WireOption[] = ['auto', 'mx', 'rfc18'];
const NAMES: readonly NamesOption[] = ['all', 'one'];

/** How long a worker remembers its replies, and how many of them. All may be left out. */
export interface DeduplicateOptions {
  /** The most replies that are remembered, 1 to 10,000,000; the one asked for least recently goes first. Default 10,000. */
  readonly maxEntries?: number;
  /**
   * The most bytes that they take, 1 or more; each counts 400 more than it holds, and 200 for each frame. Default 16 MiB.
   */
  readonly maxBytes?: number;
  /** How long a reply is remembered, in milliseconds, from 1. Default 300,000: five minutes. */
  readonly ttlMs?: number;
}

/** The options of a worker. All may be left out. */
export interface WorkerOptions {
  /** What the broker speaks. Default `rfc18`. */
  readonly dialect?: Dialect;
  /**
   * How commands travel to and from the brokers: `rfc18`, `mx` or `auto`. Default `auto`. `mx` goes with the dialect `rfc18`
   * only; `auto` is `rfc18` in the others.
   */
  readonly wire?: WireOption;
  /**
   * How many requests of each service it takes at once from each broker, 1 to 256: one connection for each, or on MX one
   * connection with so much credit. Default 1.
   */
  readonly concurrency?: number;
  /** Time between two HEARTBEATs to a broker that hears nothing else, in milliseconds, from 10. Default 2,500. */
  readonly heartbeatIntervalMs?: number;
  /** After how many silent intervals a broker is taken for lost, 2 to 100. Default 4. */
  readonly heartbeatLiveness?: number;
  /** The first wait before a new connection, in milliseconds, from 1; each further one is twice as long. Default 100. */
  readonly reconnectBaseMs?: number;
  /** The longest wait before a new connection, in milliseconds, from `reconnectBaseMs`. Default 10,000. */
  readonly reconnectMaxMs?: number;
  /**
   * Whether a failed request is answered with an error reply. `never` ends it by DISCONNECT and a new READY instead, so
   * that its client waits in vain. Default `always` in dialect `rfc18`, `never` in the others: their clients would take
   * an error reply for a result. On MX it is always `always`: nothing else would tell the broker that a request is over.
   */
  readonly errorReplies?: ErrorReplies;
  /**
   * Whether requests of one service with the same `request.id` are executed once: one that comes while another
   * runs waits for its outcome, and one that comes later gets the same reply. Only MX tells ids, and only handlers are
   * helped by it. Default `false`; `true` is {@link DeduplicateOptions} with its defaults.
   */
  readonly deduplicate?: boolean | DeduplicateOptions;
  /** The longest reply that dialect `mdp01` joins from several parts, in bytes, 1 to 2^31-1. Default 16 MiB. */
  readonly maxJoinedBytes?: number;
  /** How many messages ZeroMQ queues for one connection before a stream has to wait, 1 to 1,000,000. Default 100. */
  readonly sendHighWaterMark?: number;
  /** How long a closed connection may take to send what it still holds, in milliseconds. Default 1,000. */
  readonly lingerMs?: number;
  /** The ZeroMQ context of the sockets, for `inproc` endpoints of another one. Default: the one that the process shares. */
  readonly context?: Context;
  /**
   * What a host name in an endpoint stands for: `all` is every IPv4 address that it has, each a broker to register with; `one`
   * leaves it to ZeroMQ, which connects to one of them. Default `all`.
   */
  readonly names?: NamesOption;
  /**
   * How often a host name is looked up again, besides when a connection was lost or could not be made, in milliseconds.
   * Default 30,000; 0 = only then.
   */
  readonly resolveIntervalMs?: number;
  /**
   * Whether a frame in front of a body that carries a trace is taken off, and becomes `request.trace`: clients send one where
   * their option `traceFrame` is set, because a wire between them has no other place for it. Default `false`.
   */
  readonly traceFrame?: boolean;
  /**
   * Encrypts every connection by CURVE and proves who the worker is: the brokers' public key, and its own secret one. Files
   * are read when the worker is made. Default: none, nothing is encrypted. Not with inproc.
   */
  readonly curve?: CurveOptions;
}

/** {@link WorkerOptions}, checked and with every value filled in; without the keys, which are nobody's business. */
export type ResolvedWorkerOptions = Required<Omit<WorkerOptions, 'curve' | 'deduplicate'>> & {
  /** `undefined`: every request is executed. */
  readonly deduplicate: Required<DeduplicateOptions> | undefined;
};

/** Every option with its default, but those that follow from the dialect or the process. */
export const WORKER_DEFAULTS = {
  dialect: 'rfc18',
  wire: 'auto',
  concurrency: 1,
  heartbeatIntervalMs: DEFAULT_HEARTBEAT_INTERVAL_MS,
  heartbeatLiveness: DEFAULT_HEARTBEAT_LIVENESS,
  reconnectBaseMs: 100,
  reconnectMaxMs: 10_000,
  maxJoinedBytes: 16 * 1024 * 1024,
  sendHighWaterMark: 100,
  lingerMs: 1_000,
  names: 'all',
  resolveIntervalMs: 30_000,
  traceFrame: false,
} as const;

const OPTION_NAMES = [...Object.keys(WORKER_DEFAULTS), 'errorReplies', 'context', 'curve', 'deduplicate'];
const DEDUPLICATE_NAMES = ['maxEntries', 'maxBytes', 'ttlMs'];

/**
 * Check a worker's options and fill in the rest.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the option, the value and what is allowed
 */
export function resolveWorkerOptions(options: WorkerOptions): ResolvedWorkerOptions {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) throw new ArgumentError('options', options, 'an object');
  refuseUnknownOptions(options, OPTION_NAMES);
  const defaults = WORKER_DEFAULTS;
  const dialect = dialectOption(options.dialect);
  const reconnectBaseMs = durationOption('reconnectBaseMs', options.reconnectBaseMs, defaults.reconnectBaseMs, 1);
  const fallbackMaxMs = Math.max(defaults.reconnectMaxMs, reconnectBaseMs);
  const wire = wireOption(options.wire, dialect);
  return {
    dialect,
    wire,
    deduplicate: deduplicateOption(options.deduplicate, wire),
    concurrency: integerOption('concurrency', options.concurrency, defaults.concurrency, 1, 256),
    heartbeatIntervalMs: durationOption(
      'heartbeatIntervalMs',
      options.heartbeatIntervalMs,
      defaults.heartbeatIntervalMs,
      10,
    ),
    heartbeatLiveness: integerOption(
      'heartbeatLiveness',
      options.heartbeatLiveness,
      defaults.heartbeatLiveness,
      2,
      100,
    ),
    reconnectBaseMs,
    reconnectMaxMs: durationOption('reconnectMaxMs', options.reconnectMaxMs, fallbackMaxMs, reconnectBaseMs),
    errorReplies: choiceOption(
      'errorReplies',
      options.errorReplies,
      // A result that is none does more harm than a client's timeout.
      dialect === 'rfc18' ? 'always' : 'never',
      ['always', 'never'],
    ),
    maxJoinedBytes: integerOption('maxJoinedBytes', options.maxJoinedBytes, defaults.maxJoinedBytes, 1, 2 ** 31 - 1),
    sendHighWaterMark: integerOption(
      'sendHighWaterMark',
      options.sendHighWaterMark,
      defaults.sendHighWaterMark,
      1,
      1_000_000,
    ),
    lingerMs: durationOption('lingerMs', options.lingerMs, defaults.lingerMs),
    names: choiceOption('names', options.names, defaults.names, NAMES),
    resolveIntervalMs: durationOption('resolveIntervalMs', options.resolveIntervalMs, defaults.resolveIntervalMs),
    traceFrame: booleanOption('traceFrame', options.traceFrame, defaults.traceFrame),
    context: contextOption(options.context),
  };
}

function wireOption(value: WireOption | undefined, dialect: Dialect): WireOption {
  const wire = choiceOption('wire', value, WORKER_DEFAULTS.wire, WIRES);
  if (dialect === 'rfc18') return wire;
  if (wire === 'mx')
    throw new ArgumentError('wire', wire, `'auto' or 'rfc18' in dialect ${dialect}: only rfc18 has MX`);
  return 'rfc18';
}

function deduplicateOption(
  value: boolean | DeduplicateOptions | undefined,
  wire: WireOption,
): Required<DeduplicateOptions> | undefined {
  if (value === undefined || value === false) return undefined;
  const given = value === true ? {} : value;
  if (typeof given !== 'object' || (given as unknown) === null) {
    throw new ArgumentError('deduplicate', value, 'a boolean or an object');
  }
  if (wire === 'rfc18') throw new ArgumentError('deduplicate', value, 'false on the strict wire, which tells no ids');
  refuseUnknownOptions(given, DEDUPLICATE_NAMES, 'deduplicate');
  return {
    maxEntries: integerOption('deduplicate.maxEntries', given.maxEntries, 10_000, 1, 10_000_000),
    maxBytes: integerOption('deduplicate.maxBytes', given.maxBytes, 16 * 1024 * 1024, 1, Number.MAX_SAFE_INTEGER),
    ttlMs: durationOption('deduplicate.ttlMs', given.ttlMs, 300_000, 1),
  };
}

function contextOption(value: Context | undefined): Context {
  if (value === undefined) return sharedContext;
  if (!(value instanceof Context)) throw new ArgumentError('context', value, 'a Context of zeromq');
  return value;
}
