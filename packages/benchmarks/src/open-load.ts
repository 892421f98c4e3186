// SPDX-License-Identifier: Apache-2.0
// open-load - requests at a pace that waits for no reply, and how each of them ended

import { performance } from 'node:perf_hooks';
import { Histogram } from './histogram.js';

/** How the requests ended that were due in one phase, by the word for the end. */
export interface End {
  readonly count: number;
  /** How long after it was due that was. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What one phase found. */
export interface PhaseResult {
  readonly seconds: number;
  readonly ends: Readonly<Record<string, End>>;
  /**
   * When the first half second began in which 95 % of what was due got its reply within {@link Phase.usualMs}, in ms from the
   * phase's begin; `Infinity` when there was none.
   */
  readonly usualFromMs: number;
}

/** Requests at one pace. */
export interface Phase {
  readonly perSecond: number;
  readonly seconds: number;
  /** What a reply takes at most when all is well, in milliseconds. */
  readonly usualMs: number;
}

/** Whether all is as usual is looked at for so many milliseconds at a time… */
const WINDOW_MS = 500;
/** … and so much of what is due has to be: a machine that does something else for a moment is no overload. */
const USUAL_SHARE = 0.95;

/** How a request ended that was replied to. */
export const REPLIED = 'reply';

/**
 * Make the requests of some phases, one after another without a pause, and wait for their ends.
 *
 * @param ask - makes one request; resolves with the word for its end, {@link REPLIED} or another
 * @param begun - told when a phase begins
 */
export async function openLoad(
  phases: readonly Phase[],
  ask: () => Promise<string>,
  begun: (index: number) => void,
): Promise<PhaseResult[]> {
  const courses: Course[] = [];
  for (const [index, phase] of phases.entries()) {
    begun(index);
    const course = new Course(phase);
    courses.push(course);
    await course.run(ask);
  }
  for (const course of courses) await course.settled();
  return courses.map((course) => course.result());
}

/** One phase on its way. */
class Course {
  readonly #phase: Phase;
  readonly #begin = performance.now();
  readonly #ends = new Map<string, Histogram>();
  #sent = 0;
  #ended = 0;
  /** Of each window: how many were due, and how many of them went as usual. */
  readonly #windows: { due: number; usual: number }[];
  #onEnded: (() => void) | undefined;

  constructor(phase: Phase) {
    this.#phase = phase;
    const windows = Math.ceil((phase.seconds * 1000) / WINDOW_MS);
    this.#windows = Array.from({ length: windows }, () => ({ due: 0, usual: 0 }));
  }

  async run(ask: () => Promise<string>): Promise<void> {
    const { perSecond, seconds } = this.#phase;
    const until = seconds * 1000;
    for (;;) {
      const passed = performance.now() - this.#begin;
      const due = Math.floor((Math.min(passed, until) / 1000) * perSecond);
      while (this.#sent < due) void this.#one(ask, (this.#sent++ / perSecond) * 1000);
      if (passed >= until) return;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Wait for the end of each. */
  async settled(): Promise<void> {
    while (this.#ended < this.#sent) {
      await new Promise<void>((resolve) => {
        this.#onEnded = resolve;
      });
    }
  }

  result(): PhaseResult {
    const ends: Record<string, End> = {};
    for (const [word, times] of this.#ends) {
      ends[word] = { count: times.count, p50Ms: times.percentile(0.5), p99Ms: times.percentile(0.99) };
    }
    return { seconds: this.#phase.seconds, ends, usualFromMs: this.#usualFrom() };
  }

  #usualFrom(): number {
    const index = this.#windows.findIndex(({ due, usual }) => usual >= due * USUAL_SHARE);
    return index < 0 ? Infinity : index * WINDOW_MS;
  }

  async #one(ask: () => Promise<string>, dueMs: number): Promise<void> {
    const word = await ask();
    const tookMs = performance.now() - this.#begin - dueMs;
    let times = this.#ends.get(word);
    if (times === undefined) this.#ends.set(word, (times = new Histogram()));
    times.add(tookMs);
    const window = this.#windows[Math.floor(dueMs / WINDOW_MS)];
    if (window !== undefined) {
      window.due++;
      if (word === REPLIED && tookMs <= this.#phase.usualMs) window.usual++;
    }
    this.#ended++;
    if (this.#ended === this.#sent) this.#onEnded?.();
  }
}
