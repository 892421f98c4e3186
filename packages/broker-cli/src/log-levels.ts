// SPDX-License-Identifier: Apache-2.0
// log-levels - how much is logged, and in which form

/** The levels of the log, the most important first. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'verbose', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Down to which level lines are wanted; that may change at any time. */
export class LogThreshold {
  /** @param level - the least important one that is wanted */
  constructor(public level: LogLevel) {}

  /** Whether lines of this level are wanted. */
  passes(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(this.level);
  }
}

/** The forms of the log. */
export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];
