// SPDX-License-Identifier: Apache-2.0
// worker - the public class: registers a service with one broker or several, and serves its requests until it is stopped

import { EventEmitter } from 'node:events';
import type { AnyServices, Codec, Contract, ServicesOf, WorkerServices } from '@mdp/protocol';
import { ArgumentError, StateError } from '@mdp/protocol';
import { ServedPayloads, checkCodec, checkContract, durationOption } from '@mdp/protocol/internal';
import type { ResolvedCurve } from '@mdp/protocol/node';
import { resolveCurve } from '@mdp/protocol/node';
import { Brokers } from './brokers.js';
import type { Connection, ConnectionShared } from './connection.js';
import { Endpoint } from './endpoint.js';
import type { WorkerEvents } from './events.js';
import { Executions } from './executions.js';
import type { ResolvedWorkerOptions, WorkerOptions } from './options.js';
import { resolveWorkerOptions } from './options.js';
import { PullQueue } from './pull-queue.js';
import type { PulledRequest } from './pulled-request.js';
import { Pulse } from './pulse.js';
import type { Handler } from './request.js';
import type { Handlers } from './services.js';
import { brokerEndpoints, serviceOf, servicesOf } from './services.js';
import { stopOnSignals } from './signals.js';
import { endpointStats } from './endpoint-stats.js';
import type { EndpointStats, WorkerCounters, WorkerPhase, WorkerStats } from './stats.js';
import { zeroCounters } from './stats.js';
import { StreamPace } from './stream-pace.js';
import type { AnyTypedRequest, TypedRequest } from './typed-requests.js';
import { typedRequests } from './typed-requests.js';

/** How {@link Worker.stop} stops. */
export interface StopOptions {
  /** How long running requests may take to end, in milliseconds; 0 aborts them at once. Default 10,000. */
  readonly drainMs?: number;
}

const DEFAULT_DRAIN_MS = 10_000;

/** How often at least the worker looks at the clock while a broker waits for it. */
const BEATS_PER_EXPIRY = 4;

/**
 * Serves a service, or several (RFC 18 "MDP/Worker").
 *
 * ```ts
 * const worker = new Worker('tcp://127.0.0.1:5555', 'echo', (request) => request.body);
 * await worker.start();
 * ```
 *
 * Without a handler, requests are taken by iterating: `for await (const request of worker)`.
 */
