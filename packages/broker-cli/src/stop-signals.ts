// SPDX-License-Identifier: Apache-2.0
// stop-signals - the first SIGINT or SIGTERM asks to stop in order, a second one ends the process at once

import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES } from './exit-codes.js';
import type { Log } from './logger.js';

/** The signals that stop a process in order. */
export type StopSignal = 'SIGINT' | 'SIGTERM';

const STOP_SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];

/**
 * `npm start` and `npx` pass on the SIGINT that Ctrl-C on the terminal has sent to their child already. A second one
 * within so many milliseconds is that echo, not a second key press.
 */
export const ECHO_MS = 100;

/** The exit code of a process that a second signal ended: 128 + its number, as shells have it. */
export function forcedExitCode(signal: StopSignal): ExitCode {
  return signal === 'SIGINT' ? EXIT_CODES.FORCED_SIGINT : EXIT_CODES.FORCED_SIGTERM;
}

/** What of the process {@link endFirstProcess} needs. */
export type SignalledProcess = Pick<NodeJS.Process, 'pid' | 'listenerCount'> & {
  on(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
  exit(code: ExitCode): void;
};

/**
 * Let signals end the first process of a container, as they end any other: the system drops those that it has no listener for. A
 * command that listens by itself is left to do so. Exits with {@link forcedExitCode}.
 */
export function endFirstProcess(running: SignalledProcess = process): void {
  if (running.pid !== 1) return;
  const listener = (signal: StopSignal): void => {
    if (running.listenerCount(signal) === 1) running.exit(forcedExitCode(signal));
  };
  for (const signal of STOP_SIGNALS) running.on(signal, listener);
}

/**
 * Tells the first signal from the second and from an echo of the first.
 *
 * @param now - a monotonic clock in milliseconds
 */
export class SignalCount {
  readonly #now: () => number;
  #firstInterruptAt: number | undefined;
  #stopping = false;
  #forced = false;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** What a signal that arrives now means. */
  receive(signal: StopSignal): 'stop' | 'force' | 'echo' {
    const now = this.#now();
    if (!this.#stopping) {
      this.#stopping = true;
      if (signal === 'SIGINT') this.#firstInterruptAt = now;
      return 'stop';
    }
    const first = this.#firstInterruptAt;
    if (signal === 'SIGINT' && first !== undefined && now - first < ECHO_MS) return 'echo';
    this.#forced = true;
    return 'force';
  }

  /** Whether one has forced the end: nothing that comes later means anything. */
  get forced(): boolean {
    return this.#forced;
  }
}

/**
 * Run something that a signal stops. A second signal exits the process with {@link forcedExitCode}.
 *
 * @param log - is told of the second signal
 * @param work - gets a promise of the first signal
 * @param beforeExit - what must be done before a second signal may exit the process; it may return a promise of that,
 * which never rejects
 * @returns what the work returned; the signals are left alone then, unless a second one ends the process just now
 */
export async function untilSignal<T>(
  log: Log,
  work: (signal: Promise<StopSignal>) => Promise<T>,
  beforeExit: () => Promise<void> | undefined = () => undefined,
): Promise<T> {
  const count = new SignalCount();
  let signalled: ((signal: StopSignal) => void) | undefined;
  const first = new Promise<StopSignal>((resolve) => (signalled = resolve));
  const listener = (signal: StopSignal): void => {
    if (count.forced) return;
    const meaning = count.receive(signal);
    if (meaning === 'stop') signalled?.(signal);
    if (meaning !== 'force') return;
    log.log('warn', 'forced', `${signal} again: ending at once`);
    const exit = (): never => process.exit(forcedExitCode(signal));
    const before = beforeExit();
    if (before === undefined) exit();
    else void before.then(exit);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, listener);
  try {
    return await work(first);
  } finally {
    // Without a listener one more signal would kill the process before its exit code is set.
    if (!count.forced) for (const signal of STOP_SIGNALS) process.off(signal, listener);
  }
}
