// SPDX-License-Identifier: Apache-2.0
// tasks - the requests that one connection holds, each from its arrival to its FINAL

import type { Frame } from '@mdp/protocol';
import { STATUS, encodeErrorReply } from '@mdp/protocol';
import { IdMap } from '@mdp/protocol/internal';
import type { DisconnectReason, WorkerCounters } from '../stats.js';
import type { Orphans } from './orphans.js';
import type { ConnectionPort, Done } from './port.js';
import type { Task, TaskId } from './task.js';

/** What the tasks tell their connection. */
export interface TasksOwner {
  /** A PARTIAL leaves. */
  spoke(now: number): void;
  /** A task is over, and its last word is said next. */
  ending(now: number): void;
  /** Its last word was said. */
  ended(now: number): void;
}

/** Ends a request that was cancelled before it began. Nobody reads it, but it frees its place at the broker. */
const CANCELLED = encodeErrorReply(STATUS.HANDLER_FAILED, 'the request was cancelled before it began');

/** The tasks of one connection. Everything is O(1), but for losing them all. */
export class Tasks<T extends Task> {
  readonly #port: ConnectionPort<T>;
  readonly #counters: WorkerCounters;
  readonly #orphans: Orphans;
  readonly #owner: TasksOwner;
  readonly #all = new IdMap<T>();
  /** What has arrived since the last {@link flush}; some of it may be gone by now. */
  #held: T[] = [];
  #running = 0;

  constructor(port: ConnectionPort<T>, counters: WorkerCounters, orphans: Orphans, owner: TasksOwner) {
    this.#port = port;
    this.#counters = counters;
    this.#orphans = orphans;
    this.#owner = owner;
  }

  /** How many it holds. */
  get size(): number {
    return this.#all.size;
  }

  /** How many of them are being executed. */
  get running(): number {
    return this.#running;
  }

  /** Hold a request. @returns false when another one has its id */
  add(task: T): boolean {
    const key = keyOf(task.wireId);
    if (this.#all.has(key)) return false;
    this.#all.add(key, task);
    this.#held.push(task);
    return true;
  }

  #find(id: TaskId): T | undefined {
    const task = this.#all.get(keyOf(id));
    return task?.wireId === id ? task : undefined;
  }

  /** All that had arrived was received: requests that are still held may begin. */
  flush(): void {
    const held = this.#held;
    if (held.length === 0) return;
    this.#held = [];
    for (const task of held) {
      // One that began before it may have ended the connection.
      if (task.stage !== 'held') continue;
      this.#counters.requests++;
      this.#running++;
      task.stage = 'running';
      // A handler may end within start().
      if (this.#port.start(task) || (task.stage as string) !== 'running') continue;
      this.#counters.requests--;
      this.#running--;
      task.stage = 'offered';
    }
  }

  /** A request that was handed over begins. */
  begin(task: T): void {
    if (task.stage !== 'offered') return;
    this.#counters.requests++;
    this.#running++;
    task.stage = 'running';
  }

  /** Send a PARTIAL, at once or when it is granted (MDP-W-16, MDP-W-18). @returns false when the reply is not wanted any more */
  partial(now: number, task: T, body: readonly Frame[], done: Done): boolean {
    if (task.cancelled || !this.#isCurrent(task)) {
      this.#counters.dropped.replies++;
      return false;
    }
    if (task.spend(body)) this.#sendPartial(now, task, body, done);
    else task.wait(body, done);
    return true;
  }

  #sendPartial(now: number, task: T, body: readonly Frame[], done: Done | undefined): void {
    this.#owner.spoke(now);
    this.#counters.partials++;
    this.#port.reply('partial', task, body, done);
  }

  /** So many more bytes of PARTIALs of a request may be sent. */
  grant(now: number, id: TaskId, amount: number): void {
    const task = this.#find(id);
    if (task === undefined) return;
    task.grant(amount);
    for (let next = task.takeGranted(); next !== undefined; next = task.takeGranted()) {
      this.#sendPartial(now, task, next.body, next.done);
    }
    const { last } = task;
    if (last !== undefined && task.waiting === 0) this.#finish(now, task, last.body, last.done);
  }

  /** Send the one FINAL, behind the PARTIALs (MDP-W-17, MDP-W-18). @returns false when the request is lost */
  final(now: number, task: T, body: readonly Frame[], done: Done | undefined): boolean {
    if (!this.#isCurrent(task)) {
      this.#counters.dropped.replies++;
      return false;
    }
    if (task.waiting > 0) task.last = { body, done };
    else this.#finish(now, task, body, done);
    return true;
  }

  #finish(now: number, task: T, body: readonly Frame[], done: Done | undefined): void {
    this.#end(now, task);
    this.#counters.finals++;
    this.#port.reply('final', task, body, done);
    this.#owner.ended(now);
  }

  /** End a request without a word. @returns false when it is lost */
  withhold(now: number, task: T): boolean {
    if (!this.#isCurrent(task)) {
      this.#counters.dropped.replies++;
      return false;
    }
    this.#end(now, task);
    this.#counters.dropped.withheld++;
    return true;
  }

  #end(now: number, task: T): void {
    if (task.stage === 'running') this.#running--;
    task.stage = 'ended';
    this.#all.delete(keyOf(task.wireId));
    this.#owner.ending(now);
  }

  #isCurrent(task: T): boolean {
    return task.stage === 'running' && task.last === undefined;
  }

  /** Nobody waits for the reply to a request any more. What runs ends in its own time; what has not begun never does. */
  cancel(now: number, id: TaskId): void {
    const task = this.#find(id);
    if (task === undefined || task.cancelled) return;
    this.#counters.cancelled++;
    task.cancelled = true;
    const { last, stage } = task;
    this.#counters.dropped.replies += task.waiting;
    task.last = undefined;
    task.forget();
    if (stage !== 'held') this.#port.abort(task, 'cancelled');
    if (last !== undefined) {
      this.#finish(now, task, last.body, last.done);
    } else if (stage !== 'running') {
      this.#counters.errorReplies++;
      this.#finish(now, task, CANCELLED, undefined);
    }
  }

  /** The connection is gone, and all that it held. */
  lose(reason: DisconnectReason): void {
    const all = [...this.#all.values()];
    this.#all.clear();
    this.#held = [];
    this.#running = 0;
    const { dropped } = this.#counters;
    for (const task of all) {
      const { stage } = task;
      task.stage = 'lost';
      task.forget();
      if (stage !== 'running') {
        if (reason === 'stopped') dropped.refused++;
        else dropped.stale++;
      }
      if (stage !== 'held' && this.#port.abort(task, reason)) this.#orphans.count++;
    }
  }
}

/** A strict connection holds one request at most, so its name says nothing. */
function keyOf(id: TaskId): number {
  return typeof id === 'number' ? id : 0;
}