export class Worker extends EventEmitter<WorkerEvents> implements AsyncDisposable {
  /** The service that it serves; the first one where there are several. */
  readonly service: string;
  /** Every service that it serves. */
  readonly services: readonly string[];
  /** The brokers that it registers with. */
  readonly endpoints: readonly string[];
  readonly #options: ResolvedWorkerOptions;
  readonly #counters: WorkerCounters = zeroCounters();
  readonly #brokers: Brokers<Endpoint>;
  readonly #queue = new PullQueue();
  readonly #executions: Executions | undefined;
  readonly #pulls: boolean;
  readonly #pulse: Pulse;
  readonly #removeSignals = new Set<() => void>();
  #phase: WorkerPhase = 'new';
  #drainBy = Infinity;
  #resolveStopped: () => void = () => undefined;
  readonly #stopped = new Promise<void>((resolve) => {
    this.#resolveStopped = resolve;
  });

  /**
   * @param endpoint - the broker's endpoint, or several: the worker registers with each of them
   * @param service - what it serves: 1 to 255 bytes of UTF-8, printable. Names that start with `mmi.` are the broker's own.
   * @param handler - serves a request; see {@link Handler}
   * @param options - see {@link WorkerOptions}
   * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names what is wrong
   */
  constructor(endpoint: string | readonly string[], service: string, handler: Handler, options?: WorkerOptions);
  /**
   * Without a handler, requests are taken by iterating: `for await (const request of worker)`. With an object of handlers by
   * the names of their services, each is served by its own: `{ echo: (request) => request.body, half }`.
   */
  constructor(endpoint: string | readonly string[], what: string | Handlers, options?: WorkerOptions);
  constructor(
    endpoint: string | readonly string[],
    what: string | Handlers,
    handlerOrOptions: Handler | WorkerOptions = {},
    options: WorkerOptions = {},
  ) {
    super();
    const handler = typeof handlerOrOptions === 'function' ? handlerOrOptions : undefined;
    this.endpoints = brokerEndpoints(endpoint);
    const several = typeof what === 'object' && (what as unknown) !== null;
    if (several && handler !== undefined) {
      throw new ArgumentError('handler', handler, 'none: each service of the object has its own');
    }
    const services = several ? servicesOf(what) : [serviceOf(what as string, handler)];
    this.services = services.map(({ name }) => name);
    this.service = this.services[0] as string;
    const given = handler === undefined ? (handlerOrOptions as WorkerOptions) : options;
    this.#options = resolveWorkerOptions(given);
    const curve = resolveCurve(given.curve, this.endpoints);
    this.#pulls = !several && handler === undefined;
    const { heartbeatIntervalMs, heartbeatLiveness, deduplicate } = this.#options;
    if (this.#pulls && deduplicate !== undefined) {
      throw new ArgumentError('deduplicate', given.deduplicate, 'false without a handler: who takes requests decides');
    }
    this.#executions = deduplicate === undefined ? undefined : new Executions(deduplicate, this.#counters.duplicates);
    const shared = this.#share(curve);
    this.#brokers = new Brokers(this.endpoints, this.#options, {
      make: (broker) => new Endpoint(broker, services, shared),
      leave: (broker) => {
        broker.drain(this.#graceful);
      },
      changed: () => {
        this.#pulse.wakeBy(-Infinity);
      },
    });
    const expiryMs = heartbeatIntervalMs * heartbeatLiveness;
    this.#pulse = new Pulse(
      {
        nextDeadline: () => this.#nextDeadline(),
        tick: (now) => {
          this.#tick(now);
        },
        stalled: (now, since) => {
          for (const broker of this.#brokers.all) broker.stalled(now, since);
        },
      },
      Math.min(heartbeatIntervalMs, expiryMs / BEATS_PER_EXPIRY),
      expiryMs,
    );
  }

  #share(curve: ResolvedCurve | undefined): ConnectionShared {
    return {
      options: this.#options,
      curve,
      counters: this.#counters,
      pace: new StreamPace(),
      queue: this.#queue,
      executions: this.#executions,
      alive: (now) => {
        this.#pulse.alive(now);
      },
      wakeBy: (at) => {
        this.#pulse.wakeBy(at);
      },
      registered: ({ endpoint, wire, services }: Connection) => {
        this.#tell('registered', { endpoint, wire, services: services.map(({ name }) => name) });
      },
      lost: (endpoint, reason, detail) => {
        this.#brokers.refresh(endpoint);
        this.#tell('disconnected', { endpoint, reason, ...(detail === undefined ? {} : { detail }) });
        this.#finishIfStopped();
      },
      reconnecting: (endpoint, attempt, delayMs) => {
        this.#tell('reconnecting', { endpoint, attempt, delayMs });
      },
      arrived: (job) => {
        // These two come with each request: most often nobody listens.
        if (this.listenerCount('request') > 0) this.#tell('request', job);
      },
      replied: (job) => {
        if (this.listenerCount('reply') > 0) this.#tell('reply', job);
      },
      handlerFailed: (error, job) => {
        this.#tell('handlerError', error, job);
      },
      settled: () => {
        this.#finishIfStopped();
      },
    };
  }

  /** A listener that throws is its owner's error: it surfaces as one, but breaks nothing here. */
  #tell<K extends keyof WorkerEvents>(event: K, ...args: WorkerEvents[K]): void {
    try {
      (this.emit as (event: string, ...args: unknown[]) => boolean).call(this, event, ...args);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  }

  /**
   * Connect, send READY to every broker, and serve from then on until {@link stop}. Brokers that cannot be reached yet are
   * waited for; lost ones are registered with again, on a new socket, with backoff and jitter.
   *
   * @returns resolves when READY was handed to every socket. No broker need be there: the event `registered` tells.
   * @throws {@link StateError} `MDP_INVALID_STATE` when it was started or stopped before, or when ZeroMQ gives no socket
   */
  async start(): Promise<void> {
    this.#begin();
    return Promise.resolve();
  }

  #begin(): void {
    if (this.#phase !== 'new') throw new StateError(`the worker is ${this.#phase}: it can be started once`);
    this.#phase = 'running';
    const now = performance.now();
    this.#pulse.start(now);
    this.#brokers.start(now);
    const failed = this.#brokers.all.find(({ openError }) => openError !== undefined);
    if (failed === undefined) return;
    const { openError: cause, endpoint } = failed;
    void this.stop({ drainMs: 0 });
    throw new StateError(`no socket for ${endpoint}: ${String(cause)}`, { cause });
  }

  /**
   * Stop: take no new request, let running ones end, then send DISCONNECT and close. A request that a broker sends in the
   * same moment is not begun; the broker gives it to another worker.
   *
   * Calling it again is allowed, and may shorten `drainMs`. Do not await it before the reply to the request at hand.
   *
   * @returns resolves when all sockets are gone: at the latest `drainMs` and the option `lingerMs` later
   * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` for a `drainMs` that is no duration
   */
  async stop(options: StopOptions = {}): Promise<void> {
    const drainMs = durationOption('drainMs', options.drainMs, DEFAULT_DRAIN_MS);
    if (this.#phase === 'new') this.#finish();
    if (this.#phase === 'stopped') return this.#stopped;
    this.#phase = 'stopping';
    this.#drainBy = Math.min(this.#drainBy, performance.now() + drainMs);
    this.#brokers.close();
    const graceful = this.#graceful;
    for (const broker of this.#brokers.all) {
      if (drainMs === 0) broker.abandon();
      else broker.drain(graceful);
    }
    this.#pulse.wakeBy(this.#drainBy);
    this.#finishIfStopped();
    return this.#stopped;
  }

  /** {@link stop} with its defaults. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** What a broker still sends after it was left has to be taken by somebody. */
  get #graceful(): boolean {
    return !this.#pulls || this.#queue.taken;
  }

  #finishIfStopped(): void {
    if (this.#phase !== 'stopping') return;
    const brokers = this.#brokers.all;
    if (!brokers.some(({ expectant }) => expectant)) this.#queue.close();
    if (brokers.every(({ stopped }) => stopped)) this.#finish();
  }

  #finish(): void {
    this.#phase = 'stopped';
    this.#pulse.stop();
    this.#queue.close();
    for (const remove of this.#removeSignals) remove();
    this.#removeSignals.clear();
    this.#resolveStopped();
    this.#tell('stopped');
  }

  /**
   * Stop when the process gets a signal: the first one drains, a second one ends at once, even the process. The listeners
   * are taken away when the worker has stopped.
   *
   * @param signals - which signals. Default `SIGINT` and `SIGTERM`.
   * @param options - how to stop
   * @throws {@link StateError} `MDP_INVALID_STATE` when the worker has stopped
   */
  stopOnSignal(signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'], options: StopOptions = {}): this {
    if (this.#phase === 'stopped') throw new StateError('the worker has stopped');
    const drainMs = durationOption('drainMs', options.drainMs, DEFAULT_DRAIN_MS);
    this.#removeSignals.add(stopOnSignals(this, signals, drainMs));
    return this;
  }

  /**
   * Take requests by hand, in place of a handler. Starts the worker when that was not done. The loop ends when the worker
   * stops; leaving the loop does not stop the worker.
   *
   * With `concurrency` 1, whoever asks for the next request has done with the last one: without a reply it is ended with
   * an error reply 500. With more, requests may be replied to in any order, each in its own time.
   *
   * @throws {@link StateError} `MDP_INVALID_STATE` when the worker has a handler; and as {@link start}
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<PulledRequest, undefined> {
    if (!this.#pulls) throw new StateError('the worker has a handler: its requests cannot be iterated over');
    if (this.#phase === 'new') this.#begin();
    return this.#queue.iterate(this.#options.concurrency === 1);
  }

  /**
   * Take requests of values by hand: `for await (const request of worker.with<Services>(json))`, see {@link TypedRequest}. One
   * that the codec cannot read, or its schema does not like, is ended with status 400 and told to `handlerError`.
   *
   * @param codec - turns values into frames and back: `json`, or one's own
   * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when it is no codec
   */
  with<Services extends ServicesOf<Services> = AnyServices>(
    codec: Codec,
  ): AsyncIterable<TypedRequest<Services>, undefined, undefined>;
  /**
   * The same, with schemas: the types follow from them, and what is sent is what they make of it.
   *
   * @param codec - turns values into frames and back
   * @param contract - schemas of any library that follows Standard Schema, by the names of services
   * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when one of them is not what it should be, or the worker's service is not
   * in the contract
   */
  with<const C extends Contract>(
    codec: Codec,
    contract: C,
  ): AsyncIterable<TypedRequest<WorkerServices<C>>, undefined, undefined>;
  with(codec: Codec, contract?: Contract): AsyncIterable<AnyTypedRequest, undefined, undefined> {
    checkCodec(codec);
    if (contract !== undefined) checkContract(contract);
    const payloads = new ServedPayloads(codec, contract, this.service);
    return {
      [Symbol.asyncIterator]: () =>
        typedRequests(this, payloads, (error, request) => {
          this.#tell('handlerError', error, request);
        }),
    };
  }

  /** What the worker is doing, and what it has done. */
  stats(): WorkerStats {
    const endpoints = endpointStats(this.#brokers, this.#options.wire);
    const sum = (of: (stats: EndpointStats) => number): number => endpoints.reduce((all, each) => all + of(each), 0);
    const { disconnects, duplicates, dropped } = this.#counters;
    return {
      phase: this.#phase,
      connections: sum(({ connections }) => connections),
      registered: sum(({ registered }) => registered),
      busy: sum(({ busy }) => busy),
      inFlight: sum(({ inFlight }) => inFlight),
      orphans: sum(({ orphans }) => orphans),
      endpoints,
      remembered: this.#executions?.stats() ?? { replies: 0, bytes: 0 },
      counters: {
        ...this.#counters,
        disconnects: { ...disconnects },
        duplicates: { ...duplicates },
        dropped: { ...dropped },
      },
    };
  }

  #nextDeadline(): number {
    let at = this.#drainBy;
    for (const broker of this.#brokers.all) at = Math.min(at, broker.nextDeadline());
    return at;
  }

  #tick(now: number): void {
    if (now >= this.#drainBy) {
      this.#drainBy = Infinity;
      for (const broker of this.#brokers.all) broker.abandon();
    }
    for (const broker of this.#brokers.all) broker.tick(now);
    this.#brokers.sweep();
    this.#executions?.tick(now);
    this.#finishIfStopped();
  }
}
