// SPDX-License-Identifier: Apache-2.0
// loop-lag - how late the event loop of this thread is: what waits in it waits so long

import type { IntervalHistogram } from 'node:perf_hooks';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How late timers were in the last while, in milliseconds. */
export interface LoopLag {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** How often a timer looks, in milliseconds. */
const RESOLUTION_MS = 10;

/** How long one measurement lasts, in milliseconds. */
const WINDOW_MS = 15_000;

const NS_PER_MS = 1e6;

/** What the histogram has seen; the waiting itself is not late. */
function lagOf(histogram: IntervalHistogram): LoopLag {
  const late = (ns: number): number => Math.max(0, Math.round((ns / NS_PER_MS - RESOLUTION_MS) * 1_000) / 1_000);
  if (histogram.count === 0) return { p50Ms: 0, p99Ms: 0, maxMs: 0 };
  return {
    p50Ms: late(histogram.percentile(50)),
    p99Ms: late(histogram.percentile(99)),
    maxMs: late(histogram.max),
  };
}

/**
 * Measures from when it is first asked, in windows of 15 seconds: whoever asks when, and however many do, sees the same.
 */
export class LoopLagMeter {
  #histogram: IntervalHistogram | undefined;
  #timer: NodeJS.Timeout | undefined;
  #last: LoopLag | undefined;

  /** The last whole window; before there is one, what has been seen so far. */
  read(): LoopLag {
    const histogram = (this.#histogram ??= this.#begin());
    return this.#last ?? lagOf(histogram);
  }

  #begin(): IntervalHistogram {
    const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    histogram.enable();
    this.#timer = setInterval(() => {
      this.#last = lagOf(histogram);
      histogram.reset();
    }, WINDOW_MS).unref();
    return histogram;
  }

  /** End it. */
  close(): void {
    clearInterval(this.#timer);
    this.#histogram?.disable();
  }
}
