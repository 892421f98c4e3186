// SPDX-License-Identifier: Apache-2.0
// names - a host name in an endpoint stands for all addresses that it has: looked up, and looked up again

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { backoffMs } from '../backoff.js';

/** The most addresses that one name stands for. */
const MOST_ADDRESSES = 64;

/** How long a name is not looked up again, whoever asks for it, in milliseconds. */
const GAP_MS = 1_000;

/** The longest pause after failures, in milliseconds. */
const LONGEST_PAUSE_MS = 30_000;

/** Finds the IPv4 addresses of a host. */
export type LookUp = (host: string) => Promise<readonly string[]>;

/** What a client or a worker does about names: nothing but hand them to ZeroMQ, or connect to every address. */
export type NamesOption = 'all' | 'one';

/** Ask the operating system, as every other program does: `/etc/hosts` counts, too. Sockets here are of IPv4. */
export const systemLookUp: LookUp = async (host) => {
  const found = await lookup(host, { all: true, family: 4 });
  return found.map(({ address }) => address);
};

interface HostAndPort {
  readonly host: string;
  readonly port: string;
}

function split(endpoint: string): HostAndPort | undefined {
  // What has a `;` names the own address, too, and brackets are for IPv6: that is for ZeroMQ to read.
  const [, host, port] = /^tcp:\/\/([^\s;:[\]*/]+):(\d+)$/.exec(endpoint) ?? [];
  if (host === undefined || port === undefined || isIP(host) !== 0 || host.toLowerCase() === 'localhost') {
    return undefined;
  }
  return { host, port };
}

/** Whether an endpoint has a name that may stand for several addresses: not an IP address, not `localhost`. */
export function isNamed(endpoint: string): boolean {
  return split(endpoint) !== undefined;
}

/** Who wants to know. Nothing is told after {@link WatchedName.close}. */
export interface NameHost {
  /** These are the endpoints, one or more, each once. They may be the same as before. */
  found(endpoints: readonly string[]): void;
  /** They could not be looked up, for this reason in plain words: what was known before is still the best guess. */
  failed(reason: string): void;
  /** Whether somebody waits, so that the process should live on until the next try. */
  waits(): boolean;
}

/** When a name is looked up. */
export interface NameOptions {
  /** How often it is looked up anyhow, in milliseconds; 0 = only when somebody asks for it. */
  readonly intervalMs: number;
  readonly lookUp?: LookUp;
  /** A source of numbers from 0 (inclusive) to 1 (exclusive), for the jitter. */
  readonly random?: () => number;
}

/**
 * One name, looked up at the start, again when it is asked for, and from time to time; never twice at once, and not more
 * than once in a second. After a failure it is tried again, with growing pauses.
 */
export class WatchedName {
  readonly #host: NameHost;
  readonly #name: HostAndPort;
  readonly #intervalMs: number;
  readonly #lookUp: LookUp;
  readonly #random: () => number;
  #phase: 'new' | 'looking' | 'gap' | 'resting' | 'failed' | 'closed' = 'new';
  #wanted = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param endpoint - one that {@link isNamed} */
  constructor(endpoint: string, options: NameOptions, host: NameHost) {
    this.#name = split(endpoint) as HostAndPort;
    this.#host = host;
    this.#intervalMs = options.intervalMs;
    this.#lookUp = options.lookUp ?? systemLookUp;
    this.#random = options.random ?? Math.random;
  }

  /** Look it up, if that was not begun before. */
  start(): void {
    if (this.#phase === 'new') this.#look();
  }

  /** Something says that the addresses may have changed. */
  refresh(): void {
    if (this.#phase === 'resting') this.#look();
    else if (this.#phase === 'gap') this.#wanted = true;
  }

  /** Look up no more. */
  close(): void {
    this.#phase = 'closed';
    clearTimeout(this.#timer);
  }

  #look(): void {
    clearTimeout(this.#timer);
    this.#phase = 'looking';
    this.#wanted = false;
    this.#lookUp(this.#name.host).then(this.#found, this.#failed);
  }

  readonly #found = (addresses: readonly string[]): void => {
    if (this.#phase === 'closed') return;
    const all = [...new Set(addresses)];
    if (all.length === 0) {
      this.#failed(new Error('it has no IPv4 address'));
      return;
    }
    // Always the same ones of too many, in whatever order they come.
    const some = all.length > MOST_ADDRESSES ? all.sort().slice(0, MOST_ADDRESSES) : all;
    this.#failures = 0;
    this.#phase = 'gap';
    this.#arm(GAP_MS, this.#afterGap);
    this.#host.found(some.map((address) => `tcp://${address}:${this.#name.port}`));
  };

  readonly #failed = (error: unknown): void => {
    if (this.#phase === 'closed') return;
    this.#failures += 1;
    this.#phase = 'failed';
    this.#host.failed(`${this.#name.host} could not be looked up: ${whyNot(error)}`);
    const pauseMs = backoffMs(this.#failures, { baseMs: GAP_MS, maxMs: LONGEST_PAUSE_MS }, this.#random);
    this.#arm(pauseMs, this.#again);
  };

  readonly #again = (): void => {
    this.#look();
  };

  readonly #afterGap = (): void => {
    if (this.#wanted) {
      this.#look();
      return;
    }
    this.#phase = 'resting';
    if (this.#intervalMs > 0) this.#arm(Math.max(0, this.#intervalMs - GAP_MS), this.#again);
  };

  #arm(ms: number, then: () => void): void {
    this.#timer = setTimeout(then, ms);
    if (!this.#host.waits()) this.#timer.unref();
  }
}

function whyNot(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code === 'ENOTFOUND') return 'there is no such name (ENOTFOUND)';
  return typeof code === 'string' ? code : String(message);
}
