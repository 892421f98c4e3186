// SPDX-License-Identifier: Apache-2.0
// options - what a client and a request can be told, checked, with the defaults: they live here and nowhere else

import type { Dialect, Frame, TraceContext } from '@mdp/protocol';
import { ArgumentError, MX_MAX_KEY_BYTES, bytes } from '@mdp/protocol';
import {
  booleanOption,
  choiceOption,
  dialectOption,
  durationOption,
  endpointsOption,
  integerOption,
  numberOption,
  refuseUnknownOptions,
} from '@mdp/protocol/internal';
import type { CurveOptions, NamesOption, ResolvedCurve } from '@mdp/protocol/node';
import { resolveCurve } from '@mdp/protocol/node';
import type { RequestPolicy } from './state/exchange.js';
import type { WireOption } from './state/mx-links.js';
import type { ReconnectOptions } from './state/refusals.js';
import type { RetryBudgetPolicy } from './state/retry-budget.js';

export type { WireOption };

/** Whether and how a request is repeated. See {@link RequestOptions.retry}. */
export interface RetryOptions {
  /** How often the request may be sent in all. Default 1: never repeated. Range 1 to 1,000. */
  readonly attempts?: number | undefined;
  /** The first delay, in milliseconds; it doubles with every attempt, and a random half is taken away. Default 100. */
  readonly baseMs?: number | undefined;
  /** The longest delay, in milliseconds. Default 10,000; not below `baseMs`. */
  readonly maxMs?: number | undefined;
}

/**
 * What a client may spend on repetitions after signs of overload: error reply 429, and attempts without a reply in time.
 * It begins with 10 seconds' worth of `perSecond`. Repetitions for other reasons cost nothing.
 */
export interface RetryBudgetOptions {
  /** How many repetitions each reply adds. Default 0.2: one for every five. Range 0 to 1,000. */
  readonly ratio?: number | undefined;
  /** How many repetitions each second adds. Default 10. Range 0 to 1,000,000. */
  readonly perSecond?: number | undefined;
  /** The most repetitions that are saved up. Default 1,000. Range 1 to 1,000,000. */
  readonly most?: number | undefined;
}

/** The options of one request. What is left out is taken from the client's. Durations are whole milliseconds. */
export interface RequestOptions {
  /** The total deadline: for waiting, every attempt, and the whole reply. Default 60,000; 0 = none. */
  readonly timeoutMs?: number | undefined;
  /** The longest silence: until the first part, and between parts (what Majortomo calls timeout). Default 0 = none. */
  readonly idleTimeoutMs?: number | undefined;
  /** How long one attempt may go without any reply before it counts as failed. Default 0 = none. */
  readonly attemptTimeoutMs?: number | undefined;
  /** Whether the request is repeated. Only ask for it when the service may do the work twice. */
  readonly retry?: RetryOptions | undefined;
  /** Ends the request with `MDP_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How many bytes of parts that nobody has read yet are kept before no more is received. A frame counts 64 bytes more
   * than it holds. It does not bound a reply that is awaited whole. Default 16 MiB; 1 or more.
   */
  readonly maxBufferedBytes?: number | undefined;
  /**
   * Names the request, 1 to 64 bytes; text is sent as UTF-8. The worker sees it as `request.id`, the same in every
   * repetition, also in those that another process makes under the same name. Default: none, or one of the client's own
   * making where `retry.attempts` is more than 1. It travels by MX only.
   */
  readonly id?: string | Uint8Array | undefined;
  /**
   * The trace that the request belongs to: the worker sees it as `request.trace`. It travels by MX, or where `traceFrame` is
   * set. Default: none, or what a subscriber of the channel `mdp.client.request.start` sets.
   */
  readonly trace?: TraceContext | undefined;
}

