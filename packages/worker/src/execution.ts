// SPDX-License-Identifier: Apache-2.0
// execution - one run of a handler for all requests of one name that wait for its outcome

import type { ErrorReply, Frame } from '@mdp/protocol';
import { checkMxBody } from '@mdp/protocol';
import type { Handler } from './request.js';
import { Job } from './request.js';
import type { HandlerWatcher, JobResponder } from './run-handler.js';

/** A request that waits for an execution, and who sends its reply. */
export interface Waiter {
  readonly job: Job;
  readonly responder: JobResponder;
  readonly watcher: HandlerWatcher;
}

/** Who keeps the executions by their names. */
export interface ExecutionOwner {
  /** Nobody shall join it any more. */
  forget(execution: Execution): void;
  /** It has ended with a reply that holds for whoever asks again. */
  replied(execution: Execution, body: readonly Frame[]): void;
  /** It was broken off while nobody waited; these came since, and want it done. */
  again(execution: Execution, waiters: readonly Waiter[]): void;
}

/**
 * What a handler gets in place of a request that has a name. It belongs to no connection: those that wait do.
 *
 * ```text
 * waiting: one or more --the last one leaves--> nobody waits, the signal is aborted --another one comes--> waiting
 *          `--the handler ends--> each gets the outcome    `--the handler ends--> nothing more
 * ```
 *
 * The handler takes the place of one of them at its broker: of any that waits, and when nobody does, of the one that left
 * last. That one's request ends with the handler, so there are never more handlers than places.
 */
export class Execution extends Job implements JobResponder, HandlerWatcher {
  readonly name: string;
  readonly handler: Handler;
  readonly #owner: ExecutionOwner;
  readonly #first: Waiter;
  readonly #waiting = new Map<Job, Waiter>();
  /** Those of them that came when it was being broken off: it is done anew for them. */
  readonly #late = new Set<Job>();
  /** Whose place the handler has when nobody waits. */
  #keeper: Waiter | undefined;
  /** A part of the reply has gone out. */
  #streamed = false;

  /** @param waiters - one or more */
  constructor(name: string, handler: Handler, owner: ExecutionOwner, first: Waiter, ...others: readonly Waiter[]) {
    const { command, service, endpoint, receivedAt } = first.job;
    super(command, Infinity, service, endpoint, receivedAt);
    this.stage = 'running';
    this.name = name;
    this.handler = handler;
    this.#owner = owner;
    this.#first = first;
    for (const waiter of [first, ...others]) this.join(waiter);
  }

  /** Another request waits for the outcome. */
  join(waiter: Waiter): void {
    const { job } = waiter;
    job.execution = this;
    this.#waiting.set(job, waiter);
    if (this.brokenOff) this.#late.add(job);
    else this.revive();
    this.cancelled = false;
    this.deadlineAt = Math.max(this.deadlineAt, job.deadlineAt);
  }

  /**
   * A request is cancelled or lost.
   *
   * @returns whether the handler runs on in its place
   */
  leave(job: Job, reason: Error): boolean {
    if (this.#keeper?.job === job) return true;
    const waiter = this.#waiting.get(job);
    if (waiter === undefined) return false;
    this.#waiting.delete(job);
    if (this.#waiting.size === 0) {
      this.cancelled = true;
      this.abort(reason);
      if (this.#keeper === undefined) {
        this.#keeper = waiter;
        return true;
      }
    }
    if (job.stage === 'running') waiter.responder.final(job, []);
    return false;
  }

  /** Names are told by MX only. */
  check(frames: readonly Frame[]): void {
    checkMxBody(frames);
  }

  async partial(_: Job, frames: readonly Frame[]): Promise<boolean> {
    const served = this.#served;
    if (served.length === 0 && this.brokenOff) return false;
    // Who came now would miss the beginning.
    this.#streamed = true;
    this.#owner.forget(this);
    const all = served.map(({ job, responder }) => responder.partial(job, frames));
    return (await Promise.all(all)).includes(true);
  }

  final(_: Job, frames: readonly Frame[]): boolean {
    if (this.#counts) this.#owner.replied(this, frames);
    this.#owner.forget(this);
    for (const { job, responder } of this.#takeServed()) responder.final(job, frames);
    return true;
  }

  fail(_: Job, failure: ErrorReply): boolean {
    this.#owner.forget(this);
    for (const { job, responder } of this.#takeServed()) responder.fail(job, failure);
    return true;
  }

  /** Whether a reply is good for whoever asks again: not what a handler says that has seen that nobody waits. */
  get #counts(): boolean {
    return !this.#streamed && !this.brokenOff;
  }

  /** Those that get what the handler says. */
  get #served(): Waiter[] {
    return [...this.#waiting.values()].filter(({ job }) => !this.#late.has(job));
  }

  /** Take them out. */
  #takeServed(): Waiter[] {
    const served = this.#served;
    for (const { job } of served) this.#waiting.delete(job);
    return served;
  }

  handlerFailed(error: unknown): void {
    const { watcher, job } = this.#first;
    watcher.handlerFailed(error, job);
  }

  handlerEnded(): void {
    this.settle();
    this.stage = 'ended';
    this.#owner.forget(this);
    const keeper = this.#keeper;
    if (keeper?.job.stage === 'running') keeper.responder.final(keeper.job, []);
    keeper?.watcher.handlerEnded(keeper.job);
    this.#keeper = undefined;
    const late = [...this.#waiting.values()].filter(({ job }) => job.stage === 'running');
    this.#waiting.clear();
    if (late.length > 0) this.#owner.again(this, late);
  }
}
