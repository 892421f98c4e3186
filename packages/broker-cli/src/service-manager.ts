// SPDX-License-Identifier: Apache-2.0
// service-manager - tells systemd how the broker is, by the protocol of sd_notify(3)

import { counted } from './counted.js';
import type { Log } from './logger.js';
import { NotifyShell } from './notify-shell.js';
import { printable } from './printable.js';
import type { Listening } from './served-broker.js';
import type { Totals } from './totals.js';
import type { Environment } from './variables.js';
import { variable } from './variables.js';

/** What the end of a broker may take beyond its drain, in milliseconds: slow readers, sockets, threads, the last lines. */
const CLOSING_MS = 10_000;

/** The shortest and the longest time between two signs of life, in milliseconds. */
const BEAT_MS = { min: 50, max: 2 ** 31 - 1 };

/**
 * How often systemd wants a sign of life, in milliseconds: twice within its `WatchdogSec=`. Undefined when it wants none, or wants it
 * from another process.
 */
export function watchdogMs(env: Environment, pid: number): number | undefined {
  const text = variable(env, 'WATCHDOG_USEC') ?? '';
  const whose = variable(env, 'WATCHDOG_PID');
  if (!/^[1-9]\d*$/.test(text) || (whose !== undefined && whose !== String(pid))) return undefined;
  return Math.min(Math.max(Number(text) / 1000 / 2, BEAT_MS.min), BEAT_MS.max);
}

/** What `systemctl status` shows of a broker that has begun to serve. */
export function listeningStatus(listening: readonly Listening[]): string {
  return `listening on ${printable(listening.flatMap(({ endpoints }) => endpoints).join(' '), 300)}`;
}

function figures({ requests, counters }: Totals): string {
  const { running, queued } = requests;
  return `${counted(running, 'request')} running, ${counted(queued, 'request')} waiting, ${counted(counters.requests, 'request')} in all`;
}

type Phase = 'starting' | 'ready' | 'reloading' | 'stopping';

/** Whoever has started this process and wants to hear of it; without `NOTIFY_SOCKET` nobody, and nothing here does anything. */
export class ServiceManager {
  readonly #env: Environment;
  readonly #log: Log;
  readonly #listens: boolean;
  readonly #shell: NotifyShell;
  #phase: Phase = 'starting';
  #toReload = false;
  #beating = false;
  #timer: NodeJS.Timeout | undefined;
  /** One is sent after the other. */
  #sent: Promise<void> = Promise.resolve();
  #complained = false;

  /**
   * @param env - the variables that systemd has set: `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`
   * @param log - is told when systemd cannot be told
   */
  constructor(env: Environment, log: Log) {
    this.#env = env;
    this.#log = log;
    this.#shell = new NotifyShell({ ...env });
    this.#listens = variable(env, 'NOTIFY_SOCKET') !== undefined;
  }

  /**
   * Every endpoint is bound. From now on systemd gets its signs of life, if it wants any.
   *
   * @param status - for `systemctl status`, on one line
   * @param alive - resolves as soon as every thread has answered; a thread that hangs keeps the sign of life back
   */
  ready(status: string, alive: () => Promise<Totals>): void {
    this.#phase = 'ready';
    this.#tell('READY=1', `STATUS=${status}`);
    const everyMs = this.#listens ? watchdogMs(this.#env, process.pid) : undefined;
    if (everyMs === undefined) return;
    this.#timer = setInterval(() => {
      void this.#beat(alive);
    }, everyMs).unref();
  }

  /**
   * Tell of a reload, and of its end. Before the broker is ready, and while it stops, systemd hears nothing: a READY=1 would
   * mean something else then.
   *
   * @param done - resolves when everything has been read again
   */
  async reloading(done: () => Promise<unknown>): Promise<void> {
    this.#toReload = true;
    if (this.#phase !== 'ready') return;
    this.#phase = 'reloading';
    // One that comes meanwhile gets an answer of its own: systemd may wait for it.
    while (this.#toReload && this.#is('reloading')) {
      this.#toReload = false;
      // systemd 253 and newer match the two by the time (Type=notify-reload); older ones pass it over.
      this.#tell('RELOADING=1', `MONOTONIC_USEC=${String(process.hrtime.bigint() / 1000n)}`);
      await done();
      if (this.#is('reloading')) this.#tell('READY=1');
      await this.#sent;
    }
    if (this.#is('reloading')) this.#phase = 'ready';
  }

  /** Asked anew after everything that takes time: it may have been told to stop meanwhile. */
  #is(phase: Phase): boolean {
    return this.#phase === phase;
  }

  /**
   * The broker stops. systemd is asked for the time that this may take, so that `--drain` holds, whatever `TimeoutStopSec=` says.
   *
   * @param running - requests that are waited for
   * @param drainMs - for how long, at most
   */
  stopping(running: number, drainMs: number): void {
    this.#phase = 'stopping';
    const extended = `EXTEND_TIMEOUT_USEC=${String(Math.ceil(drainMs + CLOSING_MS) * 1000)}`;
    this.#tell('STOPPING=1', `STATUS=stopping: ${counted(running, 'request')} running`, extended);
  }

  /** No more signs of life; resolves when everything has been sent, or given up. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sent;
    this.#shell.close();
  }

  /** While one waits for its answer there is no other: systemd is to notice that. */
  async #beat(alive: () => Promise<Totals>): Promise<void> {
    if (this.#beating) return;
    this.#beating = true;
    const totals = await alive();
    // What stops has a status of its own.
    this.#tell('WATCHDOG=1', ...(this.#is('stopping') ? [] : [`STATUS=${figures(totals)}`]));
    await this.#sent;
    this.#beating = false;
  }

  #tell(...assignments: readonly string[]): void {
    if (!this.#listens) return;
    this.#sent = this.#sent.then(async () => {
      const fault = await this.#shell.send(assignments);
      if (fault !== undefined && !this.#complained) {
        const what = `systemd could not be told ${assignments[0] ?? ''}: ${printable(fault, 500)}`;
        this.#log.log('warn', 'notifyFailed', what, { assignments, fault });
      }
      this.#complained = fault !== undefined;
    });
  }
}