/** The options of a client. Those of {@link RequestOptions}, but `id` and `trace`, are the defaults of its requests. */
export interface ClientOptions extends Omit<RequestOptions, 'id' | 'trace'> {
  /** What the client speaks; it must be what the broker expects. Default `rfc18`. */
  readonly dialect?: Dialect | undefined;
  /**
   * How requests go to a broker of dialect `rfc18`: `rfc18` is strict; `mx` sends many in one message, which only this
   * project's broker understands, and does not ask it; `auto` is strict until a broker has answered and, asked on a
   * connection beside, has said that it speaks MX, and asks it first when it is connected to anew. With another dialect, `auto`
   * is strict. Default `auto`.
   */
  readonly wire?: WireOption | undefined;
  /**
   * The most requests under way on one MX connection; a broker may set less. More wait, as for a socket. Default 1,000.
   * Range 1 to 65,535.
   */
  readonly maxInFlight?: number | undefined;
  /**
   * The most strict sockets, over all endpoints; each carries one request at a time. An MX connection, one to an endpoint
   * at most, comes on top. Default 256. Range 1 to 10,000.
   */
  readonly maxSockets?: number | undefined;
  /** The most requests that wait for a socket; the next fails with `MDP_OVERLOADED`. Default 10,000; 1 or more. */
  readonly maxQueued?: number | undefined;
  /**
   * Bounds the repetitions of all requests together while brokers are overloaded; a request that can be afforded no more
   * ends with the error at hand. `false` for no bound. See {@link RetryBudgetOptions} for the default.
   */
  readonly retryBudget?: RetryBudgetOptions | false | undefined;
  /** How long a socket may be idle before it is closed. Default 10,000; 0 = for ever. */
  readonly idleSocketMs?: number | undefined;
  /** How long one try to connect may take. Default 2,000; 0 = as long as the operating system takes. */
  readonly connectTimeoutMs?: number | undefined;
  /** The first pause before another try to connect; it doubles, with jitter. Default 100; 1 or more. */
  readonly reconnectMs?: number | undefined;
  /** The longest pause before another try to connect. Default 2,000; not below `reconnectMs`. */
  readonly reconnectMaxMs?: number | undefined;
  /**
   * What a host name in an endpoint stands for: `all` is every IPv4 address that it has, each a broker of its own; `one` leaves
   * it to ZeroMQ, which connects to one of them. Default `all`.
   */
  readonly names?: NamesOption | undefined;
  /**
   * How often a host name is looked up again, besides when a connection was lost or could not be made. Default 30,000; 0 =
   * only then.
   */
  readonly resolveIntervalMs?: number | undefined;
  /**
   * Whether the trace of a request is sent as a frame in front of its body, on any wire, in place of MX's own way: where a
   * client or a worker speaks a strict wire, which has no other. The workers must take it off again: their option
   * `traceFrame`. Default `false`.
   */
  readonly traceFrame?: boolean | undefined;
  /**
   * Encrypts every connection by CURVE and proves who the client is: the broker's public key, and its own secret one. Files
   * are read when the client is made. Default: none, nothing is encrypted. Not with inproc.
   */
  readonly curve?: CurveOptions | undefined;
  /**
   * Told each time that a broker does not let the client in, also while others do: its key is not allowed, or the two do not
   * agree on encryption. Requests that no broker takes end with `MDP_REFUSED` anyhow.
   */
  readonly onRefused?: ((refusal: ConnectionRefusal) => void) | undefined;
}

/** A broker that does not let the client in. */
export interface ConnectionRefusal {
  /** As the client was given it. */
  readonly endpoint: string;
  /** Why, in plain words. */
  readonly reason: string;
}

/** How a connection is made: {@link ClientOptions}, resolved. */
export interface ConnectOptions extends ReconnectOptions {
  readonly connectTimeoutMs: number;
  readonly curve: ResolvedCurve | undefined;
}

/** What a request is told in the end. */
export interface ResolvedRequestOptions {
  readonly policy: RequestPolicy;
  readonly signal: AbortSignal | undefined;
  /** Its name over all attempts, when the caller gave it one. */
  readonly key: Frame | undefined;
  /** The trace that it belongs to, checked. */
  readonly trace: TraceContext | undefined;
}

/** {@link ClientOptions} with everything filled in. */
export interface ResolvedClientOptions {
  readonly endpoints: readonly string[];
  readonly names: NamesOption;
  readonly resolveIntervalMs: number;
  readonly dialect: Dialect;
  readonly wire: WireOption;
  readonly maxInFlight: number;
  readonly maxSockets: number;
  readonly maxQueued: number;
  readonly idleSocketMs: number;
  readonly retryBudget: RetryBudgetPolicy | undefined;
  readonly connect: ConnectOptions;
  /** The defaults of requests, without the signal: the client's own ends all of them at once. */
  readonly request: RequestPolicy;
  readonly signal: AbortSignal | undefined;
  readonly traceFrame: boolean;
  readonly onRefused: ((refusal: ConnectionRefusal) => void) | undefined;
}

