// SPDX-License-Identifier: Apache-2.0
// options - what a broker can be told, what is allowed, and what holds when it is not told

import {
  ArgumentError,
  DEFAULT_HEARTBEAT_INTERVAL_MS,
  DEFAULT_HEARTBEAT_LIVENESS,
  MAX_SERVICE_NAME_BYTES,
  MMI_PREFIX,
  bytes,
  decodeServiceName,
} from '@mdp/protocol';
import { booleanOption, durationOption, integerOption, refuseUnknownOptions } from '@mdp/protocol/internal';
import type { CurveServerOptions } from '@mdp/protocol/node';
import type { Allow, EndpointOptions, ResolvedEndpoint } from './endpoint-options.js';
import { resolveEndpoints } from './endpoint-options.js';

export type { Allow, EndpointOptions, ResolvedEndpoint, Role } from './endpoint-options.js';

/** What may differ from service to service. */
export interface ServiceOptions {
  /** How often a request may be given to a worker in all; 1 is never twice. Default: the broker's `maxAttempts`. */
  readonly maxAttempts?: number;
  /** How many requests may wait. Default: the broker's `maxQueuedPerService`. */
  readonly maxQueued?: number;
  /** How long a request may wait while no worker is registered, in milliseconds. Default: `noWorkerTimeoutMs`. */
  readonly noWorkerTimeoutMs?: number;
  /** How long a request may wait while all workers are busy, in milliseconds. Default: `queueTimeoutMs`. */
  readonly queueTimeoutMs?: number;
}

/** The options of a broker. All may be left out. */
export interface BrokerOptions {
  /** Where to listen. Default `tcp://127.0.0.1:5555`. */
  readonly endpoints?: string | EndpointOptions | readonly (string | EndpointOptions)[];
  /** The broker's key: with one, all endpoints but inproc are encrypted by CURVE. Default: none. */
  readonly curve?: CurveServerOptions;
  /** Whose keys may connect, where an endpoint does not say it itself. Default: anybody's who has the broker's public key. */
  readonly allow?: Allow;
  /** How long a peer may take to prove who it is, in milliseconds, from 100. Default 10,000. */
  readonly handshakeTimeoutMs?: number;

  /**
   * The most time between two HEARTBEATs to a worker that hears nothing else, in milliseconds, from 10. Default 2,500. They may
   * leave up to a fiftieth of it sooner, together with those to others.
   */
  readonly heartbeatIntervalMs?: number;
  /** After how many silent intervals a worker is taken for disconnected, 2 to 100. Default 4. */
  readonly heartbeatLiveness?: number;
  /**
   * How long a worker that never beats during a job may be silent in it, in milliseconds, from 10. Default 900,000, as
   * Majortomo.
   * Workers that beat while they are busy are held to the heartbeat.
   */
  readonly busyWorkerTimeoutMs?: number;
  /**
   * Whether to watch connections with ZMTP heartbeats, which find a stopped process or a cut network even when no
   * command is due: a PING every two expiries, and one expiry (`heartbeatIntervalMs` × `heartbeatLiveness`) to answer
   * it. Default true. Turn it off for peers whose ZMTP does not answer PING.
   */
  readonly zmtpHeartbeats?: boolean;

  /** How long a request waits while no worker is registered for its service, in milliseconds; 0 refuses at once. Default 60,000. */
  readonly noWorkerTimeoutMs?: number;
  /** How long a request waits while all workers of its service are busy, in milliseconds. Default 900,000. */
  readonly queueTimeoutMs?: number;
  /**
   * How long a reply in parts may stand still because its client takes no more of it, in milliseconds, from 10: it is broken
   * off then. Default 300,000.
   */
  readonly stalledStreamTimeoutMs?: number;
  /** How often a request may be given to a worker in all, 1 to 100; 1 is never twice. Default 2. */
  readonly maxAttempts?: number;
  /** What differs for single services, by name. */
  readonly services?: Readonly<Record<string, ServiceOptions>>;
  /** Whether Majortomo and MDP/0.1 clients get error replies, which they take for results. Default false: silence. */
  readonly forwardErrors?: boolean;
  /** Whether those who ask may speak MX, which carries many commands in one message. Default true. */
  readonly mx?: boolean;

