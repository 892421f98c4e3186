// SPDX-License-Identifier: Apache-2.0
// burst-log - things that can happen thousands of times a second, at most one line a second of each kind

import type { LogLevel } from './log-levels.js';
import type { Log, LogFields } from './logger.js';

interface Burst {
  /** When the next line of this kind may be written. */
  until: number;
  more: number;
  readonly level: LogLevel;
  readonly others: (n: number) => string;
}

/**
 * Writes the first line of a kind at once, and when more follow within a second, one line at its end that says how many.
 * With the level `verbose` or `debug`, every one gets its line.
 */
export class BurstLog {
  readonly #log: Log;
  readonly #now: () => number;
  readonly #periodMs: number;
  readonly #bursts = new Map<string, Burst>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param log - where the lines go
   * @param now - a monotonic clock in milliseconds
   * @param periodMs - at most one line of each kind in so long, in milliseconds
   */
  constructor(log: Log, now: () => number = () => performance.now(), periodMs = 1000) {
    this.#log = log;
    this.#now = now;
    this.#periodMs = periodMs;
  }

  /**
   * Log one of many.
   *
   * @param event - its kind: one of a fixed few
   * @param message - made only when it is written
   * @param others - what so many more of them are called: `4 more workers joined`
   */
  note(level: LogLevel, event: string, message: () => string, others: Burst['others'], fields?: LogFields): void {
    if (!this.#log.enabled(level)) return;
    const now = this.#now();
    const burst = this.#bursts.get(event);
    if (burst !== undefined && now < burst.until && !this.#log.enabled('verbose')) {
      burst.more += 1;
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.flush();
      }, this.#periodMs).unref();
      return;
    }
    this.#say(event, burst);
    this.#bursts.set(event, { until: now + this.#periodMs, more: 0, level, others });
    this.#log.log(level, event, message, fields);
  }

  /** Write what was held back. */
  flush(): void {
    for (const [event, burst] of this.#bursts) {
      if (burst.more > 0) burst.until = this.#now() + this.#periodMs;
      this.#say(event, burst);
    }
  }

  /** Write what was held back and let go of the timer. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.flush();
  }

  #say(event: string, burst: Burst | undefined): void {
    if (burst === undefined || burst.more === 0) return;
    const { more } = burst;
    burst.more = 0;
    this.#log.log(burst.level, event, `… and ${burst.others(more)}`, { more });
  }
}
