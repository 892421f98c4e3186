// SPDX-License-Identifier: Apache-2.0
// log-levels - how much is logged, and in which form

/** The levels of the log, the most important first. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'verbose', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The forms of the log. */
export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];
