// SPDX-License-Identifier: Apache-2.0
// load - makes requests, as many at once or as many a second as asked for, and counts how they end

import type { Failures } from './failures.js';
import { Latencies } from './latencies.js';

/** What came of a request that was answered. */
export interface Answer {
  /** Parts of the reply. */
  readonly parts: number;
  /** Bytes of all frames. */
  readonly bytes: number;
  /** When the first part was there, in the milliseconds of the clock; left out where parts are not told apart. */
  readonly firstAt?: number;
  /** Whether it is what was expected. */
  readonly right: boolean;
}

/** How much to ask. */
export interface LoadPlan {
  /** No more requests than that; `Infinity` when only the time ends it. */
  readonly requests: number;
  /** No more begin after so many milliseconds; `Infinity` when only their number ends it. */
  readonly durationMs: number;
  /** The most that are under way at once. */
  readonly concurrency: number;
  /**
   * How many are due each second, whatever comes back. The time of each counts from when it was due: one that could not
   * be sent because too many were under way has waited, too. `undefined`: each begins when another has ended.
   */
  readonly perSecond: number | undefined;
}

/** How often the clock is looked at for requests that are due, in milliseconds. */
const TICK_MS = 1;

/** One run of load, and what has come of it so far. */
export class Load {
  /** Of those that were answered. */
  readonly latencies = new Latencies();
  /** Until the first part of each reply. */
  readonly firsts = new Latencies();
  /** What requests failed with, each in its order. */
  readonly failures: Failures;
  /** Requests that were answered. */
  answered = 0;
  /** Those of them that were answered before the time was up. */
  answeredInTime = 0;
  /** Replies that were not what was expected. */
  wrong = 0;
  parts = 0;
  bytes = 0;

  readonly #plan: LoadPlan;
  readonly #ask: () => Promise<Answer>;
  readonly #now: () => number;
  readonly #beganAt: number;
  #sent = 0;
  #underWay = 0;
  #stoppedAt: number | undefined;
  #lastEndedAt: number;
  #ticker: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended: (() => void) | undefined;

  /**
   * @param ask - makes one request; it fails only as requests do
   * @param failures - told of those that fail
   * @param now - a monotonic clock in milliseconds
   */
  constructor(plan: LoadPlan, ask: () => Promise<Answer>, failures: Failures, now = (): number => performance.now()) {
    this.#plan = plan;
    this.#ask = ask;
    this.failures = failures;
    this.#now = now;
    this.#beganAt = now();
    this.#lastEndedAt = this.#beganAt;
  }

  /** How much of it is done, from 0 to 1. */
  get progress(): number {
    const { requests, durationMs } = this.#plan;
    const ended = this.#sent - this.#underWay;
    return Math.min(1, Math.max(ended / requests, (this.#now() - this.#beganAt) / durationMs));
  }

  /** How long requests were made for, in milliseconds: until the time was up, else until the last one ended. */
  get elapsedMs(): number {
    const until = this.#stoppedAt ?? (this.#over() ? this.#lastEndedAt : this.#now());
    return Math.max(0, Math.min(until - this.#beganAt, this.#plan.durationMs));
  }

  /** Requests that were due in time and were never made, because too many were under way until the time was up. */
  get unsent(): number {
    const { perSecond, requests } = this.#plan;
    if (perSecond === undefined) return 0;
    const due = Math.floor((this.elapsedMs / 1000) * perSecond);
    return Math.max(0, Math.min(due, requests) - this.#sent);
  }

  /** Run it to its end: when the last request has ended. */
  async run(): Promise<void> {
    const { perSecond, durationMs } = this.#plan;
    await new Promise<void>((resolve) => {
      this.#ended = resolve;
      if (perSecond !== undefined) this.#ticker = setInterval(this.#fill, TICK_MS);
      // Where nothing ends that could ask what time it is.
      if (Number.isFinite(durationMs)) this.#timer = setTimeout(this.#fill, durationMs + TICK_MS);
      this.#fill();
    });
    clearInterval(this.#ticker);
    clearTimeout(this.#timer);
  }

  /** Begin no more requests. Those that are under way are the caller's to end. */
  stop(): void {
    this.#stoppedAt ??= this.#now();
    this.#fill();
  }

  readonly #fill = (): void => {
    while (this.#underWay < this.#plan.concurrency && !this.#over()) {
      const now = this.#now();
      const dueAt = this.#dueAt(this.#sent) ?? now;
      if (dueAt > now) break;
      this.#sent += 1;
      this.#underWay += 1;
      void this.#one(dueAt);
    }
    if (this.#underWay === 0 && this.#over()) this.#ended?.();
  };

  #dueAt(nth: number): number | undefined {
    const { perSecond } = this.#plan;
    return perSecond === undefined ? undefined : this.#beganAt + (nth / perSecond) * 1000;
  }

  /** Whether no request begins any more. */
  #over(): boolean {
    const { requests, durationMs } = this.#plan;
    return this.#stoppedAt !== undefined || this.#sent >= requests || this.#now() - this.#beganAt >= durationMs;
  }

  async #one(dueAt: number): Promise<void> {
    try {
      const answer = await this.#ask();
      this.#note(answer, dueAt);
    } catch (error) {
      // Whoever stopped it has ended what was under way.
      if (this.#stoppedAt === undefined) this.failures.note(error);
      // What fails at once, without anything being sent, would otherwise leave no room for anything else.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#underWay -= 1;
    this.#fill();
  }

  #note({ parts, bytes, firstAt, right }: Answer, dueAt: number): void {
    const now = this.#now();
    this.#lastEndedAt = now;
    this.answered += 1;
    if (now - this.#beganAt <= this.#plan.durationMs) this.answeredInTime += 1;
    this.latencies.add(now - dueAt);
    if (firstAt !== undefined) this.firsts.add(firstAt - dueAt);
    if (!right) this.wrong += 1;
    this.parts += parts;
    this.bytes += bytes;
  }
}