  /** The largest body of one message, in bytes. Default 16 MiB. */
  readonly maxBodyBytes?: number;
  /** The most body frames of one message. Default 256. */
  readonly maxBodyFrames?: number;
  /** The most services known at once: with workers or with requests that wait. Default 20,000. */
  readonly maxServices?: number;
  /** The most workers at once. Default 20,000. */
  readonly maxWorkers?: number;
  /** The most workers behind one connection (through a proxy). Default 1,000. */
  readonly maxWorkersPerConnection?: number;
  /** The most requests that wait for a worker, in all. Default 100,000. */
  readonly maxQueued?: number;
  /** The most requests that wait for a worker of one service. Default 10,000. */
  readonly maxQueuedPerService?: number;
  /** The most requests of one connection that wait for a worker. Default 1,000. */
  readonly maxQueuedPerClient?: number;
  /**
   * The most bytes that requests take which have not ended, those that wait and those that workers hold, in all: what
   * their frames hold, and 400 for each of them, and what of a reply in parts has to wait. A connection that has some
   * gets no more than it leaves to others. Default 256 MiB.
   */
  readonly maxPendingBytes?: number;
  /** The same for the requests of one connection. Default 128 MiB. */
  readonly maxPendingBytesPerClient?: number;
  /** The most services that exist because requests of one connection wait for them. Default 1,000. */
  readonly maxServicesPerClient?: number;
  /** The most requests that one connection may make in a second, and after a pause at once; 0 is any number. Default 0. */
  readonly maxRequestsPerSecond?: number;
  /** After how many invalid messages a connection is no longer listened to; one is forgiven a minute. Default 16. */
  readonly maxStrikes?: number;
  /** The most connections that are remembered, 100 or more; the one that was silent for longest is forgotten first. Default 100,000. */
  readonly maxConnections?: number;
  /** How many messages ZeroMQ itself queues for one peer, however large they are, 1 or more. Default 64. */
  readonly sendHighWaterMark?: number;
  /**
   * How many messages of one peer ZeroMQ itself keeps until the broker reads them, however large they are, 1 or more; beyond
   * that the network is not read. Default 16.
   */
  readonly receiveHighWaterMark?: number;
  /** The most messages that wait for one peer that reads too slowly, beyond ZeroMQ's. Default 1,000. */
  readonly maxOutboxMessages?: number;
  /** The most bytes that wait for one peer that reads too slowly, and 400 for each frame. Default 16 MiB. */
  readonly maxOutboxBytes?: number;
  /** The same for all such peers together. Default 256 MiB. */
  readonly maxOutboxBytesInAll?: number;
}

/** {@link ServiceOptions} with every value filled in. */
export type ResolvedServiceOptions = Required<ServiceOptions>;

/** {@link BrokerOptions}, checked and with every value filled in; without its keys. */
export interface ResolvedBrokerOptions extends Required<
  Omit<BrokerOptions, 'endpoints' | 'services' | 'curve' | 'allow'>
> {
  readonly endpoints: readonly ResolvedEndpoint[];
  /** The services that differ. */
  readonly services: ReadonlyMap<string, ResolvedServiceOptions>;
  /** What holds for every other service. */
  readonly anyService: ResolvedServiceOptions;
}

const MEBIBYTE = 1024 * 1024;
const MANY = 10_000_000;

/** Every option with its default, for documentation and command lines. Endpoints and services are not in it. */
export const BROKER_DEFAULTS = {
  handshakeTimeoutMs: 10_000,
  heartbeatIntervalMs: DEFAULT_HEARTBEAT_INTERVAL_MS,
  heartbeatLiveness: DEFAULT_HEARTBEAT_LIVENESS,
  busyWorkerTimeoutMs: 900_000,
  zmtpHeartbeats: true,
  noWorkerTimeoutMs: 60_000,
  queueTimeoutMs: 900_000,
  stalledStreamTimeoutMs: 300_000,
  maxAttempts: 2,
  forwardErrors: false,
  mx: true,
  maxBodyBytes: 16 * MEBIBYTE,
  maxBodyFrames: 256,
  maxServices: 20_000,
  maxWorkers: 20_000,
  maxWorkersPerConnection: 1_000,
  maxQueued: 100_000,
  maxQueuedPerService: 10_000,
  maxQueuedPerClient: 1_000,
  maxPendingBytes: 256 * MEBIBYTE,
  maxPendingBytesPerClient: 128 * MEBIBYTE,
  maxServicesPerClient: 1_000,
  maxRequestsPerSecond: 0,
  maxStrikes: 16,
  maxConnections: 100_000,
  sendHighWaterMark: 64,
  receiveHighWaterMark: 16,
  maxOutboxMessages: 1_000,
  maxOutboxBytes: 16 * MEBIBYTE,
  maxOutboxBytesInAll: 256 * MEBIBYTE,
} as const;

const OPTION_NAMES = ['endpoints', 'curve', 'allow', 'services', ...Object.keys(BROKER_DEFAULTS)];
const SERVICE_OPTION_NAMES = ['maxAttempts', 'maxQueued', 'noWorkerTimeoutMs', 'queueTimeoutMs'];

/**
 * Check a broker's options and fill in the rest.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the option, the value and what is allowed
 */
