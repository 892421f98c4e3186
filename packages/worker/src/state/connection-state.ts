// SPDX-License-Identifier: Apache-2.0
// connection-state - the life of one registration: READY, its requests, heartbeats, and starting over, on any wire

import type { Frame } from '@mdp/protocol';
import { backoffMs } from '@mdp/protocol/internal';
import type { DisconnectReason, WorkerCounters } from '../stats.js';
import type { Orphans } from './orphans.js';
import type { ConnectionPort, Done, Inbound } from './port.js';
import type { ConnectionPhase, ConnectionSettings } from './settings.js';
import type { Task } from './task.js';
import { Tasks } from './tasks.js';

/** After how many invalid messages a broker is no longer listened to on a connection. */
const MAX_STRIKES = 4;

/** The state machine of one connection of a worker. Times are readings of one monotonic clock, in milliseconds. */
export class ConnectionState<T extends Task> {
  readonly #settings: ConnectionSettings;
  readonly #port: ConnectionPort<T>;
  readonly #counters: WorkerCounters;
  readonly #orphans: Orphans;
  readonly #tasks: Tasks<T>;
  #phase: 'stopped' | 'backoff' | 'connecting' | 'asking' | 'registered' = 'stopped';
  /** What follows the last FINAL. */
  #after: 'next' | 'renew' | 'stop' = 'next';
  /** Services that were taken back, and the broker has not confirmed it yet. */
  #unconfirmed: Set<string> | undefined;
  #attempts = 0;
  #strikes = 0;
  #sentAt = 0;
  #heardAt = 0;
  #connectedAt = 0;
  /** Until then nothing is begun: what has arrived may be another worker's by now. 0 when there is no doubt. */
  #doubtUntil = 0;
  /** When the next socket is to be opened, or the answer is no longer waited for. */
  #dueAt = 0;

  constructor(settings: ConnectionSettings, port: ConnectionPort<T>, counters: WorkerCounters, orphans: Orphans) {
    this.#settings = settings;
    this.#port = port;
    this.#counters = counters;
    this.#orphans = orphans;
    this.#tasks = new Tasks(port, counters, orphans, {
      spoke: (now) => {
        this.#sentAt = now;
      },
      ending: (now) => {
        this.#sentAt = now;
        // It was silent during the job, as it may be.
        if (settings.legacy) this.#heardAt = now;
      },
      ended: (now) => {
        if (this.#after === 'stop' && this.#tasks.running === 0) this.#stop();
        else if (this.#after === 'renew' && this.#tasks.size === 0) this.#renew(now, 'unexpected', true);
      },
    });
  }

  get phase(): ConnectionPhase {
    if (this.#phase !== 'registered') return this.#phase;
    return this.#tasks.size === 0 ? 'idle' : 'busy';
  }

  get #takesNoMore(): boolean {
    return this.#tasks.size >= this.#settings.capacity || this.#after !== 'next';
  }

  /** How many requests it holds. */
  get inFlight(): number {
    return this.#tasks.size;
  }

  /** Whether a request may come yet, now or on a later connection. */
  get expectant(): boolean {
    return this.#phase !== 'stopped' && this.#after !== 'stop';
  }

  /** Open the first socket, or the first one after {@link park}. */
  start(now: number): void {
    if (this.#orphans.tooMany) {
      this.#phase = 'backoff';
      this.#dueAt = now;
    } else {
      this.#open(now);
    }
  }

