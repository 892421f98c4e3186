// SPDX-License-Identifier: Apache-2.0
// log-levels - how much is logged, and in which form

/** The levels of the log, the most important first. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'verbose', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Which levels are on when lines down to one level are wanted. */
export function levelFilter(lowest: LogLevel): (level: LogLevel) => boolean {
  const on = new Set<LogLevel>(LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(lowest) + 1));
  return (level) => on.has(level);
}

/** The forms of the log. */
export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];
