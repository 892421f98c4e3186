// SPDX-License-Identifier: Apache-2.0
// level-control - how much is logged, changed while the broker runs: by SIGUSR1, or over the admin interface

import type { LogLevel } from './log-levels.js';
import { LogThreshold } from './log-levels.js';
import type { Log } from './logger.js';

/** Decides how much is logged. */
export class LevelControl {
  /** What the log asks for each line. */
  readonly threshold: LogThreshold;
  readonly #configured: LogLevel;

  /** @param configured - how much is logged to begin with */
  constructor(configured: LogLevel) {
    this.#configured = configured;
    this.threshold = new LogThreshold(configured);
  }

  /** How much is logged now. */
  get level(): LogLevel {
    return this.threshold.level;
  }

  /** What SIGUSR1 asks for: most, and as it was to begin with when it is most already. */
  get other(): LogLevel {
    if (this.level !== 'debug') return 'debug';
    return this.#configured === 'debug' ? 'info' : this.#configured;
  }

  /**
   * Log so much from now on, and say so; where neither before nor afterwards such a line is logged, nothing says it.
   *
   * @param by - who wants it
   */
  change(level: LogLevel, by: string, log: Log): void {
    const say = (): void => {
      log.log('info', 'logLevel', `${by}: the log level is ${level} from now on`, { level });
    };
    const said = log.enabled('info');
    if (said) say();
    this.threshold.level = level;
    if (!said) say();
  }
}

/**
 * Run something while SIGUSR1 changes how much is logged. Without a listener Node.js would open its debugger on that signal.
 *
 * @param change - is called for each signal
 * @returns what the work returned; the signal is left alone then
 */
export async function withLevelSignal<T>(change: () => void, work: () => Promise<T>): Promise<T> {
  // Windows has no such signal.
  if (process.platform === 'win32') return work();
  process.on('SIGUSR1', change);
  try {
    return await work();
  } finally {
    process.off('SIGUSR1', change);
  }
}
