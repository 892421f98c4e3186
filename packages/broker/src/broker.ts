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
import { durationOption, integerOption, refuseUnknownOptions } from '@mdp/protocol/internal';
import { resolveCurveServer } from '@mdp/protocol/node';
import { BrokerClock } from './clock.js';
import { Drain } from './drain.js';
import type { BrokerEvents } from './events.js';
import type { ResolvedEndpoint, SocketGroup } from './endpoint-options.js';
import { groupEndpoints } from './endpoint-options.js';
import type { BrokerOptions, ResolvedBrokerOptions } from './options.js';
import { resolveBrokerOptions } from './options.js';
import { RouterPort } from './router-port.js';
import type { ConnectionRefusal } from './security/gatekeeper.js';
import { describeListening } from './security/describe-listening.js';
import { Security } from './security/security.js';
import type { ServedSocketsHost } from './served-sockets.js';
import { ServedSockets } from './served-sockets.js';
import type { Access } from './state/access.js';
import { BrokerState } from './state/broker-state.js';
import { describeServices } from './state/mmi.js';
import { describeWorkers } from './state/worker-list.js';
import type { BrokerStats, WorkerStats } from './stats.js';
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

/** The longest routing id that ZMTP allows, in bytes. ZeroMQ lets a peer choose one of any length. */
const MAX_ROUTING_ID_BYTES = 255;

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
  readonly #security: Security | undefined;
  readonly #sockets: ServedSockets;
  readonly #clock = new BrokerClock();
  readonly #port: RouterPort;
  readonly #state: BrokerState;
  readonly #wakeUp: WakeUp;
  readonly #drain = new Drain();
  #phase: BrokerStats['state'] = 'new';
  /** When it began to serve, by `performance.now()`. */
  #startedAt: number | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  /**
   * @param options - see {@link BrokerOptions}; all may be left out
   * @throws ArgumentError `MDP_INVALID_ARGUMENT` that names the option, the value and what is allowed
   */
  constructor(options: BrokerOptions = {}) {
    super();
    this.options = resolveBrokerOptions(options);
    const groups = groupEndpoints(this.options.endpoints);
    const keys = resolveCurveServer(options.curve);
    this.publicKey = keys?.publicKey;
    const { handshakeTimeoutMs } = this.options;
    if (keys !== undefined) this.#security = new Security(keys, groups, this.#securityHost, handshakeTimeoutMs);
    this.#sockets = new ServedSockets(groups, this.options, this.#security, this.#socketsHost);
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
          state.relieved(this.#wakeUp.turn(), connection);
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
      hungry: () => this.#sockets.hungry,
      wake: (now) => {
        this.#guard(() => {
          // The event loop has read all input before it came here.
          this.#sockets.each((index) => {
            state.drained(now, index);
          });
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
    return this.#sockets.endpoints;
  }

  /** Where it listens, as {@link endpoints}, and who may do what there. */
  get listening(): readonly ResolvedEndpoint[] {
    return this.#sockets.listening;
  }

  /**
   * Read all allow-lists again, at once; that also happens by itself when their files change. `keysReloaded` tells of each
   * list. One that has a fault stays as it was, and `error` tells the fault. When a key by which somebody has connected is not on
   * it any more, or has expired, the sockets of its endpoints are made anew: everybody there connects again.
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
    try {
      // Before all sockets: without it everybody is refused, and nobody is to be refused who is allowed.
      await this.#security?.start();
      await this.#sockets.open();
    } catch (error) {
      this.#security?.close();
      this.#phase = 'new';
      throw error;
    }
    this.#startedAt = performance.now();
    this.#port.emit('listening', () => [this.endpoints]);
  }

  readonly #securityHost = {
    revoked: (group: SocketGroup, keys: readonly string[]): void => {
      const endpoints = this.#sockets.renew(group);
      this.#port.emit('keysRevoked', () => [{ keys, endpoints }]);
    },
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

  readonly #socketsHost: ServedSocketsHost = {
    opened: (index, socket) => {
      this.#port.useSocket(index, socket);
    },
    turn: () => this.#wakeUp.turn(),
    message: (now, index, access, frames) => this.#message(now, index, access, frames),
    drained: (now, index) => {
      this.#state.drained(now, index);
    },
    settled: () => {
      this.#settled();
    },
    cutOff: (index) => {
      this.#state.cutOff(this.#wakeUp.turn(), index);
      this.#settled();
    },
    // A dead worker may have been behind it: those that are busy are looked at, at once.
    connectionLost: () => {
      this.#state.connectionLost(this.#wakeUp.turn());
      this.#settled();
    },
    handshakeFailed: (how) => {
      this.#state.counters.handshakesFailed[how]++;
    },
    acceptFailed: () => {
      this.#state.counters.acceptsFailed++;
    },
    failed: (error) => {
      this.#failed(error);
    },
  };

  /** @returns how many commands it held */
  #message(now: number, index: number, access: Access, frames: readonly Frame[]): number {
    const state = this.#state;
    const routingId = frames[0] as Frame;
    if (routingId.length > MAX_ROUTING_ID_BYTES) {
      state.overnamed();
      return 1;
    }
    const connection = state.connections.require(now, index, access, routingId);
    const mx = this.options.mx ? findMx(frames, 1) : -1;
    // Up to twice the body frames get an error reply (413), as do bodies of up to twice the bytes.
    const mostFrames = (mx > 0 ? MX_MAX_BODY_FRAMES : 2 * this.options.maxBodyFrames) + 64;
    if (connection === undefined) state.counters.dropped.tooManyConnections++;
    else if (frames.length > mostFrames) state.overframed(now, connection);
    else if (mx > 0) return state.receiveMx(now, connection, frames.slice(1, mx), decodeMx(frames, mx));
    else state.receive(now, connection, decodeAtBroker(frames, 1));
    return 1;
  }

  /** After each turn: what it said leaves, the timer follows the state, and a drain ends when nothing runs any more. */
  #settled(): void {
    this.#port.flush();
    this.#wakeUp.at(this.#state.nextDeadline());
    if (this.#state.dispatcher.busy.size === 0) this.#drain.end();
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
    this.#drain.allow(drainMs);
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    // A start that is under way ends first: what it has bound must be closed. Who called start() hears how it ended.
    // And a listener that called stop() is called from the middle of something, which ends first too.
    await Promise.allSettled([this.#starting, this.#sockets.settle()]);
    if (this.#phase === 'running') {
      this.#phase = 'draining';
      this.#port.emit('draining', () => []);
      this.#state.drain(this.#wakeUp.turn());
      this.#port.flush();
      if (this.#state.dispatcher.busy.size > 0) await this.#drain.wait();
      this.#state.shutDown(this.#wakeUp.turn());
      this.#port.flush();
      await this.#port.flushed(FLUSH_MS);
    }
    this.#wakeUp.close();
    this.#port.close();
    await this.#sockets.close();
    this.#security?.close();
    this.#port.emit('stopped', () => []);
    this.#phase = 'stopped';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** A snapshot of what it does and has counted. */
  stats(): BrokerStats {
    return {
      ...this.#summary(),
      endpoints: this.endpoints,
      listening: describeListening(this.#sockets.bound, this.#security),
      services: describeServices(this.#clock.now(), this.#state.dispatcher.services),
      outbox: this.#port.backlog,
    };
  }

  /**
   * The registered workers, one by one: a snapshot. How many there are in all, {@link stats} tells.
   *
   * @param most - no more than so many are told of, in no order: 0 to 1,000,000. Default 1,000
   * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`
   */
  workers(most?: number): WorkerStats[] {
    const allowed = integerOption('most', most, 1_000, 0, 1_000_000);
    return describeWorkers(this.#clock.now(), this.#state.connections, allowed);
  }

  /** What costs the same however many services and peers there are. */
  #summary(): Omit<BrokerStats, 'endpoints' | 'listening' | 'services' | 'outbox'> {
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