const DEFAULT_POLICY: RequestPolicy = {
  timeoutMs: 60_000,
  idleTimeoutMs: 0,
  attemptTimeoutMs: 0,
  attempts: 1,
  baseMs: 100,
  maxMs: 10_000,
  maxBufferedBytes: 16 * 1024 * 1024,
};

/** How requests go when nothing is said. */
const DEFAULT_WIRE: WireOption = 'auto';
const WIRES: readonly WireOption[] = ['auto', 'mx', 'rfc18'];

const SHARED_OPTIONS = ['timeoutMs', 'idleTimeoutMs', 'attemptTimeoutMs', 'retry', 'signal', 'maxBufferedBytes'];
const REQUEST_OPTIONS = [...SHARED_OPTIONS, 'id', 'trace'];
const NAMES: readonly NamesOption[] = ['all', 'one'];

const RETRY_OPTIONS = ['attempts', 'baseMs', 'maxMs'];
const BUDGET_OPTIONS = ['ratio', 'perSecond', 'most'];
const CLIENT_OPTIONS = [
  ...SHARED_OPTIONS,
  'dialect',
  'wire',
  'maxInFlight',
  'maxSockets',
  'maxQueued',
  'retryBudget',
  'idleSocketMs',
  'connectTimeoutMs',
  'reconnectMs',
  'reconnectMaxMs',
  'names',
  'resolveIntervalMs',
  'traceFrame',
  'curve',
  'onRefused',
];

/**
 * Check a client's endpoints and options and fill in what is left out.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the option, the value and what is allowed
 */
export function resolveClientOptions(
  endpoints: string | readonly string[],
  options: ClientOptions,
): ResolvedClientOptions {
  requireObject('options', options);
  refuseUnknownOptions(options, CLIENT_OPTIONS);
  const reconnectMs = durationOption('reconnectMs', options.reconnectMs, 100, 1);
  const fallbackMs = Math.max(reconnectMs, 2_000);
  const dialect = dialectOption(options.dialect);
  const addresses = endpointsOption('endpoints', endpoints).map(connectable);
  return {
    endpoints: addresses,
    names: choiceOption('names', options.names, 'all', NAMES),
    resolveIntervalMs: durationOption('resolveIntervalMs', options.resolveIntervalMs, 30_000),
    traceFrame: booleanOption('traceFrame', options.traceFrame, false),
    dialect,
    wire: resolveWire(dialect, options.wire),
    maxInFlight: integerOption('maxInFlight', options.maxInFlight, 1_000, 1, 65_535),
    maxSockets: integerOption('maxSockets', options.maxSockets, 256, 1, 10_000),
    maxQueued: integerOption('maxQueued', options.maxQueued, 10_000, 1, Number.MAX_SAFE_INTEGER),
    idleSocketMs: durationOption('idleSocketMs', options.idleSocketMs, 10_000),
    retryBudget: resolveBudget(options.retryBudget),
    connect: {
      connectTimeoutMs: durationOption('connectTimeoutMs', options.connectTimeoutMs, 2_000),
      reconnectMs,
      reconnectMaxMs: durationOption('reconnectMaxMs', options.reconnectMaxMs, fallbackMs, reconnectMs),
      curve: resolveCurve(options.curve, addresses),
    },
    request: resolvePolicy(DEFAULT_POLICY, options),
    signal: checkSignal(options.signal),
    onRefused: checkCallback('onRefused', options.onRefused),
  };
}

/**
 * Check the options of one request and fill in what is left out.
 *
 * @param defaults - what the client was told
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the option, the value and what is allowed
 */
export function resolveRequestOptions(defaults: RequestPolicy, options: RequestOptions): ResolvedRequestOptions {
  requireObject('options', options);
  refuseUnknownOptions(options, REQUEST_OPTIONS);
  return {
    policy: resolvePolicy(defaults, options),
    signal: checkSignal(options.signal),
    key: keyOf(options.id),
    trace: checkTrace(options.trace),
  };
}

