// SPDX-License-Identifier: Apache-2.0
// thread-log - lines of one thread's broker, which say whose they are

import type { Log } from './logger.js';

/**
 * A log whose every line says which thread it is about: people read it first, machines have the field `thread`.
 *
 * @param thread - its number, from 1
 */
export function inThread(log: Log, thread: number): Log {
  return {
    enabled: (level) => log.enabled(level),
    log(level, event, message, fields) {
      const text = (): string => `thread ${String(thread)}: ${typeof message === 'function' ? message() : message}`;
      log.log(level, event, text, { thread, ...fields });
    },
    close: () => log.close(),
  };
}
