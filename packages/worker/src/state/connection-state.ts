// SPDX-License-Identifier: Apache-2.0
// connection-state - the life of one registration: READY, one request at a time, heartbeats, and starting over

import type { Frame, InvalidMessage, WorkerInbound, WorkerRequest } from '@mdp/protocol';
import type { BackoffOptions } from '@mdp/protocol/internal';
import { backoffMs } from '@mdp/protocol/internal';
import type { DisconnectReason, WorkerCounters } from '../stats.js';
import type { ConnectionPort, Done } from './port.js';

/** What governs a connection. */
export interface ConnectionSettings {
  /** A HEARTBEAT is due when nothing was sent for so long, in milliseconds. */
  readonly intervalMs: number;
  /** The broker is lost when nothing came for so long, in milliseconds. */
  readonly expiryMs: number;
  /** How long to wait before a new socket. */
  readonly backoff: BackoffOptions;
  /**
   * The broker speaks a legacy dialect. Such brokers send no HEARTBEAT to a worker that holds a request, and never give
   * its request to another one.
   */
  readonly legacy: boolean;
  /** Numbers from 0 to 1, for jitter. */
  readonly random: () => number;
}

/**
 * Where a connection stands.
 *
 * ```text
 * stopped --start--> connecting --connected, or any command--> idle <--FINAL, REQUEST--> busy
 *            backoff --time--> connecting          idle, busy --DISCONNECT, silence, break--> backoff
 *            any --drain--> stopped (busy: after its FINAL)       any --abandon--> stopped
 * ```
 *
 * - `stopped`: no socket, and none to come
 * - `backoff`: no socket; a new one when the wait is over
 * - `connecting`: READY was given to the socket; nothing is expected of the broker before the transport stands, and
 *   no HEARTBEAT is sent
 * - `idle`: registered, as far as RFC 18 lets a worker know
 * - `busy`: holds a request
 */
export type ConnectionPhase = 'stopped' | 'backoff' | 'connecting' | 'idle' | 'busy';

/** `held`: not handed over yet; `offered`: handed over, not begun; `running`: being executed. */
type Stage = 'held' | 'offered' | 'running';

/** After how many invalid messages a broker is no longer listened to on a connection. */
const MAX_STRIKES = 4;

/** A lost handler may overlap with one successor; with more of them, no new request is asked for. */
const MAX_ORPHANS = 1;

/** The state machine of one connection of a worker. Times are readings of one monotonic clock, in milliseconds. */
export class ConnectionState {
  readonly #settings: ConnectionSettings;
  readonly #port: ConnectionPort;
  readonly #counters: WorkerCounters;
  #phase: ConnectionPhase = 'stopped';
  #request: WorkerRequest | undefined;
  #stage: Stage = 'held';
  /** What follows the FINAL of the running request. */
  #after: 'next' | 'renew' | 'stop' = 'next';
  #attempts = 0;
  #strikes = 0;
  #orphans = 0;
  #sentAt = 0;
  #heardAt = 0;
  #connectedAt = 0;
  #openAt = 0;

  constructor(settings: ConnectionSettings, port: ConnectionPort, counters: WorkerCounters) {
    this.#settings = settings;
    this.#port = port;
    this.#counters = counters;
  }

  get phase(): ConnectionPhase {
    return this.#phase;
  }

  /** How many handlers still run whose request is lost. */
  get orphans(): number {
    return this.#orphans;
  }

  /** Open the first socket. */
  start(now: number): void {
    this.#open(now);
  }

