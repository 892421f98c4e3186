// SPDX-License-Identifier: Apache-2.0
// probe - asks a broker beside the registrations whether it speaks MX, on a socket of its own that is closed afterwards

import type { Frame } from '@mdp/protocol';
import { decodeMxAnswer, encodeMxQuestion } from '@mdp/protocol';
import { PATIENT_ANSWER_MS } from './agreement.js';
import type { LinkOptions, LinkOwner } from './link.js';
import { Link } from './link.js';

/** What a probe tells. */
export interface ProbeOwner {
  /** The answer, or that there was none. The probe is closed. */
  answered(yes: boolean): void;
  /** Something is due by then. */
  wakeBy(at: number): void;
  /** Its socket is gone. */
  settled(): void;
}

/** One question. It waits for the transport for as long as that takes, and for the answer for a bounded time. */
export class Probe implements LinkOwner {
  readonly #owner: ProbeOwner;
  readonly #link: Link;
  #dueAt = Infinity;
  #state: 'open' | 'closed' | 'gone' = 'open';

  /** @throws Error of ZeroMQ, when there is no socket */
  constructor(endpoint: string, options: LinkOptions, owner: ProbeOwner) {
    this.#owner = owner;
    this.#link = new Link(endpoint, options, this);
    this.#link.send(encodeMxQuestion());
    if (!this.#link.monitored) this.connected();
  }

  /** Whether its socket is gone. */
  get gone(): boolean {
    return this.#state === 'gone';
  }

  nextDeadline(): number {
    return Math.min(this.#dueAt, this.#link.nextDeadline());
  }

  tick(now: number): void {
    this.#link.tick(now);
    if (now >= this.#dueAt) this.#end(false);
  }

  /** Ask no more. */
  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closed';
    this.#dueAt = Infinity;
    this.#link.close(false);
  }

  #end(yes: boolean): void {
    if (this.#state !== 'open') return;
    this.close();
    this.#owner.answered(yes);
  }

  received(_link: Link, frames: readonly Frame[]): void {
    this.#end(decodeMxAnswer(frames) !== undefined);
  }

  drained(): void {
    return;
  }

  connected(): void {
    if (this.#state !== 'open') return;
    this.#dueAt = performance.now() + PATIENT_ANSWER_MS;
    this.#owner.wakeBy(this.#dueAt);
  }

  unreachable(): void {
    this.#end(false);
  }

  broken(): void {
    this.#end(false);
  }

  deadline(at: number): void {
    this.#owner.wakeBy(at);
  }

  ended(): void {
    this.#state = 'gone';
    this.#owner.settled();
  }
}
