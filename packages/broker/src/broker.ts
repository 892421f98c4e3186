// SPDX-License-Identifier: Apache-2.0
// broker - the public class: sockets and one timer around the state

import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Frame } from '@mdp/protocol';
import {
  DIALECTS,
  MX_MAX_BODY_FRAMES,
  NONCE_LENGTH,
  StateError,
  decodeAtBroker,
  decodeMx,
  findMx,
} from '@mdp/protocol';
import { durationOption, refuseUnknownOptions } from '@mdp/protocol/internal';
import { resolveCurveServer } from '@mdp/protocol/node';
import type { BoundSocketHost } from './bound-socket.js';
import { BoundSocket } from './bound-socket.js';
import { BrokerClock } from './clock.js';
import type { BrokerEvents } from './events.js';
import type { ResolvedEndpoint, SocketGroup } from './endpoint-options.js';
import { groupEndpoints } from './endpoint-options.js';
import type { BrokerOptions, ResolvedBrokerOptions } from './options.js';
import { resolveBrokerOptions } from './options.js';
import { RouterLoop } from './router-loop.js';
import { RouterPort } from './router-port.js';
import type { ConnectionRefusal } from './security/gatekeeper.js';
import { Security } from './security/security.js';
import { Access } from './state/access.js';
import { BrokerState } from './state/broker-state.js';
import { describeServices } from './state/mmi.js';
import type { BrokerStats } from './stats.js';
import { asError } from './system-error.js';
import { VERSION } from './version.js';
import { WakeUp } from './wake-up.js';

/** How a broker stops. */
export interface StopOptions {
  /** How long requests that workers hold may still take, in milliseconds. Default 10,000; 0 ends them at once. */
  readonly drainMs?: number;
}

/** How long what waits for slow readers may still take when the broker stops, in milliseconds. */
const FLUSH_MS = 1000;

/** A socket that is bound, and the loop that reads it. */
interface Served {
  readonly group: SocketGroup;
  readonly bound: BoundSocket;
  readonly loop: RouterLoop;
}

/**
 * A Majordomo broker: MDP/0.2 as RFC 18 has it, MDP/0.2 as Majortomo speaks it and MDP/0.1, all on the same endpoints.
 *
 * ```ts
 * await using broker = new Broker({ endpoints: 'tcp://127.0.0.1:5555' });
 * await broker.start();
 * ```
 *
 * Its events are {@link BrokerEvents}. An `error` event without a listener does not end the process: it becomes a warning
 * of the process, and the broker goes on. So does what a listener throws: it comes as `error` event.
 */
export class Broker extends EventEmitter<BrokerEvents> implements AsyncDisposable {
  /** What holds for this broker, defaults filled in. */
  readonly options: ResolvedBrokerOptions;
  /** Its public key in Z85, which clients and workers need to know; `undefined` when it has none (`curve`). */
  readonly publicKey: string | undefined;
  readonly #groups: readonly SocketGroup[];
  readonly #security: Security | undefined;
  readonly #clock = new BrokerClock();
  readonly #port: RouterPort;
  readonly #state: BrokerState;
  readonly #wakeUp: WakeUp;
  #served: Served[] = [];
  #phase: BrokerStats['state'] = 'new';
  /** When it began to serve, by `performance.now()`. */
  #startedAt: number | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  /** Until when running requests may take while it stops, by `performance.now()`. */
  #drainUntil = Infinity;
  #onIdle: (() => void) | undefined;
  #onShorterDrain: (() => void) | undefined;

