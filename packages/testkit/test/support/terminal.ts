// SPDX-License-Identifier: Apache-2.0
// terminal - a command line as a person types it into a terminal, ended by Ctrl+C

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { waitUntil } from '@mdp/testkit';
import { ROOT } from './documents.js';

/** What a terminal needs and Windows does not have: a group of processes that a signal reaches as one. */
export const hasTerminals = process.platform !== 'win32';

/** A command line that runs in a shell, with all the processes that it starts. */
export class Terminal implements AsyncDisposable {
  readonly #child: ChildProcess;
  #output = '';
  #code: number | null | undefined;

  /**
   * @param line - what is typed, in the folder of the repository
   * @param env - variables besides those of this process
   */
  constructor(
    readonly line: string,
    env: Readonly<Record<string, string>> = {},
  ) {
    this.#child = spawn(line, {
      cwd: ROOT,
      shell: true,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: undefined, NODE_ENV: undefined, JEST_WORKER_ID: undefined, ...env },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    this.#child.on('close', (code) => {
      this.#code = code;
    });
  }

  /** What all its processes wrote so far. */
  get output(): string {
    return this.#output;
  }

  /** Wait until what was written matches. */
  async shows(pattern: RegExp, timeoutMs = 30_000): Promise<RegExpMatchArray> {
    try {
      return await waitUntil(`${this.line} to show ${String(pattern)}`, () => pattern.exec(this.#output), timeoutMs);
    } catch (cause) {
      throw new Error(`${this.line} showed no ${String(pattern)}, but:\n${this.#output}`, { cause });
    }
  }

  /** Wait until the command line has ended by itself. */
  async end(timeoutMs = 30_000): Promise<number | null> {
    await waitUntil(`the end of ${this.line}: ${this.#output}`, () => this.#code !== undefined, timeoutMs);
    return this.#code ?? null;
  }

  /** Send all its processes a signal, as a terminal does. */
  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined || this.#code !== undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch (error) {
      // It may have ended in this moment.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Press Ctrl+C and wait until everything has ended. */
  async interrupt(): Promise<void> {
    this.#signal('SIGINT');
    await this.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal('SIGKILL');
    await this.end();
  }
}