export function resolveBrokerOptions(options: BrokerOptions = {}): ResolvedBrokerOptions {
  checkOptions('options', options, OPTION_NAMES);
  const d = BROKER_DEFAULTS;
  const count = (name: keyof typeof BROKER_DEFAULTS & keyof BrokerOptions, min: number, max = MANY): number =>
    integerOption(name, options[name] as number | undefined, d[name] as number, min, max);
  const duration = (name: keyof typeof BROKER_DEFAULTS & keyof BrokerOptions, min: number): number =>
    durationOption(name, options[name] as number | undefined, d[name] as number, min);

  const anyService: ResolvedServiceOptions = {
    maxAttempts: count('maxAttempts', 1, 100),
    maxQueued: count('maxQueuedPerService', 0),
    noWorkerTimeoutMs: duration('noWorkerTimeoutMs', 0),
    queueTimeoutMs: duration('queueTimeoutMs', 1),
  };
  return {
    endpoints: resolveEndpoints(options.endpoints, options.curve !== undefined, options.allow),
    handshakeTimeoutMs: duration('handshakeTimeoutMs', 100),
    heartbeatIntervalMs: duration('heartbeatIntervalMs', 10),
    heartbeatLiveness: count('heartbeatLiveness', 2, 100),
    busyWorkerTimeoutMs: duration('busyWorkerTimeoutMs', 10),
    zmtpHeartbeats: booleanOption('zmtpHeartbeats', options.zmtpHeartbeats, d.zmtpHeartbeats),
    noWorkerTimeoutMs: anyService.noWorkerTimeoutMs,
    queueTimeoutMs: anyService.queueTimeoutMs,
    stalledStreamTimeoutMs: duration('stalledStreamTimeoutMs', 10),
    maxAttempts: anyService.maxAttempts,
    forwardErrors: booleanOption('forwardErrors', options.forwardErrors, d.forwardErrors),
    mx: booleanOption('mx', options.mx, d.mx),
    maxBodyBytes: count('maxBodyBytes', 1, 2 ** 30),
    maxBodyFrames: count('maxBodyFrames', 1, 65_535),
    maxServices: count('maxServices', 1),
    maxWorkers: count('maxWorkers', 1),
    maxWorkersPerConnection: count('maxWorkersPerConnection', 1),
    maxQueued: count('maxQueued', 0),
    maxQueuedPerService: anyService.maxQueued,
    maxQueuedPerClient: count('maxQueuedPerClient', 0),
    maxPendingBytes: count('maxPendingBytes', 0, 2 ** 40),
    maxPendingBytesPerClient: count('maxPendingBytesPerClient', 0, 2 ** 40),
    maxServicesPerClient: count('maxServicesPerClient', 0),
    maxRequestsPerSecond: count('maxRequestsPerSecond', 0),
    maxStrikes: count('maxStrikes', 1),
    maxConnections: count('maxConnections', 100),
    sendHighWaterMark: count('sendHighWaterMark', 1),
    receiveHighWaterMark: count('receiveHighWaterMark', 1),
    maxOutboxMessages: count('maxOutboxMessages', 1),
    maxOutboxBytes: count('maxOutboxBytes', 1, 2 ** 40),
    maxOutboxBytesInAll: count('maxOutboxBytesInAll', 1, 2 ** 40),
    services: resolveServices(options.services === undefined ? {} : options.services, anyService),
    anyService,
  };
}

/**
 * Options must be an object, and have no names but these.
 *
 * @param path - where it stands; the name of a wrong option comes behind it, unless it is the outermost one
 */
function checkOptions(path: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ArgumentError(path, options, `an object with ${known.join(', ')}`);
  }
  refuseUnknownOptions(options, known, path === 'options' ? undefined : path);
}

function resolveServices(given: unknown, base: ResolvedServiceOptions): Map<string, ResolvedServiceOptions> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ArgumentError('services', given, 'an object of names and their options');
  }
  const services = new Map<string, ResolvedServiceOptions>();
  for (const [name, options] of Object.entries(given as Readonly<Record<string, ServiceOptions>>)) {
    if (decodeServiceName(bytes(name)) !== name || name.startsWith(MMI_PREFIX)) {
      throw new ArgumentError(
        'services',
        name,
        `a printable string of 1 to ${String(MAX_SERVICE_NAME_BYTES)} bytes of UTF-8 that does not begin with ${MMI_PREFIX}`,
      );
    }
    const path = `services.${name}`;
    checkOptions(path, options, SERVICE_OPTION_NAMES);
    const at = (option: string): string => `${path}.${option}`;
    services.set(name, {
      maxAttempts: integerOption(at('maxAttempts'), options.maxAttempts, base.maxAttempts, 1, 100),
      maxQueued: integerOption(at('maxQueued'), options.maxQueued, base.maxQueued, 0, MANY),
      noWorkerTimeoutMs: durationOption(at('noWorkerTimeoutMs'), options.noWorkerTimeoutMs, base.noWorkerTimeoutMs),
      queueTimeoutMs: durationOption(at('queueTimeoutMs'), options.queueTimeoutMs, base.queueTimeoutMs, 1),
    });
  }
  return services;
}
