// SPDX-License-Identifier: Apache-2.0
// pull-queue - requests on their way to whoever iterates over the worker

import type { PulledJob, PulledRequest } from './pulled-request.js';

type Next = IteratorResult<PulledRequest, undefined>;

const END: Next = Object.freeze({ value: undefined, done: true });

/** Requests that wait for a consumer, or consumers that wait for a request. Never both. */
export class PullQueue {
  readonly #jobs: PulledJob[] = [];
  readonly #consumers: ((job: PulledJob | undefined) => void)[] = [];
  /** Loops that were begun and have not been left. */
  #loops = 0;
  #closed = false;

  /** Whether anybody may still take a request. */
  get taken(): boolean {
    return this.#loops > 0;
  }

  /** @returns whether a consumer has it; otherwise it waits: no more of them than the worker takes at once */
  offer(job: PulledJob): boolean {
    const consumer = this.#consumers.shift();
    if (consumer === undefined) this.#jobs.push(job);
    else consumer(job);
    return consumer !== undefined;
  }

  /** The request is lost: nobody shall get it. */
  withdraw(job: PulledJob): void {
    const at = this.#jobs.indexOf(job);
    if (at >= 0) this.#jobs.splice(at, 1);
  }

  /** There will be no more: whoever waits is told so. */
  close(): void {
    this.#closed = true;
    for (const consumer of this.#consumers.splice(0)) consumer(undefined);
  }

  #take(): Promise<PulledJob | undefined> {
    const job = this.#jobs.shift();
    if (job !== undefined) {
      job.begin();
      return Promise.resolve(job);
    }
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#consumers.push(resolve);
    });
  }

  /**
   * One consumer.
   *
   * @param oneAtATime - whoever asks for the next request has done with the last one: without a reply, it is ended
   */
  iterate(oneAtATime: boolean): AsyncIterableIterator<PulledRequest, undefined> {
    let last: PulledJob | undefined;
    let left = false;
    this.#loops++;
    const leave = (): void => {
      if (!left) this.#loops--;
      left = true;
    };
    const leaveLast = (): void => {
      if (oneAtATime) last?.drop();
      last = undefined;
    };
    return {
      next: async (): Promise<Next> => {
        leaveLast();
        if (left) return END;
        last = await this.#take();
        if (last === undefined) {
          leave();
          return END;
        }
        last.takenUp();
        return { value: last, done: false };
      },
      return: (): Promise<Next> => {
        leaveLast();
        leave();
        return Promise.resolve(END);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}
