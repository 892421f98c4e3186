// SPDX-License-Identifier: Apache-2.0
// child-commands - a handler that runs a command for each request: its standard output is the reply

import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Frame } from '@mdp/protocol';
import { RemoteError, STATUS, text } from '@mdp/protocol';
import type { Body, Handler, WorkerRequest } from '@mdp/worker';
import { errorCode, errorMessage } from './exit-codes.js';

/** How commands are run. */
export interface ChildCommandsOptions {
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly [string, ...string[]];
  /** Where the frames of a request go: to the standard input, or behind the arguments. */
  readonly input: 'stdin' | 'args';
  /** Whether each line is a part of the reply, sent when it comes; otherwise all of the output is one frame. */
  readonly lines: boolean;
  /** The most bytes of a reply, or of a line of it. */
  readonly maxBytes: number;
}

/** How long a command that nobody waits for may take to end when it is asked to. */
const KILL_AFTER_MS = 5_000;

/** A group of processes of its own: what a command starts ends with it, and Ctrl-C is for the worker alone. */
const GROUPED = process.platform !== 'win32';

const LINE_END = 0x0a;

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** Runs commands. They end with the request that they are for, and with {@link killAll}. */
export class ChildCommands {
  readonly #options: ChildCommandsOptions;
  readonly #running = new Set<Child>();

  constructor(options: ChildCommandsOptions) {
    this.#options = options;
  }

  /**
   * Serve a request. It fails with status 400 when its frames cannot be arguments, 500 when the command cannot be started, ends
   * with another exit code than 0, or writes too much.
   */
  readonly handle: Handler = (request) => (this.#options.lines ? this.#byLines(request) : this.#whole(request));

  /** End all that runs, at once. */
  killAll(): void {
    for (const child of this.#running) signal(child, 'SIGKILL');
  }

  async #whole(request: WorkerRequest): Promise<Body> {
    const { maxBytes } = this.#options;
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.#output(request)) {
      size += chunk.length;
      if (size > maxBytes) throw tooMuch('more', maxBytes);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** The last line need not have an end. */
  async *#byLines(request: WorkerRequest): AsyncGenerator<Body, undefined, undefined> {
    const { maxBytes } = this.#options;
    let begun: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.#output(request)) {
      let from = 0;
      for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, from)) {
        begun.push(chunk.subarray(from, end));
        from = end + 1;
        const line = Buffer.concat(begun);
        begun = [];
        size = 0;
        if (line.length > maxBytes) throw tooMuch('a line of more', maxBytes);
        yield line;
      }
      size += chunk.length - from;
      if (size > maxBytes) throw tooMuch('a line of more', maxBytes);
      begun.push(chunk.subarray(from));
    }
    if (size > 0) yield Buffer.concat(begun);
    return undefined;
  }

  /** What the command writes. When nobody asks for more of it, it is ended; it is waited for in any case. */
  async *#output(request: WorkerRequest): AsyncGenerator<Buffer, undefined, undefined> {
    const child = this.#start(request);
    const ended = endOf(child);
    this.#running.add(child);
    let killer: NodeJS.Timeout | undefined;
    const giveUp = (): void => {
      signal(child, 'SIGTERM');
      killer ??= setTimeout(signal, KILL_AFTER_MS, child, 'SIGKILL');
    };
    request.signal.addEventListener('abort', giveUp, { once: true });
    let wanted = true;
    try {
      for await (const chunk of child.stdout) yield chunk as Buffer;
      wanted = false;
      const failure = await ended;
      if (failure !== undefined) throw new RemoteError(STATUS.HANDLER_FAILED, failure);
    } finally {
      request.signal.removeEventListener('abort', giveUp);
      if (wanted) giveUp();
      await ended;
      clearTimeout(killer);
      this.#running.delete(child);
    }
    return undefined;
  }

  #start(request: WorkerRequest): Child {
    const { command, input } = this.#options;
    const [program, ...args] = command;
    const more = input === 'args' ? request.body.map(asArgument) : [];
    const child = spawn(program, [...args, ...more], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: GROUPED,
      env: { ...process.env, ...variablesOf(request) },
    });
    // A command need not read what it is given.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input === 'stdin' ? Buffer.concat(request.body.flatMap(withLineEnds)) : undefined);
    return child;
  }
}

/** Frames one after another, each on a line of its own when there are several. */
function withLineEnds(frame: Frame, nth: number): Frame[] {
  return nth === 0 ? [frame] : [Buffer.of(LINE_END), frame];
}

function asArgument(frame: Frame, nth: number): string {
  const words = text(frame);
  if (words === undefined || words.includes('\0')) {
    throw new RemoteError(STATUS.MALFORMED, `frame ${String(nth + 1)} is no text that could be an argument`);
  }
  return words;
}

/** What a command may want to know of its request. */
function variablesOf({ service, body, id, attempt, remainingMs }: WorkerRequest): Record<string, string | undefined> {
  return {
    MDP_REQUEST_SERVICE: service,
    MDP_REQUEST_FRAMES: String(body.length),
    MDP_REQUEST_ID: id === undefined ? undefined : nameOf(id),
    MDP_REQUEST_ATTEMPT: attempt === undefined ? undefined : String(attempt),
    MDP_REQUEST_REMAINING_MS: remainingMs === Infinity ? undefined : remainingMs.toFixed(0),
  };
}

/** An id as text where that is possible, else in hexadecimal. */
function nameOf(id: Frame): string {
  const words = text(id);
  return words === undefined || words.includes('\0') ? Buffer.from(id).toString('hex') : words;
}

function tooMuch(what: string, maxBytes: number): RemoteError {
  return new RemoteError(STATUS.HANDLER_FAILED, `the command wrote ${what} than ${String(maxBytes)} bytes`);
}

/** Why a command failed; nothing when it did not. */
async function endOf(child: Child): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      resolve(`the command could not be started: ${errorMessage(error)}`);
    });
    child.once('close', (code, by) => {
      resolve(
        code === 0 ? undefined : `the command ended with ${code === null ? String(by) : `exit code ${String(code)}`}`,
      );
    });
  });
}

/** Send a signal to a command and to what it has started. */
function signal(child: Child, name: NodeJS.Signals): void {
  const { pid } = child;
  if (pid === undefined) return;
  try {
    if (GROUPED) process.kill(-pid, name);
    else child.kill(name);
  } catch (error) {
    // All of them have ended just now.
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}
