// SPDX-License-Identifier: Apache-2.0
// task - one request at its connection: how far it has come, and how much of its stream may leave

import type { Frame } from '@mdp/protocol';
import { MX_MAX_NUMBER, mxCost } from '@mdp/protocol';
import type { Done } from './port.js';

/** What a reply names its request by: the client address of RFC 18, one object for each request, or the number of MX. */
export type TaskId = Frame | number;

/**
 * How far a request has come.
 *
 * ```text
 * held --flush--> running --FINAL--> ended          held, offered, running --connection lost--> lost
 *      `--flush--> offered --begin--> running       held, offered --CANCEL--> ended
 * ```
 *
 * - `held`: not handed over yet: what lies behind it may call it back
 * - `offered`: handed over, and not begun
 * - `running`: being executed
 * - `ended`: its FINAL was sent, or it was given back
 * - `lost`: nobody takes its replies any more
 */
export type Stage = 'held' | 'offered' | 'running' | 'ended' | 'lost';

/** A reply that has to wait for the grant of its request. */
interface Waiting {
  readonly body: readonly Frame[];
  readonly done: Done | undefined;
}

/** A request that a connection holds. Its fields belong to the state of the connection. */
export class Task {
  readonly type = 'request';
  /** What its replies name it by: another one for each attempt. */
  readonly wireId: TaskId;
  stage: Stage = 'held';
  /** The broker said that nobody waits for the reply. */
  cancelled = false;
  /** How many bytes of PARTIALs may still be sent, by their cost; `Infinity` where the wire knows no grants. */
  #grant: number;
  #partials: Waiting[] | undefined;
  /** The FINAL, when it waits behind PARTIALs. */
  last: Waiting | undefined;

  /** @param grant - how many bytes of PARTIALs it may send before a CREDIT comes */
  constructor(wireId: TaskId, grant: number) {
    this.wireId = wireId;
    this.#grant = grant;
  }

  /** How many PARTIALs wait to be granted. */
  get waiting(): number {
    return this.#partials?.length ?? 0;
  }

  /** Take the cost of a PARTIAL from the grant. @returns false when it is used up: the PARTIAL has to wait */
  spend(body: readonly Frame[]): boolean {
    if (this.#grant <= 0) return false;
    if (this.#grant !== Infinity) this.#grant -= mxCost(body);
    return true;
  }

  /** So many more bytes may be sent. */
  grant(amount: number): void {
    this.#grant = Math.min(this.#grant + amount, MX_MAX_NUMBER);
  }

  /** Keep a PARTIAL until more is granted. */
  wait(body: readonly Frame[], done: Done): void {
    (this.#partials ??= []).push({ body, done });
  }

  /** Take out the oldest PARTIAL that waits, when it may be sent now. */
  takeGranted(): Waiting | undefined {
    const first = this.#partials?.[0];
    if (first === undefined || !this.spend(first.body)) return undefined;
    return this.#partials?.shift();
  }

  /** What waits will never be sent. @returns how many replies those were, the FINAL among them */
  forget(): number {
    const waiting = this.#partials ?? [];
    if (this.last !== undefined) waiting.push(this.last);
    this.#partials = this.last = undefined;
    for (const { done } of waiting) done?.(false);
    return waiting.length;
  }
}