  /** A new socket, and READY as its first and only registration (MDP-W-04, MDP-W-05, MDP-W-06). */
  #open(now: number): void {
    this.#phase = 'connecting';
    this.#after = 'next';
    this.#strikes = 0;
    this.#sentAt = this.#heardAt = now;
    if (!this.#port.open()) {
      this.#renew(now, 'socket', false);
      return;
    }
    this.#counters.readys++;
    this.#port.ready();
  }

  /** The transport stands. READY gets no answer: the worker is registered from here on (MDP-W-07). */
  connected(now: number): void {
    if (this.#phase !== 'connecting') return;
    this.#phase = 'idle';
    this.#connectedAt = this.#heardAt = now;
    this.#port.registered();
  }

  /** The transport broke. While connecting, ZeroMQ tries again by itself and READY has not left yet. */
  unreachable(now: number): void {
    if (this.#phase === 'idle' || this.#phase === 'busy') this.#renew(now, 'unreachable', false);
  }

  /** The socket is of no use any more, whatever it was doing. */
  broken(now: number, reason: 'refused' | 'socket'): void {
    if (this.#phase !== 'stopped' && this.#phase !== 'backoff') this.#renew(now, reason, false);
  }

  /** A message from the broker. A REQUEST is only held: what lies behind it may call it back. See {@link flush}. */
  receive(now: number, message: WorkerInbound | InvalidMessage): void {
    if (this.#phase === 'stopped' || this.#phase === 'backoff') return;
    if (message.type === 'invalid') {
      this.#counters.dropped.invalid++; // MDP-W-02
      if (++this.#strikes >= MAX_STRIKES) this.#leave(now);
      return;
    }
    if (this.#phase === 'connecting') {
      this.connected(now);
      // Who hears of it may stop the worker at once: then this came after our DISCONNECT.
      if (this.phase === 'stopped') {
        if (message.type === 'request') this.#counters.dropped.refused++;
        return;
      }
    }
    this.#heardAt = now; // MDP-W-22
    if (now - this.#connectedAt >= this.#settings.intervalMs) this.#attempts = 0;
    switch (message.type) {
      case 'heartbeat':
        this.#counters.heartbeatsReceived++;
        return;
      case 'disconnect':
        this.#renew(now, 'disconnect', false); // MDP-W-09, MDP-W-10
        return;
      case 'request':
        if (this.#phase === 'busy') {
          // MDP-W-20: the one that runs is not given up for it; after its FINAL we leave, and the broker takes this one back.
          this.#counters.dropped.second++;
          this.#leave(now);
          return;
        }
        this.#phase = 'busy';
        this.#request = message;
        this.#stage = 'held';
    }
  }

  /** All that had arrived was received: a request that is still held may begin. */
  flush(): void {
    const request = this.#request;
    if (request === undefined || this.#stage !== 'held') return;
    this.#stage = 'running';
    this.#counters.requests++;
    // A handler may end within start().
    if (!this.#port.start(request) && this.#request === request) {
      this.#counters.requests--;
      this.#stage = 'offered';
    }
  }

  /** The request with this token, which was handed over, begins. */
  begin(token: Frame): void {
    if (this.#request?.token !== token || this.#stage !== 'offered') return;
    this.#counters.requests++;
    this.#stage = 'running';
  }

  /**
   * Send a PARTIAL of the request with this token (MDP-W-16, MDP-W-18).
   *
   * @returns false when that request is lost; the PARTIAL is dropped and counted
   */
  partial(now: number, token: Frame, body: readonly Frame[], done: Done): boolean {
    if (!this.#isCurrent(token)) return false;
    this.#sentAt = now;
    this.#counters.partials++;
    this.#port.reply('partial', token, body, done);
    return true;
  }

  /**
   * Send the one FINAL of the request with this token (MDP-W-17, MDP-W-18).
   *
   * @returns false when that request is lost; the FINAL is dropped and counted
   */
  final(now: number, token: Frame, body: readonly Frame[], done: Done | undefined): boolean {
    if (!this.#isCurrent(token)) return false;
    this.#finished(now);
    this.#counters.finals++;
    this.#port.reply('final', token, body, done);
    if (this.#after === 'stop') this.#stop();
    else if (this.#after === 'renew') this.#renew(now, 'unexpected', true);
    return true;
  }

  /** End the request with this token without any reply: by DISCONNECT, which is the only way to say so. */
  withhold(now: number, token: Frame): boolean {
    if (!this.#isCurrent(token)) return false;
    this.#finished(now);
    this.#counters.dropped.withheld++;
    this.#renew(now, 'failed', true);
    return true;
  }

  #isCurrent(token: Frame): boolean {
    if (this.#request?.token === token && this.#stage === 'running') return true;
    this.#counters.dropped.replies++;
    return false;
  }

  #finished(now: number): void {
    this.#request = undefined;
    this.#phase = 'idle';
    this.#sentAt = now;
    // It was silent during the job, as it may be.
    if (this.#settings.legacy) this.#heardAt = now;
  }

  /** A handler whose request was lost has ended. */
  settled(): void {
    this.#orphans--;
  }

  /**
   * This process stood still from `since` to `now`, for longer than the broker waits. What a worker that was idle then
   * has received, and not begun, is another worker's by now. One that was executing, or has spoken since, may well be
   * the broker's choice still: its reply goes out, and the broker judges it by its token.
   */
  stalled(now: number, since: number): void {
    if (this.#phase === 'stopped' || this.#phase === 'backoff') return;
    this.#heardAt = now;
    const executed = this.#request !== undefined && this.#stage === 'running';
    if (this.#settings.legacy || executed || this.#sentAt > since) return;
    this.#renew(now, 'stalled', true);
  }

  /** Do what is due. All input that had arrived must have been received before. */
  tick(now: number): void {
    if (this.#phase === 'backoff') {
      if (now >= this.#openAt && this.#orphans <= MAX_ORPHANS) this.#open(now);
    } else if (this.#phase === 'idle' || this.#phase === 'busy') {
      if (now >= this.#silentAt()) {
        this.#renew(now, 'silent', false); // MDP-W-25, MDP-W-26
      } else if (now >= this.#sentAt + this.#settings.intervalMs) {
        this.#sentAt = now; // MDP-W-21, MDP-W-23, MDP-W-24
        this.#port.heartbeat();
      }
    }
  }

  /** When {@link tick} has something to do; `Infinity` when never. */
  nextDeadline(): number {
    switch (this.#phase) {
      case 'stopped':
      case 'connecting':
        return Infinity;
      case 'backoff':
        return this.#orphans <= MAX_ORPHANS ? this.#openAt : Infinity;
      case 'idle':
      case 'busy':
        return Math.min(this.#sentAt + this.#settings.intervalMs, this.#silentAt());
    }
  }

  #silentAt(): number {
    const judged = this.#phase === 'idle' || !this.#settings.legacy;
    return judged ? this.#heardAt + this.#settings.expiryMs : Infinity;
  }

  /** Stop as soon as what runs has ended. */
  drain(): void {
    if (this.#phase === 'stopped') return;
    if (this.#request !== undefined && this.#stage === 'running') this.#after = 'stop';
    else this.#stop();
  }

  /** Stop now. */
  abandon(): void {
    if (this.#phase !== 'stopped') this.#stop();
  }

  /** The broker broke the rules: leave it, after the running request. */
  #leave(now: number): void {
    if (this.#request === undefined) this.#renew(now, 'unexpected', true);
    else if (this.#after === 'next') this.#after = 'renew';
  }

  /** The last command is DISCONNECT (MDP-W-08); where READY has not left yet, it is taken back instead. */
  #stop(): void {
    const phase = this.#phase;
    this.#drop('stopped');
    this.#phase = 'stopped';
    if (phase === 'backoff') return;
    if (phase !== 'connecting') this.#port.disconnect();
    this.#port.close(phase !== 'connecting');
    this.#counters.disconnects.stopped++;
    this.#port.lost('stopped');
  }

  /**
   * End this connection and schedule the next.
   *
   * @param farewell - the broker is told by DISCONNECT; after its own DISCONNECT nothing more may be sent
   */
  #renew(now: number, reason: DisconnectReason, farewell: boolean): void {
    const stopping = this.#after === 'stop';
    this.#drop(reason);
    if (farewell) this.#port.disconnect();
    this.#port.close(farewell);
    this.#counters.disconnects[reason]++;
    if (stopping) {
      this.#phase = 'stopped';
      this.#port.lost(reason);
      return;
    }
    // What was no broker's fault is no reason to wait longer than the last time.
    if (reason === 'failed' || reason === 'stalled') this.#attempts = 0;
    const delayMs = backoffMs(++this.#attempts, this.#settings.backoff, this.#settings.random);
    this.#phase = 'backoff';
    this.#openAt = now + delayMs;
    this.#port.lost(reason);
    this.#port.reconnecting(this.#attempts, delayMs);
  }

  /** The request at hand, if there is one, is lost. */
  #drop(reason: DisconnectReason): void {
    if (this.#request === undefined) return;
    this.#request = undefined;
    if (this.#stage !== 'running') {
      if (reason === 'stopped') this.#counters.dropped.refused++;
      else this.#counters.dropped.stale++;
    }
    if (this.#stage !== 'held' && this.#port.abort(reason)) this.#orphans++;
  }
}
