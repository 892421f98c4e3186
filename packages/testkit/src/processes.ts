// SPDX-License-Identifier: Apache-2.0
// processes - real processes that tests start, talk to line by line, freeze, kill and clear away

import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DEADLINE_MS, waitUntil } from './wait.js';

/** Where and with what a process runs. */
export interface ProcessOptions {
  /** The folder that it runs in. Default: this process's own. */
  readonly cwd?: string;
  /** Environment variables besides those of this process; `undefined` takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** How a process ended: one of the two is not null. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One line of a process's standard output: a JSON object with the name of what happened. */
export type ProcessEvent = Readonly<Record<string, unknown>> & { readonly event: string };

function environment(options: ProcessOptions): NodeJS.ProcessEnv {
  // What the test runner sets for itself (loader flags, its own kind of environment) is not for others.
  return { ...process.env, NODE_OPTIONS: undefined, NODE_ENV: undefined, JEST_WORKER_ID: undefined, ...options.env };
}

/**
 * A process that reports by writing one JSON object a line, `{"event":"…"}`, and takes orders as JSON lines on its standard
 * input. It is expected to exit when its standard input ends, so that none outlives the test.
 */
export class TestProcess implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #events: ProcessEvent[] = [];
  readonly #command: string;
  #stdout = '';
  #stderr = '';
  #end: ProcessEnd | undefined;
  /** Resolves when the process has ended, however it did. */
  readonly exited: Promise<ProcessEnd>;

  /**
   * Start it.
   *
   * @param command - the program
   * @param args - its arguments
   */
  constructor(command: string, args: readonly string[] = [], options: ProcessOptions = {}) {
    this.#command = [command, ...args].join(' ');
    this.#child = spawn(command, args, { cwd: options.cwd, env: environment(options), stdio: 'pipe' });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    // An order may cross the end of the process; what counts is how it ended.
    this.#child.stdin.on('error', (error) => {
      this.#stderr += `stdin: ${error.message}\n`;
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#read(line);
    });
    this.exited = new Promise((resolve) => {
      const settle = (end: ProcessEnd): void => {
        this.#end = end;
        resolve(end);
      };
      this.#child.on('error', (error) => {
        this.#stderr += `${error.message}\n`;
        if (this.#child.pid === undefined) settle({ code: 127, signal: null });
      });
      this.#child.on('close', (code, signal) => {
        settle({ code, signal });
      });
    });
  }

  /** Start a script with the same Node.js as this process's. */
  static node(script: string, args: readonly string[] = [], options: ProcessOptions = {}): TestProcess {
    return new TestProcess(process.execPath, [script, ...args], options);
  }

  #read(line: string): void {
    this.#stdout += `${line}\n`;
    if (line.startsWith('{"event":')) this.#events.push(JSON.parse(line) as ProcessEvent);
  }

  /** The number that the operating system knows it by. */
  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Whether it still runs (or stands still). */
  get alive(): boolean {
    return this.#end === undefined;
  }

  /** What it wrote to its standard output so far. */
  get stdout(): string {
    return this.#stdout;
  }

  /** What it wrote to its standard error so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** The events so far, in order; with a name only those of that name. */
  events(name?: string): ProcessEvent[] {
    return name === undefined ? [...this.#events] : this.#events.filter((event) => event.event === name);
  }

  /**
   * Wait for an event.
   *
   * @param name - which
   * @param timeoutMs - after so long without it the wait fails
   * @param nth - the first one is 1
   * @throws Error when the process ends before, with what it wrote to its standard error
   */
  async event(name: string, timeoutMs = DEADLINE_MS, nth = 1): Promise<ProcessEvent> {
    return this.until(`the event ${name} (${String(nth)})`, () => this.events(name)[nth - 1], timeoutMs);
  }

  /**
   * Wait for a condition that the process brings about.
   *
   * @param what - what is waited for, for the error
   * @throws Error when the process ends before, with what it wrote to its standard error
   */
  async until<T>(what: string, condition: () => T, timeoutMs = DEADLINE_MS): Promise<NonNullable<T>> {
    return waitUntil(
      `${what} of ${this.#command}`,
      () => {
        const answer = condition();
        if (!answer && this.#end !== undefined) {
          throw new Error(`${this.#command} ended before ${what}: ${this.#stderr}`);
        }
        return answer;
      },
      timeoutMs,
    );
  }

  /** Give it an order: one JSON line on its standard input. */
  tell(order: Readonly<Record<string, unknown>>): void {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
  }

  /** Say that no order will follow: its standard input ends. */
  endInput(): void {
    this.#child.stdin.end();
  }

  /** Send it a signal: `SIGTERM`, `SIGKILL`, and where the system has them `SIGSTOP` and `SIGCONT`. */
  signal(signal: NodeJS.Signals): void {
    if (this.alive) this.#child.kill(signal);
  }

  /** End it at once and wait until it is gone. */
  async kill(): Promise<ProcessEnd> {
    this.signal('SIGKILL');
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** What came of a program that was run to its end. */
export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/**
 * Run a program to its end.
 *
 * @throws Error with all that it wrote, when its exit code is not 0
 */
export async function run(
  command: string,
  args: readonly string[],
  options: ProcessOptions & { readonly allowFailure?: boolean } = {},
): Promise<RunResult> {
  const start = performance.now();
  const child = new TestProcess(command, args, options);
  child.endInput();
  const end = await child.exited;
  const result = {
    code: end.code ?? 1,
    stdout: child.stdout,
    stderr: child.stderr,
    ms: performance.now() - start,
  };
  if (result.code !== 0 && options.allowFailure !== true) {
    const how = end.signal ?? String(end.code);
    throw new Error(`${[command, ...args].join(' ')} ended with ${how}\n${result.stdout}${result.stderr}`);
  }
  return result;
}
