// SPDX-License-Identifier: Apache-2.0
// broker-thread - a thread with a broker of its own, as the main thread sees it

import { Worker } from 'node:worker_threads';
import { Answers } from './answers.js';
import { errorCode, errorMessage } from './exit-codes.js';
import type { LogLevel } from './log-levels.js';
import type { Log } from './logger.js';
import { printable } from './printable.js';
import type { Listening } from './served-broker.js';
import type { ThreadSnapshot } from './snapshot.js';
import type { FromThread, ThreadData, ThreadError, ToThread } from './thread-messages.js';
import { inThread } from './thread-log.js';
import type { Totals } from './totals.js';

const SCRIPT = new URL('./thread-main.js', import.meta.url);

/** One thread. It begins to start when it is made, and ends by itself: nothing here may end it (see thread-main). */
export class BrokerThread {
  readonly #worker: Worker;
  readonly #log: Log;
  readonly #onFailed: () => void;
  /**
   * Where it listens, once every endpoint is bound.
   *
   * Rejects with what its broker threw, which has its `code` but not its class.
   */
  readonly listening: Promise<readonly Listening[]>;
  /** Resolves when the thread is gone. */
  readonly exited: Promise<void>;
  #settle: { listening: (listening: readonly Listening[]) => void; failed: (error: Error) => void } | undefined;
  /** Whether it has said why it ends. */
  #explained = false;
  #gone = false;
  readonly #totals = new Answers<Totals>();
  readonly #snapshots = new Answers<ThreadSnapshot>();

  /**
   * @param number - from 1
   * @param log - for its lines, and for why it failed
   * @param onFailed - it was serving, and has failed
   */
  constructor(number: number, data: ThreadData, log: Log, onFailed: () => void) {
    this.#log = inThread(log, number);
    this.#onFailed = onFailed;
    this.listening = new Promise((resolve, reject) => (this.#settle = { listening: resolve, failed: reject }));
    this.#worker = new Worker(SCRIPT, { workerData: data, name: `broker ${String(number)}` });
    this.#worker.on('message', (message: FromThread) => {
      this.#hear(message);
    });
    // It could not even begin, or its own way to end has failed: thread-main catches everything else.
    this.#worker.on('error', (error) => {
      this.#failed({ message: errorMessage(error), code: errorCode(error), stack: error.stack });
    });
    this.exited = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        if (!this.#explained) this.#failed({ message: 'it has ended without being told to' });
        this.#gone = true;
        this.#totals.end();
        this.#snapshots.end();
        resolve();
      });
    });
  }

  #hear(message: FromThread): void {
    switch (message.type) {
      case 'log':
        this.#log.log(message.level, message.event, message.message, message.fields);
        break;
      case 'listening':
        this.#settle?.listening(message.listening);
        this.#settle = undefined;
        break;
      case 'startFailed':
      case 'failed':
        this.#failed(message.error);
        break;
      case 'stopped':
        this.#explained = true;
        this.#totals.last = message.totals;
        break;
      case 'totals':
        this.#totals.give(message.totals);
        break;
      case 'snapshot':
        this.#snapshots.give(message.snapshot);
    }
  }

  #failed(error: ThreadError): void {
    this.#explained = true;
    if (this.#settle !== undefined) {
      const { message, code, stack } = error;
      this.#settle.failed(Object.assign(new Error(message), { code, stack }));
      this.#settle = undefined;
      return;
    }
    const lines = (error.stack ?? error.message).split('\n').map((line) => printable(line));
    this.#log.log('error', 'threadFailed', `it has failed, and the broker ends: ${lines.join('\n')}`, {
      error: error.message,
    });
    this.#onFailed();
  }

  #tell(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  /** What its broker does and has done; the last that is known when it is gone, nothing when it never said. */
  totals(): Promise<Totals | undefined> {
    return this.#totals.next(() => {
      this.#tell({ type: 'tellTotals' });
    });
  }

  /** All that it tells of itself; the last that is known when it is gone, nothing when it never said. */
  snapshot(): Promise<ThreadSnapshot | undefined> {
    return this.#snapshots.next(() => {
      this.#tell({ type: 'tellSnapshot' });
    });
  }

  /** Log so much from now on. */
  setLogLevel(level: LogLevel): void {
    this.#tell({ type: 'setLogLevel', level });
  }

  /** Let its broker read its lists of allowed keys again. */
  reloadKeys(): void {
    this.#tell({ type: 'reloadKeys' });
  }

  /** Stop its broker; called again it can only be shortened. Resolves when the thread is gone. */
  async stop(drainMs: number): Promise<Totals | undefined> {
    this.#tell({ type: 'stop', drainMs });
    await this.exited;
    return this.#totals.last;
  }

  /** Whether the thread is gone. */
  get gone(): boolean {
    return this.#gone;
  }
}