/** The rest is checked when it is written. */
function checkTrace(trace: TraceContext | undefined): TraceContext | undefined {
  if (trace !== undefined) requireObject('trace', trace);
  return trace;
}

/** A name as it travels; bytes are copied, for each attempt sends them anew. */
function keyOf(id: string | Uint8Array | undefined): Frame | undefined {
  if (id === undefined) return undefined;
  const given: unknown = id;
  const key =
    typeof given === 'string' ? bytes(given) : given instanceof Uint8Array ? Uint8Array.from(given) : undefined;
  if (key === undefined || key.length === 0 || key.length > MX_MAX_KEY_BYTES) {
    throw new ArgumentError('id', id, `a string or Uint8Array of 1 to ${String(MX_MAX_KEY_BYTES)} bytes`);
  }
  return key;
}

/** MX stands beside dialect `rfc18` alone. */
function resolveWire(dialect: Dialect, value: WireOption | undefined): WireOption {
  const wire = choiceOption('wire', value, DEFAULT_WIRE, WIRES);
  if (dialect === 'rfc18') return wire;
  if (wire === 'mx') throw new ArgumentError('wire', wire, `auto, rfc18 with dialect ${dialect}`);
  return 'rfc18';
}

function resolveBudget(given: RetryBudgetOptions | false | undefined): RetryBudgetPolicy | undefined {
  if (given === false) return undefined;
  const budget = given === undefined ? {} : given;
  requireObject('retryBudget', budget);
  refuseUnknownOptions(budget, BUDGET_OPTIONS, 'retryBudget');
  return {
    ratio: numberOption('retryBudget.ratio', budget.ratio, 0.2, 0, 1_000),
    perSecond: numberOption('retryBudget.perSecond', budget.perSecond, 10, 0, 1_000_000),
    most: numberOption('retryBudget.most', budget.most, 1_000, 1, 1_000_000),
  };
}

function resolvePolicy(defaults: RequestPolicy, options: RequestOptions): RequestPolicy {
  const retry = options.retry === undefined ? {} : options.retry;
  requireObject('retry', retry);
  refuseUnknownOptions(retry, RETRY_OPTIONS, 'retry');
  const baseMs = durationOption('retry.baseMs', retry.baseMs, defaults.baseMs, 1);
  return {
    timeoutMs: durationOption('timeoutMs', options.timeoutMs, defaults.timeoutMs),
    idleTimeoutMs: durationOption('idleTimeoutMs', options.idleTimeoutMs, defaults.idleTimeoutMs),
    attemptTimeoutMs: durationOption('attemptTimeoutMs', options.attemptTimeoutMs, defaults.attemptTimeoutMs),
    attempts: integerOption('retry.attempts', retry.attempts, defaults.attempts, 1, 1_000),
    baseMs,
    maxMs: durationOption('retry.maxMs', retry.maxMs, Math.max(baseMs, defaults.maxMs), baseMs),
    maxBufferedBytes: integerOption(
      'maxBufferedBytes',
      options.maxBufferedBytes,
      defaults.maxBufferedBytes,
      1,
      Number.MAX_SAFE_INTEGER,
    ),
  };
}

function requireObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw new ArgumentError(name, value, 'an object');
}

/** A client connects to a port, never to "any free one". */
function connectable(endpoint: string): string {
  const port = /^tcp:\/\/.+:(\d+|\*)$/.exec(endpoint)?.[1];
  if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65_535)) {
    throw new ArgumentError('endpoints', endpoint, 'tcp://host:port with a port from 1 to 65535');
  }
  return endpoint;
}

function checkCallback<T>(name: string, value: T | undefined): T | undefined {
  if (value !== undefined && typeof value !== 'function') throw new ArgumentError(name, value, 'a function');
  return value;
}

/** An `AbortSignal`, of this realm or of another. */
function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined) return undefined;
  const given = signal as Partial<AbortSignal> | null;
  if (typeof given?.aborted !== 'boolean' || typeof given.addEventListener !== 'function') {
    throw new ArgumentError('signal', signal, 'an AbortSignal');
  }
  return signal;
}
