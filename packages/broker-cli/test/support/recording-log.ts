// SPDX-License-Identifier: Apache-2.0
// recording-log - a log that keeps its lines for a test

import type { LogLevel } from '../../src/log-levels.js';
import { LOG_LEVELS } from '../../src/log-levels.js';
import type { Log, LogFields } from '../../src/logger.js';

/** Keeps `level message` of every line that is on. */
export class RecordingLog implements Log {
  readonly lines: string[] = [];
  readonly fields: LogFields[] = [];
  /** @param level - down to which level lines are kept */
  constructor(public level: LogLevel) {}

  enabled(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(this.level);
  }

  log(level: LogLevel, event: string, message: string | (() => string), fields: LogFields = {}): void {
    if (!this.enabled(level)) return;
    this.lines.push(`${level} ${typeof message === 'function' ? message() : message}`);
    this.fields.push({ event, ...fields });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