  /** A new socket, and READY as its first and only registration (MDP-W-04, MDP-W-05, MDP-W-06). */
  #open(now: number): void {
    this.#phase = 'connecting';
    this.#after = 'next';
    this.#unconfirmed = undefined;
    this.#strikes = 0;
    this.#doubtUntil = 0;
    this.#sentAt = this.#heardAt = now;
    if (!this.#port.open()) {
      this.#renew(now, 'socket', false);
    } else if (this.#settings.answerMs !== undefined) {
      this.#port.ask();
    } else {
      this.#counters.readys++;
      this.#port.ready();
    }
  }

  /** The transport stands. READY gets no answer: the worker is registered from here on (MDP-W-07). */
  connected(now: number): void {
    if (this.#phase !== 'connecting') return;
    if (this.#settings.answerMs === undefined) {
      this.#register(now);
    } else {
      this.#phase = 'asking';
      this.#dueAt = now + this.#settings.answerMs;
    }
  }

  #register(now: number): void {
    this.#phase = 'registered';
    this.#connectedAt = this.#heardAt = now;
    this.#port.registered();
  }

  /** What the broker that was asked has answered. Only a yes leads to a registration on this connection. */
  answered(now: number, yes: boolean): void {
    if (this.#settings.answerMs === undefined) return;
    if (this.#phase !== 'connecting' && this.#phase !== 'asking') return;
    if (!yes) {
      this.#decline('no');
      return;
    }
    this.#sentAt = now;
    this.#counters.readys++;
    this.#port.ready();
    this.#register(now);
  }

  #decline(answer: 'no' | 'silence'): void {
    this.#phase = 'stopped';
    this.#port.close(false);
    this.#port.declined(answer);
  }

  /** Another connection takes this one's place: have no socket until {@link start}. What stands is left alone. */
  park(): void {
    if (this.#phase === 'connecting') this.#port.close(false);
    if (this.#phase === 'connecting' || this.#phase === 'backoff') this.#phase = 'stopped';
  }

  /** The transport broke. While connecting, ZeroMQ tries again by itself and nothing has left yet. */
  unreachable(now: number): void {
    if (this.#phase === 'registered' || this.#phase === 'asking') this.#renew(now, 'unreachable', false);
  }

  /** The socket is of no use any more, whatever it was doing. */
  broken(now: number, reason: 'refused' | 'socket', detail?: string): void {
    if (this.#phase !== 'stopped' && this.#phase !== 'backoff') this.#renew(now, reason, false, detail);
  }

  /** A command of the broker. A REQUEST is only held: what lies behind it may call it back. See {@link flush}. */
  receive(now: number, message: Inbound<T>): void {
    if (this.#phase === 'stopped' || this.#phase === 'backoff') return;
    // Before READY nothing is expected but the answer.
    if (this.#phase !== 'registered' && this.#settings.answerMs !== undefined) return;
    if (message.type === 'invalid') {
      this.#strike(now);
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
      case 'request':
        if (this.#takesNoMore || !this.#tasks.add(message)) this.#refuse(now);
        return;
      case 'heartbeat':
        this.#counters.heartbeatsReceived++;
        return;
      case 'disconnect':
        this.#renew(now, 'disconnect', false); // MDP-W-09, MDP-W-10
        return;
      case 'credit':
        this.#tasks.grant(now, message.id, message.amount);
        return;
      case 'cancel':
        this.#tasks.cancel(now, message.id);
        return;
      case 'ready':
        if (message.credit > 0 || this.#unconfirmed?.delete(message.service) !== true) this.#strike(now);
        else if (this.#unconfirmed.size === 0) this.#stopAfterRunning();
        return;
      case 'stray':
        this.#refuse(now);
        return;
      default:
        this.#strike(now);
    }
  }

  /** It is no command of a broker, or says what cannot be. */
  #strike(now: number): void {
    this.#counters.dropped.invalid++; // MDP-W-02
    if (++this.#strikes >= MAX_STRIKES) this.#leave(now);
  }

  /** MDP-W-20: what runs is not given up for it; after the last FINAL we leave, and the broker takes this one back. */
  #refuse(now: number): void {
    this.#counters.dropped.second++;
    this.#leave(now);
  }

  /** All that had arrived was received: requests that are still held may begin. */
  flush(): void {
    if (this.#doubtUntil === 0) this.#tasks.flush();
  }

  /** See {@link Tasks.begin}. */
  begin(task: T): void {
    this.#tasks.begin(task);
  }

  /** See {@link Tasks.partial}. */
  partial(now: number, task: T, body: readonly Frame[], done: Done): boolean {
    return this.#tasks.partial(now, task, body, done);
  }

  /** See {@link Tasks.final}. */
  final(now: number, task: T, body: readonly Frame[], done: Done | undefined): boolean {
    return this.#tasks.final(now, task, body, done);
  }

  /** End a request without any reply: by DISCONNECT, which is the only way of a strict wire to say so. */
  withhold(now: number, task: T): boolean {
    if (!this.#tasks.withhold(now, task)) return false;
    this.#renew(now, 'failed', true);
    return true;
  }

  /** A handler whose request was lost has ended. */
  settled(): void {
    this.#orphans.count--;
  }

  /**
   * This process stood still from `since` to `now`, for longer than the broker waits. What a worker that was idle then
   * has received, and not begun, is another worker's by now. One that was executing, or has spoken since, may well be
   * the broker's choice still: its reply goes out, and the broker judges it by its token. What has come beside it is not
   * begun before the broker had time to say that it has given up this connection: it answers a HEARTBEAT by DISCONNECT then.
   */
  stalled(now: number, since: number): void {
    if (this.#phase === 'asking') this.#dueAt = Math.max(this.#dueAt, now + (this.#settings.answerMs ?? 0));
    if (this.#phase !== 'registered' && this.#phase !== 'connecting') return;
    this.#heardAt = now;
    if (this.#settings.legacy) return;
    if (this.#tasks.running > 0 || this.#sentAt > since) {
      if (this.#phase === 'registered' && this.#settings.doubtMs > 0) this.#doubt(now);
      return;
    }
    // A READY that had not left when the process stood still may have left meanwhile; a question needs no farewell.
    this.#renew(now, 'stalled', this.#phase === 'registered' || this.#settings.answerMs === undefined);
  }

  #doubt(now: number): void {
    this.#doubtUntil = now + this.#settings.doubtMs;
    this.#sentAt = now;
    this.#port.heartbeat();
  }

  /** Do what is due. All input that had arrived must have been received before. */
  tick(now: number): void {
    if (this.#doubtUntil > 0 && now >= this.#doubtUntil) {
      this.#doubtUntil = 0;
      this.#tasks.flush();
    }
    if (this.#phase === 'backoff') {
      if (now >= this.#dueAt && !this.#orphans.tooMany) this.#open(now);
    } else if (this.#phase === 'asking') {
      if (now >= this.#dueAt) this.#decline('silence');
    } else if (this.#phase === 'registered') {
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
        return this.#orphans.tooMany ? Infinity : this.#dueAt;
      case 'asking':
        return this.#dueAt;
      case 'registered':
        return Math.min(
          this.#sentAt + this.#settings.intervalMs,
          this.#silentAt(),
          this.#doubtUntil > 0 ? this.#doubtUntil : Infinity,
        );
    }
  }

  #silentAt(): number {
    const judged = this.#tasks.size === 0 || !this.#settings.legacy;
    return judged ? this.#heardAt + this.#settings.expiryMs : Infinity;
  }

  /**
   * Stop as soon as what runs has ended.
   *
   * @param graceful - where the broker confirms it, take the services back first, and serve what still comes until then
   */
  drain(graceful = true): void {
    if (this.#phase === 'stopped' || this.#unconfirmed !== undefined) return;
    const { confirmed } = this.#settings;
    if (graceful && confirmed.length > 0 && this.#phase === 'registered' && this.#after === 'next') {
      this.#unconfirmed = new Set(confirmed);
      this.#port.withdraw();
    } else {
      this.#stopAfterRunning();
    }
  }

  #stopAfterRunning(): void {
    if (this.#tasks.running > 0) this.#after = 'stop';
    else this.#stop();
  }

  /** Stop now. */
  abandon(): void {
    if (this.#phase !== 'stopped') this.#stop();
  }

  /** The broker broke the rules: leave it, after the running requests. */
  #leave(now: number): void {
    if (this.#tasks.size === 0) this.#renew(now, 'unexpected', true);
    else if (this.#after === 'next') this.#after = 'renew';
  }

  /** The last command is DISCONNECT (MDP-W-08); where READY has not left yet, it is taken back instead. */
  #stop(): void {
    const phase = this.#phase;
    this.#tasks.lose('stopped');
    this.#phase = 'stopped';
    if (phase === 'backoff') return;
    const registered = phase === 'registered';
    if (registered) this.#port.disconnect();
    this.#port.close(registered);
    this.#counters.disconnects.stopped++;
    this.#port.lost('stopped');
  }

  /**
   * End this connection and schedule the next.
   *
   * @param farewell - the broker is told by DISCONNECT; after its own DISCONNECT nothing more may be sent
   * @param detail - why it was refused
   */
  #renew(now: number, reason: DisconnectReason, farewell: boolean, detail?: string): void {
    const stopping = this.#after === 'stop' || this.#unconfirmed !== undefined;
    this.#tasks.lose(reason);
    if (farewell) this.#port.disconnect();
    this.#port.close(farewell);
    this.#counters.disconnects[reason]++;
    if (stopping) {
      this.#phase = 'stopped';
      this.#port.lost(reason, detail);
      return;
    }
    // What was no broker's fault is no reason to wait longer than the last time.
    if (reason === 'failed' || reason === 'stalled') this.#attempts = 0;
    const delayMs = backoffMs(++this.#attempts, this.#settings.backoff, this.#settings.random);
    this.#phase = 'backoff';
    this.#dueAt = now + delayMs;
    this.#port.lost(reason, detail);
    this.#port.reconnecting(this.#attempts, delayMs);
  }
}
