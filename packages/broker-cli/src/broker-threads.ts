// SPDX-License-Identifier: Apache-2.0
// broker-threads - several brokers, each in a thread of its own, run as one

import type { BrokerOptions, EndpointOptions } from '@mdp/broker';
import { context } from 'zeromq';
import { BrokerThread } from './broker-thread.js';
import type { LogLevel } from './log-levels.js';
import type { Log } from './logger.js';
import type { BrokerSnapshot } from './snapshot.js';
import { mergeSnapshots } from './snapshot.js';
import type { Listening, ServedBroker } from './served-broker.js';
import type { Totals } from './totals.js';
import { sumTotals } from './totals.js';

/**
 * How long threads may take to close when the process is to end at once, in milliseconds: a broker gives slow readers
 * one second and its endpoints another.
 */
const ABANDON_MS = 3000;

/** What the brokers are told. */
export interface BrokerThreadsOptions {
  /** What holds for all of them. */
  readonly broker: BrokerOptions;
  /** Where each of them listens. */
  readonly threads: readonly (readonly EndpointOptions[])[];
  readonly logLevel: LogLevel;
}

/** Brokers that know nothing of one another (RFC 18: virtual brokers), started and stopped together. */
export class BrokerThreads implements ServedBroker {
  readonly #options: BrokerThreadsOptions;
  #threads: readonly BrokerThread[] = [];
  failed = false;
  readonly ended: Promise<void>;
  #onEnded: () => void = () => undefined;

  constructor(options: BrokerThreadsOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => (this.#onEnded = resolve));
  }

  async start(log: Log): Promise<readonly Listening[]> {
    const { broker, threads, logLevel } = this.#options;
    // zeromq.js has one default context in the whole process, whatever thread asks for it, and one I/O thread in that:
    // all brokers would wait for it. What is set before the first socket holds for all of them.
    context.ioThreads = threads.length;
    const failed = (): void => {
      this.failed = true;
      this.#onEnded();
    };
    this.#threads = threads.map(
      (endpoints, i) => new BrokerThread(i + 1, { options: { ...broker, endpoints }, logLevel }, log, failed),
    );
    const starts = await Promise.allSettled(this.#threads.map(({ listening }) => listening));
    const bound: (readonly Listening[])[] = [];
    for (const start of starts) {
      if (start.status === 'fulfilled') {
        bound.push(start.value);
        continue;
      }
      await this.abandon();
      throw start.reason;
    }
    // All have the same endpoints, in the same order.
    const [first = []] = bound;
    return first.map((rights, i) => ({ ...rights, endpoints: bound.flatMap((one) => one[i]?.endpoints ?? []) }));
  }

  reloadKeys(): void {
    for (const thread of this.#threads) thread.reloadKeys();
  }

  async totals(): Promise<Totals> {
    return this.#sum((thread) => thread.totals());
  }

  async snapshot(): Promise<BrokerSnapshot> {
    const answers = await Promise.all(this.#threads.map((thread) => thread.snapshot()));
    return mergeSnapshots(answers.filter((snapshot) => snapshot !== undefined));
  }

  setLogLevel(level: LogLevel): void {
    for (const thread of this.#threads) thread.setLogLevel(level);
  }

  async stop(drainMs: number): Promise<Totals> {
    return this.#sum((thread) => thread.stop(drainMs));
  }

  async #sum(ask: (thread: BrokerThread) => Promise<Totals | undefined>): Promise<Totals> {
    const answers = await Promise.all(this.#threads.map(ask));
    return sumTotals(answers.filter((totals) => totals !== undefined));
  }

  /** The process may not end while a thread has open sockets: see thread-main. */
  abandon(): Promise<void> | undefined {
    if (this.#threads.every(({ gone }) => gone)) return undefined;
    return new Promise((resolve) => {
      // A thread that does not even listen any more must not keep the process: it then ends by SIGABRT, but it ends.
      const timer = setTimeout(resolve, ABANDON_MS);
      void this.stop(0).then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
