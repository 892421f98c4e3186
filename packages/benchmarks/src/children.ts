// SPDX-License-Identifier: Apache-2.0
// children - the processes under measurement: started one by one, known by id, and gone when the harness is

import type { ChildProcess } from 'node:child_process';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { heard } from './heard.js';
import type { PhaseResult } from './open-load.js';

/** What a process has used so far. */
export interface Usage {
  /** Time on a processor, user and system, all threads, in microseconds. */
  readonly cpuUs: number;
  /** Resident memory, in bytes. */
  readonly rssBytes: number;
  /** What JavaScript's objects take, dead ones that are still to be collected included; only a process of ours tells. */
  readonly heapBytes?: number;
}

/** What the processes of this package tell the harness. */
export type ChildMessage =
  | { readonly type: 'ready'; readonly endpoint: string }
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'count'; readonly count: BrokerCount }
  | { readonly type: 'started' }
  | { readonly type: 'finished'; readonly result: LoadResult }
  | { readonly type: 'shares'; readonly shares: readonly Share[] }
  | { readonly type: 'phase'; readonly index: number }
  | { readonly type: 'course'; readonly phases: readonly PhaseResult[] }
  | { readonly type: 'settled' };

/** What the harness tells the processes of this package. */
export type HarnessMessage =
  | { readonly type: 'usage' }
  /** A broker is to say what it has counted. */
  | { readonly type: 'count' }
  /** From now on the handler takes so many milliseconds. */
  | { readonly type: 'handler'; readonly ms: number };

/** What a broker has counted. */
export interface BrokerCount {
  /** REQUESTs that came from clients. */
  readonly requests: number;
  /** REQUESTs that were given to workers. */
  readonly dispatched: number;
}

/** What the clients of one kind got together. */
export interface Share {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A message of one kind. */
export type MessageOf<T extends ChildMessage['type']> = Extract<ChildMessage, { type: T }>;

/** What a client process found. */
export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** What the slowest of them took. */
  readonly mostMs: number;
  /** What the client used while it measured, in microseconds. */
  readonly cpuUs: number;
  /** Its resident memory at the end, in bytes. */
  readonly rssBytes: number;
}

/** The longest that a process may take to be ready, in milliseconds. */
const READY_WITHIN_MS = 20_000;

/** How much of what a process writes to stderr is kept, in characters. */
const COMPLAINT_LENGTH = 4096;

const running = new Set<Child>();

/** Kill, at once, every process that was started here and is still running. */
export function killChildren(): void {
  for (const child of running) child.killNow();
}

/** See to it that no child outlives this process, however it ends short of SIGKILL. */
export function killChildrenOnExit(): void {
  process.once('exit', killChildren);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      killChildren();
      process.exit(1);
    });
  }
}

/** How a program is started that is not one of this package's own. */
export interface SpawnOptions {
  /** More variables of its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it starts programs itself, which are to end with it. Default false. */
  readonly group?: boolean;
}

/** A process that was started here. */
export class Child {
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #group: boolean;
  /** The end of what it wrote to stderr. */
  #complaint = '';

  private constructor(process: ChildProcess, name: string, group = false) {
    this.#process = process;
    this.#name = name;
    this.#group = group;
    running.add(this);
    process.once('exit', () => running.delete(this));
    process.once('error', () => running.delete(this));
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-COMPLAINT_LENGTH);
    });
  }

  /**
   * Start one of this package's own processes.
   *
   * @param script - the name of its file in `dist`, without `.js`
   * @param args - its command line
   */
  static fork(script: string, args: readonly string[]): Child {
    const path = fileURLToPath(new URL(`../dist/${script}.js`, import.meta.url));
    return new Child(fork(path, args, { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }), script);
  }

  /** Start any other program; what it prints goes nowhere, so that nobody has to read it. */
  static spawn(command: string, args: readonly string[], { env = {}, group = false }: SpawnOptions = {}): Child {
    const options = { stdio: 'ignore', env: { ...process.env, ...env }, detached: group } as const;
    return new Child(spawn(command, args, options), command, group);
  }

  /** Its process id; 0 when it could not be started. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /**
   * Wait for a message of one kind.
   *
   * @throws Error when the process ends first, or when `withinMs` have passed
   */
  async message<T extends ChildMessage['type']>(type: T, withinMs = READY_WITHIN_MS): Promise<MessageOf<T>> {
    try {
      return await heard(this.#process, type, withinMs);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${this.#name} ${why}\n${this.#complaint}`.trimEnd(), { cause: error });
    }
  }

  /** Ask one of this package's own processes what it has used so far. */
  async usage(): Promise<Usage> {
    const answer = this.message('usage');
    this.send({ type: 'usage' });
    return (await answer).usage;
  }

  /** Ask a broker of this package what it has counted so far. */
  async count(): Promise<BrokerCount> {
    const answer = this.message('count');
    this.send({ type: 'count' });
    return (await answer).count;
  }

  /** Tell one of this package's own processes something. */
  send(message: HarnessMessage): void {
    this.#process.send(message);
  }

  /** Kill it, and do not wait. */
  killNow(): void {
    const { pid } = this.#process;
    if (!this.#group || pid === undefined) {
      this.#process.kill('SIGKILL');
      return;
    }
    try {
      // The group has the number of the process that leads it.
      process.kill(-pid, 'SIGKILL');
    } catch (error) {
      // It ended a moment ago, and nobody has told us yet.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Kill it and wait until it is gone. It holds nothing that is worth an orderly end. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const exit = once(child, 'exit');
    this.killNow();
    await exit;
  }
}

/**
 * Wait until something listens on a port of this host.
 *
 * @throws Error after `withinMs` in vain
 */
export async function listening(port: number, withinMs = READY_WITHIN_MS): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => {
        resolve(false);
      });
    });
    if (open) return;
    if (performance.now() > deadline) throw new Error(`nothing listens on port ${String(port)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
