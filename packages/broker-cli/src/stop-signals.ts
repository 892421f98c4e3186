// SPDX-License-Identifier: Apache-2.0
// stop-signals - the first SIGINT or SIGTERM asks to stop in order, a second one ends the process at once

import { EXIT_CODES } from './exit-codes.js';

/** The signals that stop a process in order. */
export type StopSignal = 'SIGINT' | 'SIGTERM';

const STOP_SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];

/**
 * `npm start` and `npx` pass on the SIGINT that Ctrl-C on the terminal has sent to their child already. A second one
 * within so many milliseconds is that echo, not a second key press.
 */
export const ECHO_MS = 100;

/** What happens on signals. */
export interface StopHandlers {
  /** The first one. */
  readonly stop: (signal: StopSignal) => void;
  /** A second one, just before the process exits with {@link forcedExitCode}. */
  readonly force: (signal: StopSignal) => void;
}

/** The exit code of a process that a second signal ended: 128 + its number, as shells have it. */
export function forcedExitCode(signal: StopSignal): number {
  return signal === 'SIGINT' ? EXIT_CODES.FORCED_SIGINT : EXIT_CODES.FORCED_SIGTERM;
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
    return signal === 'SIGINT' && first !== undefined && now - first < ECHO_MS ? 'echo' : 'force';
  }
}

/**
 * Listen to the signals of this process.
 *
 * @returns ends it
 */
export function onStopSignals(handlers: StopHandlers): () => void {
  const count = new SignalCount();
  const listeners = STOP_SIGNALS.map((signal) => {
    const listener = (): void => {
      const meaning = count.receive(signal);
      if (meaning === 'stop') handlers.stop(signal);
      if (meaning !== 'force') return;
      handlers.force(signal);
      process.exit(forcedExitCode(signal));
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  return () => {
    for (const { signal, listener } of listeners) process.off(signal, listener);
  };
}
