// SPDX-License-Identifier: Apache-2.0
// pty - runs mdp-broker on a terminal of its own, and reads the page that it draws

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { TestProcess } from '@mdp/testkit';
import { BIN } from './cli.js';

const SCRIPT = fileURLToPath(new URL('terminal.py', import.meta.url));

/** Terminals for tests come from Python's standard library: Node.js itself makes none. */
export const HAS_PTY =
  process.platform !== 'win32' && spawnSync('python3', ['-c', 'import fcntl, pty, termios']).status === 0;

/** What stands before and behind each drawing of a page. */
const DRAWING = /\u001b\[\?2026h((?:(?!\u001b\[\?2026[hl])[^])*)\u001b\[\?2026l/g;

/** A program on a terminal. */
export class PtyProcess implements AsyncDisposable {
  readonly #child: TestProcess;

  /**
   * Start `mdp-broker` there.
   *
   * @param size - of the terminal: rows and columns
   */
  constructor(size: readonly [number, number], args: readonly string[], env: Record<string, string>) {
    const command = [SCRIPT, ...size.map(String), process.execPath, BIN, ...args];
    this.#child = new TestProcess('python3', command, { env: { TERM: 'xterm-256color', NO_COLOR: undefined, ...env } });
  }

  /** All that it wrote. */
  get output(): string {
    return this.#child
      .events('output')
      .map(({ text }) => String(text))
      .join('');
  }

  /** The lines of the page as it was drawn last; none before the first time. */
  get page(): string[] {
    const last = Array.from(this.output.matchAll(DRAWING)).at(-1)?.[1] ?? '';
    const lines = last.split(/\u001b\[\d+;1H\u001b\[K/).slice(1);
    return lines.map((line) => line.replace(/\u001b\[[0-9;]*m/g, ''));
  }

  /** Wait until the page is as it should be. */
  async shows(what: string, condition: (page: readonly string[]) => boolean): Promise<readonly string[]> {
    return this.#child.until(what, () => {
      const { page } = this;
      return page.length > 0 && condition(page) ? page : undefined;
    });
  }

  press(keys: string): void {
    this.#child.tell({ keys });
  }

  resize(rows: number, columns: number): void {
    this.#child.tell({ size: [rows, columns] });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.tell({ signal });
  }

  /** How it ended, and whether the terminal echoes and reads whole lines again. */
  async end(): Promise<{ code: unknown; cooked: unknown }> {
    const { code, cooked } = await this.#child.event('end');
    return { code, cooked };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.kill();
  }
}
