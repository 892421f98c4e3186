// SPDX-License-Identifier: Apache-2.0
// notify-shell - a shell that says to systemd what it is given, line by line
//
// The socket of sd_notify(3) takes datagrams at a path, which Node.js cannot send. systemd's own program can: it is wherever systemd
// is, takes some milliseconds, and waits until what it said has been read, so that nothing is overtaken. A shell runs it, which is
// started once, while there is room: a broker that has no file left, and so can start no process, must still be able to say that it
// lives.

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { errorMessage } from './exit-codes.js';

/** After so long without an answer, in milliseconds, the shell is ended: nothing here may wait for a manager that hangs. */
const GIVE_UP_MS = 10_000;

/** Each line has the arguments, apart by tabs; the answer is the exit code and the first line of a complaint. */
const SCRIPT = `
end='
'
set -f
IFS='\t'
while read -r line; do
  set -- $line
  complaint=$(systemd-notify "$@" 2>&1 </dev/null)
  printf '%s %s\\n' "$?" "\${complaint%%"$end"*}"
done
`;

/** Runs `systemd-notify`. The shell is started with the first message, and again when it was lost. */
export class NotifyShell {
  readonly #env: NodeJS.ProcessEnv;
  #shell: ChildProcess | undefined;
  #answered: ((fault: string | undefined) => void) | undefined;

  /** @param env - the environment of the shell, which names the socket */
  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** The number of the shell's process, while there is one. */
  get pid(): number | undefined {
    return this.#shell?.pid;
  }

  /**
   * Send one message; only when the one before was answered.
   *
   * @param assignments - without tabs and line ends
   * @returns what went wrong, if anything did; it never rejects
   */
  send(assignments: readonly string[]): Promise<string | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#shell?.kill('SIGKILL');
        this.#lost(this.#shell, `there was no answer for ${String(GIVE_UP_MS)} ms`);
      }, GIVE_UP_MS);
      this.#answered = (fault) => {
        clearTimeout(timer);
        this.#answered = undefined;
        resolve(fault);
      };
      try {
        this.#shell ??= this.#start();
        this.#shell.stdin?.write(`${assignments.join('\t')}\n`);
      } catch (error) {
        this.#answered(errorMessage(error));
      }
    });
  }

  /** Let the shell end, and do not wait for it. */
  close(): void {
    const shell = this.#shell;
    this.#shell = undefined;
    shell?.stdin?.end();
    shell?.stdout?.destroy();
    shell?.unref();
  }

  #start(): ChildProcess {
    // In a group of its own Ctrl-C on a terminal is for the broker alone.
    const shell = spawn('/bin/sh', ['-c', SCRIPT], {
      env: this.#env,
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    });
    const lost = (error: Error): void => {
      this.#lost(shell, errorMessage(error));
    };
    shell.on('error', lost);
    shell.on('exit', (code, signal) => {
      this.#lost(shell, `its shell ended with ${signal ?? String(code)}`);
    });
    return this.#connect(shell, lost);
  }

  /** One that could not be started has no streams, and says so by an `error` soon. */
  #connect(shell: ChildProcess, lost: (error: Error) => void): ChildProcess {
    shell.stdin?.on('error', lost);
    if (!shell.stdout) return shell;
    createInterface({ input: shell.stdout }).on('line', (line) => {
      const [, code = '', complaint = ''] = /^(\d+) (.*)$/.exec(line) ?? [];
      if (this.#shell !== shell) return;
      const what = `systemd-notify ended with ${code}${complaint === '' ? '' : `: ${complaint}`}`;
      this.#answered?.(code === '0' ? undefined : what);
    });
    return shell;
  }

  #lost(shell: ChildProcess | undefined, why: string): void {
    if (this.#shell !== shell) return;
    this.#shell = undefined;
    this.#answered?.(why);
  }
}
