// SPDX-License-Identifier: Apache-2.0
// recent-lines - the last things that went wrong, as the log says them

import type { LogLevel } from '../log-levels.js';
import type { Log } from '../logger.js';
import { printable } from '../printable.js';
import type { RecentLine } from '../page/update.js';

/** So many lines are remembered. */
export const MOST_LINES = 100;

/** So long they are at the most. */
const LONGEST = 500;

/** Whether lines of a level are remembered, whatever the log itself leaves out. */
export function isRemembered(level: LogLevel): level is RecentLine['level'] {
  return level === 'error' || level === 'warn';
}

/** Listens to a log. What can happen thousands of times a second comes there once a second already. */
export class RecentLines {
  readonly #now: () => number;
  #lines: readonly RecentLine[] = [];
  #count = 0;

  /** @param now - the time in milliseconds since 1970 */
  constructor(now: () => number = () => Date.now()) {
    this.#now = now;
  }

  /** The oldest first. */
  get lines(): readonly RecentLine[] {
    return this.#lines;
  }

  /** A log that writes to another one, and whose warnings and errors are remembered here. */
  listening(log: Log): Log {
    return {
      enabled: (level) => isRemembered(level) || log.enabled(level),
      log: (level, event, message, fields) => {
        if (!isRemembered(level)) {
          log.log(level, event, message, fields);
          return;
        }
        const text = typeof message === 'function' ? message() : message;
        this.#remember(level, event, text);
        log.log(level, event, text, fields);
      },
      close: () => log.close(),
    };
  }

  #remember(level: RecentLine['level'], event: string, text: string): void {
    const line = { id: ++this.#count, at: this.#now(), level, event, text: printable(text, LONGEST) };
    this.#lines = [...this.#lines.slice(1 - MOST_LINES), line];
  }
}