  /**
   * @param options - see {@link BrokerOptions}; all may be left out
   * @throws ArgumentError `MDP_INVALID_ARGUMENT` that names the option, the value and what is allowed
   */
  constructor(options: BrokerOptions = {}) {
    super();
    this.options = resolveBrokerOptions(options);
    this.#groups = groupEndpoints(this.options.endpoints);
    const keys = resolveCurveServer(options.curve);
    this.publicKey = keys?.publicKey;
    if (keys !== undefined) this.#security = new Security(keys, this.#groups, this.#securityHost);
    this.#port = new RouterPort(
      {
        get counters() {
          return state.counters;
        },
        unreachable: (connection, frames) => {
          this.#guard(() => {
            state.unreachable(this.#wakeUp.turn(), connection, frames);
          });
          // Nothing more may come from there: what had come before is read in this turn of the event loop.
          this.#wakeUp.soon();
        },
        relieved: (connection) => {
          state.relieved(connection);
          this.#port.flush();
        },
        failed: (error) => {
          this.#failed(error);
        },
        emit: (event, build) => {
          if (this.listenerCount(event) > 0) this.#tell(event, build());
        },
      },
      {
        maxMessages: this.options.maxOutboxMessages,
        maxBytes: this.options.maxOutboxBytes,
        maxBytesInAll: this.options.maxOutboxBytesInAll,
      },
    );
    const state = new BrokerState(this.options, this.#port, randomBytes(NONCE_LENGTH), () => this.#describe());
    this.#state = state;
    this.#wakeUp = new WakeUp(this.#clock, {
      stallMs: Math.max(50, this.options.heartbeatIntervalMs / 2),
      hungry: () => this.#served.some(({ loop }) => loop.hungry),
      wake: (now) => {
        this.#guard(() => {
          // The event loop has read all input before it came here.
          for (let socket = 0; socket < this.#served.length; socket++) state.drained(now, socket);
          state.tick(now);
        });
        this.#settled();
      },
      stalled: (ms) => {
        state.counters.stalledMs += ms;
        this.#port.emit('stalled', () => [ms]);
      },
    });
  }

  /** Where it listens, with the ports that were chosen; empty before {@link start}. */
  get endpoints(): readonly string[] {
    return this.#served.flatMap(({ bound }) => bound.endpoints);
  }

  /** Where it listens, as {@link endpoints}, and to whom. */
  get listening(): readonly ResolvedEndpoint[] {
    return this.#served.flatMap(({ group: { endpoints, ...rights }, bound }) =>
      bound.endpoints.map((endpoint) => ({ endpoint, ...rights })),
    );
  }

  /**
   * Read all allow-lists again, at once; that also happens by itself when their files change. `keysReloaded` tells of each
   * list. One that has a fault stays as it was, and `error` tells the fault. Who has connected already stays connected.
   */
  reloadKeys(): void {
    this.#security?.reload();
  }

  /**
   * Bind all endpoints and begin to serve.
   *
   * @throws BindError `MDP_BIND` when an endpoint cannot be bound; nothing is bound then, and it may be tried again
   * @throws StateError `MDP_INVALID_STATE` when it was started or stopped before; a broker that was stopped is not started
   * again
   */
  async start(): Promise<void> {
    if (this.#stopping !== undefined) throw new StateError('the broker cannot be started: it was stopped');
    if (this.#phase !== 'new') throw new StateError(`the broker cannot be started: it is ${this.#phase}`);
    this.#phase = 'running';
    this.#starting = this.#start();
    await this.#starting;
  }

  async #start(): Promise<void> {
    const bound: Omit<Served, 'loop'>[] = [];
    try {
      // Before all others: without it everybody is refused, and nobody is to be refused who is allowed.
      await this.#security?.start();
      for (const group of this.#groups) {
        const ipv6 = group.endpoints.some((endpoint) => endpoint.includes('['));
        const own = { ipv6, ...this.#security?.optionsFor(group) };
        const socket = new BoundSocket(this.options, own, this.#socketHost);
        bound.push({ group, bound: socket });
        for (const endpoint of group.endpoints) await socket.bind(endpoint);
      }
    } catch (error) {
      await Promise.all(bound.map((each) => each.bound.close()));
      this.#security?.close();
      this.#phase = 'new';
      throw error;
    }
    this.#startedAt = performance.now();
    this.#served = bound.map((each) => ({ ...each, loop: this.#newLoop(each) }));
    for (const { loop } of this.#served) void loop.run();
    this.#port.emit('listening', () => [this.endpoints]);
  }

  readonly #securityHost = {
    accepted: (): void => {
      this.#state.counters.keysAccepted++;
    },
    refused: (refusal: ConnectionRefusal): void => {
      this.#state.counters.keysRefused[refusal.reason]++;
      this.#port.emit('connectionRefused', () => [refusal]);
    },
    reloaded: (keys: number): void => {
      this.#port.emit('keysReloaded', () => [keys]);
    },
    failed: (error: Error): void => {
      this.#failed(error);
    },
  };

  readonly #socketHost: BoundSocketHost = {
    // A dead worker may have been behind it: those that are busy are looked at, at once.
    connectionLost: () => {
      this.#state.connectionLost(this.#wakeUp.turn());
      this.#settled();
    },
    handshakeFailed: (how) => {
      this.#state.counters.handshakesFailed[how]++;
    },
    failed: (error) => {
      this.#failed(error);
    },
  };

  #newLoop({ group, bound: { socket } }: Omit<Served, 'loop'>): RouterLoop {
    const index = this.#port.addSocket(socket);
    const access = new Access(group.role, group.services);
    const state = this.#state;
    const { connections } = state;
    // Up to twice the body frames get an error reply (413), as do bodies of up to twice the bytes.
    const mostFrames = 2 * this.options.maxBodyFrames + 64;
    const mostMxFrames = MX_MAX_BODY_FRAMES + 64;
    const mayBeMx = this.options.mx;
    return new RouterLoop(socket, {
      turn: () => this.#wakeUp.turn(),
      message: (now, frames) => {
        const routingId = frames[0] as Frame;
        const connection = connections.require(now, index, access, routingId);
        const mx = mayBeMx ? findMx(frames, 1) : -1;
        if (connection === undefined) state.counters.dropped.tooManyConnections++;
        else if (frames.length > (mx > 0 ? mostMxFrames : mostFrames)) state.overframed(now, connection);
        else if (mx > 0) return state.receiveMx(now, connection, frames.slice(1, mx), decodeMx(frames, mx));
        else state.receive(now, connection, decodeAtBroker(frames, 1));
        return 1;
      },
      drained: (now) => {
        state.drained(now, index);
      },
      settled: () => {
        this.#settled();
      },
      failed: (error) => {
        this.#failed(error);
      },
    });
  }

  /** After each turn: what it said leaves, the timer follows the state, and a drain ends when nothing runs any more. */
  #settled(): void {
    this.#port.flush();
    this.#wakeUp.at(this.#state.nextDeadline());
    if (this.#onIdle !== undefined && this.#state.dispatcher.busy.size === 0) this.#onIdle();
  }

  /** Something went wrong that nobody expected. */
  #failed(error: Error): void {
    if (this.#phase === 'stopped') return;
    if (this.listenerCount('error') > 0) this.#tell('error', [error]);
    else process.emitWarning(error.stack ?? error.message);
  }

  /** Tell listeners. What they throw is theirs: the broker is in the middle of something, and goes on with it. */
  #tell<K extends keyof BrokerEvents>(event: K, args: BrokerEvents[K]): void {
    try {
      this.emit(event, ...(args as never));
    } catch (thrown) {
      const error = asError(thrown);
      if (event !== 'error' && this.listenerCount('error') > 0) this.#tell('error', [error]);
      else process.emitWarning(error.stack ?? error.message);
    }
  }

  /** A fault of this program must not end it: it is reported, and the next message finds everybody at work. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failed(asError(error));
    }
  }

  /**
   * Stop: refuse new requests (503), let workers finish what they hold, send every worker away, close. It may be called
   * again to shorten the time that is left.
   *
   * @param options - `drainMs`: how long running requests may take; what runs longer ends with an error reply (503)
   */
  stop(options: StopOptions = {}): Promise<void> {
    refuseUnknownOptions(options, ['drainMs']);
    const drainMs = durationOption('drainMs', options.drainMs, 10_000);
    this.#drainUntil = Math.min(this.#drainUntil, performance.now() + drainMs);
    this.#onShorterDrain?.();
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    // A start that is under way ends first: what it has bound must be closed. Who called start() hears how it ended.
    // And a listener that called stop() is called from the middle of something, which ends first too.
    await Promise.allSettled([this.#starting]);
    if (this.#phase === 'running') {
      this.#phase = 'draining';
      this.#port.emit('draining', () => []);
      this.#state.drain(this.#wakeUp.turn());
      this.#port.flush();
      if (this.#state.dispatcher.busy.size > 0) await this.#idle();
      this.#state.shutDown(this.#wakeUp.turn());
      this.#port.flush();
      await this.#port.flushed(FLUSH_MS);
    }
    this.#wakeUp.close();
    this.#port.close();
    for (const { loop } of this.#served) loop.close();
    await Promise.all(this.#served.map(({ bound }) => bound.close()));
    this.#security?.close();
    this.#port.emit('stopped', () => []);
    this.#phase = 'stopped';
  }

  /** Wait until no worker holds a request, or the time for that is over. */
  #idle(): Promise<void> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const wait = (): void => {
        clearTimeout(timer);
        timer = setTimeout(done, Math.max(0, this.#drainUntil - performance.now()));
      };
      const done = (): void => {
        this.#onIdle = undefined;
        this.#onShorterDrain = undefined;
        clearTimeout(timer);
        resolve();
      };
      this.#onIdle = done;
      this.#onShorterDrain = wait;
      wait();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** A snapshot of what it does and has counted. */
  stats(): BrokerStats {
    return {
      ...this.#summary(),
      endpoints: this.endpoints,
      services: describeServices(this.#state.dispatcher.services),
      outbox: this.#port.backlog,
    };
  }

  /** What costs the same however many services and peers there are. */
  #summary(): Omit<BrokerStats, 'endpoints' | 'services' | 'outbox'> {
    const { dispatcher, counters, connections, workers } = this.#state;
    return {
      version: VERSION,
      uptimeMs: this.#startedAt === undefined ? 0 : Math.round(performance.now() - this.#startedAt),
      state: this.#phase,
      workers: { registered: workers, waiting: workers - dispatcher.busy.size, busy: dispatcher.busy.size },
      requests: {
        queued: dispatcher.queued,
        queuedBytes: dispatcher.queuedBytes,
        running: dispatcher.running,
        pendingBytes: connections.pending.used,
      },
      connections: connections.size,
      counters: structuredClone(counters),
    };
  }

  /** What `mmi.broker` answers: no addresses, and no list of services. */
  #describe(): unknown {
    const { endpoints, services, anyService, ...limits } = this.options;
    return { ...this.#summary(), dialects: DIALECTS, limits };
  }
}
