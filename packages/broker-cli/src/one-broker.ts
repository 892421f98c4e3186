// SPDX-License-Identifier: Apache-2.0
// one-broker - a broker in this very thread

import type { BrokerOptions } from '@mdp/broker';
import { Broker } from '@mdp/broker';
import { logBroker } from './broker-log.js';
import type { Log } from './logger.js';
import { LoopLagMeter } from './loop-lag.js';
import { RequestLog } from './request-log.js';
import type { Listening, ServedBroker } from './served-broker.js';
import type { BrokerSnapshot } from './snapshot.js';
import type { Totals } from './totals.js';
import { totalsOf } from './totals.js';

/** Where a broker listens, and to whom. */
export function listeningOf(broker: Broker): Listening[] {
  return broker.listening.map(({ endpoint, role, curve, allow, services }) => ({
    role,
    endpoints: [endpoint],
    curve,
    allow: allow !== undefined,
    ...(services === undefined ? {} : { services }),
  }));
}

/** The broker as it is without `--threads`. */
export class OneBroker implements ServedBroker {
  readonly #broker: Broker;
  readonly #lag = new LoopLagMeter();
  #endLog: (() => void) | undefined;
  #requests: RequestLog | undefined;
  #told = false;
  failed = false;
  readonly ended: Promise<void>;
  #onEnded: () => void = () => undefined;

  /** @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` */
  constructor(options: BrokerOptions) {
    this.#broker = new Broker(options);
    this.ended = new Promise((resolve) => (this.#onEnded = resolve));
  }

  async start(log: Log): Promise<readonly Listening[]> {
    const broker = this.#broker;
    this.#endLog = logBroker(broker, log);
    this.#requests = new RequestLog(log);
    broker.once('stopped', () => {
      if (this.#told) return;
      this.failed = true;
      log.log('error', 'stopped', 'the broker has stopped without being told to');
      this.#onEnded();
    });
    await broker.start();
    return listeningOf(broker);
  }

  totals(): Promise<Totals> {
    return Promise.resolve(totalsOf(this.#broker.stats()));
  }

  snapshot(): Promise<BrokerSnapshot> {
    return Promise.resolve({ stats: this.#broker.stats(), lags: [this.#lag.read()], workers: this.#broker.workers() });
  }

  /** Its log is that of this thread. */
  setLogLevel(): void {
    this.#requests?.follow();
  }

  reloadKeys(): void {
    this.#broker.reloadKeys();
  }

  async stop(drainMs: number): Promise<Totals> {
    this.#told = true;
    await this.#broker.stop({ drainMs });
    return totalsOf(this.#broker.stats());
  }

  /** Its sockets are no obstacle: when the process ends, they do. */
  abandon(): undefined {
    this.#endLog?.();
    this.#requests?.close();
    this.#lag.close();
  }
}
