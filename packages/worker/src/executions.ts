// SPDX-License-Identifier: Apache-2.0
// executions - requests of one name are executed once: later ones wait for the first, or get the reply that it got

import type { Frame } from '@mdp/protocol';
import type { ExecutionOwner, Waiter } from './execution.js';
import { Execution } from './execution.js';
import type { Handler } from './request.js';
import { runHandler } from './run-handler.js';
import type { DuplicatesLimits } from './state/duplicates.js';
import { Duplicates } from './state/duplicates.js';
import type { DuplicateCounters, RememberedStats } from './stats.js';

/** The executions of a worker, at all of its brokers. */
export class Executions implements ExecutionOwner {
  readonly #duplicates: Duplicates<Execution>;
  readonly #counters: DuplicateCounters;

  constructor(limits: DuplicatesLimits, counters: DuplicateCounters) {
    this.#duplicates = new Duplicates(limits, counters);
    this.#counters = counters;
  }

  /** Serve a request that has a name. */
  serve(id: Frame, handler: Handler, waiter: Waiter): void {
    const { job, responder } = waiter;
    // The name of a service has no control characters.
    const name = `${job.service}\0${Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1')}`;
    const running = this.#duplicates.running(name);
    if (running !== undefined) {
      this.#counters.joined++;
      running.join(waiter);
      return;
    }
    const known = this.#duplicates.reply(performance.now(), name);
    if (known === undefined) {
      this.#run(new Execution(name, handler, this, waiter));
    } else {
      this.#counters.remembered++;
      responder.final(job, known.body);
    }
  }

  #run(execution: Execution): void {
    this.#duplicates.begin(execution.name, execution);
    runHandler(execution, execution.handler, execution, execution);
  }

  forget(execution: Execution): void {
    this.#duplicates.forget(execution.name, execution);
  }

  replied(execution: Execution, body: readonly Frame[]): void {
    this.#duplicates.end(performance.now(), execution.name, execution, body);
  }

  again({ name, handler }: Execution, waiters: readonly Waiter[]): void {
    const [first, ...others] = waiters;
    if (first !== undefined) this.#run(new Execution(name, handler, this, first, ...others));
  }

  /** Let go what was remembered for long enough. */
  tick(now: number): void {
    this.#duplicates.sweep(now);
  }

  stats(): RememberedStats {
    return { replies: this.#duplicates.size, bytes: this.#duplicates.bytes };
  }
}
