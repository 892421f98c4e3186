// SPDX-License-Identifier: Apache-2.0
// endpoint - one broker of a worker: on which wire it is spoken to, and the connections to it

import type { ConnectionShared } from './connection.js';
import { Connection } from './connection.js';
import { Probe } from './probe.js';
import { Orphans } from './state/orphans.js';
import { WireChoice } from './state/wire-choice.js';
import type { EndpointStats } from './stats.js';
import type { Service } from './wire.js';

/**
 * Everything between a worker and one broker.
 *
 * - Strict: one connection for each service and unit of `concurrency`.
 * - MX: one connection for all.
 * - Where the broker is asked, the MX connection goes first and asks. A yes makes it the only one. Otherwise the strict ones
 *   take its place, until none of them stands any more and one is due to be opened: then it is asked again.
 */
export class Endpoint {
  readonly endpoint: string;
  readonly #shared: ConnectionShared;
  readonly #orphans: Orphans;
  readonly #choice: WireChoice;
  readonly #mx: Connection | undefined;
  readonly #strict: readonly Connection[];
  readonly #all: readonly Connection[];
  /** Those of the wire that is spoken, or asked about. */
  #inUse: readonly Connection[];
  #probe: Probe | undefined;

  constructor(endpoint: string, services: readonly Service[], shared: ConnectionShared) {
    const { wire, concurrency } = shared.options;
    this.endpoint = endpoint;
    this.#shared = shared;
    const orphans = (this.#orphans = new Orphans(concurrency * services.length));
    this.#choice = new WireChoice(wire);
    const declined = (answer: 'no' | 'silence'): void => {
      this.#choice.answered(answer);
      this.#startStrict(performance.now());
    };
    this.#mx =
      wire === 'rfc18'
        ? undefined
        : new Connection({ endpoint, wire: 'mx', services, orphans, ...(wire === 'auto' ? { declined } : {}) }, shared);
    this.#strict =
      wire === 'mx'
        ? []
        : services.flatMap((service) =>
            Array.from(
              { length: concurrency },
              () => new Connection({ endpoint, wire: 'rfc18', services: [service], orphans }, shared),
            ),
          );
    this.#all = this.#mx === undefined ? this.#strict : [this.#mx, ...this.#strict];
    this.#inUse = this.#mx === undefined ? this.#strict : [this.#mx];
  }

  /** Why ZeroMQ gave no socket, the last time that it did not. */
  get openError(): unknown {
    return this.#all.find(({ openError }) => openError !== undefined)?.openError;
  }

  /** Whether everything has stopped, and all sockets are gone. */
  get stopped(): boolean {
    return (
      this.#probe === undefined && this.#all.every(({ state, hasSockets }) => state.phase === 'stopped' && !hasSockets)
    );
  }

  /** Whether a request may come yet. */
  get expectant(): boolean {
    return this.#all.some(({ state }) => state.expectant);
  }

  /** Open the first connections. */
  start(now: number): void {
    if (this.#mx === undefined) this.#startStrict(now);
    else this.#mx.state.start(now);
  }

  #startStrict(now: number): void {
    this.#inUse = this.#strict;
    for (const { state } of this.#strict) state.start(now);
    this.#shared.wakeBy(this.nextDeadline());
  }

  nextDeadline(): number {
    let at = this.#probe?.nextDeadline() ?? Infinity;
    for (const connection of this.#all) at = Math.min(at, connection.nextDeadline());
    return at;
  }

  tick(now: number): void {
    this.#probe?.tick(now);
    if (this.#mx?.state.phase === 'stopped' && this.#isAnew(now)) {
      const step = this.#choice.next();
      if (step === 'ask') this.#ask(this.#mx, now);
      else if (step === 'ask beside') this.#askBeside();
    }
    for (const connection of this.#all) connection.tick(now);
  }

  /** Whether no strict connection stands, and one of them is due to be opened. */
  #isAnew(now: number): boolean {
    let due = false;
    for (const { state } of this.#strict) {
      const { phase } = state;
      if (phase === 'idle' || phase === 'busy') return false;
      if (phase === 'backoff' && now >= state.nextDeadline()) due = true;
    }
    return due;
  }

  #ask(mx: Connection, now: number): void {
    for (const { state } of this.#strict) state.park();
    this.#inUse = [mx];
    mx.state.start(now);
  }

  #askBeside(): void {
    if (this.#probe !== undefined) return;
    let probe: Probe | undefined;
    try {
      probe = new Probe(this.endpoint, this.#shared, {
        answered: (yes) => {
          this.#choice.answered(yes ? 'yes' : 'silence');
        },
        wakeBy: (at) => {
          this.#shared.wakeBy(at);
        },
        settled: () => {
          if (this.#probe === probe) this.#probe = undefined;
          this.#shared.settled();
        },
      });
    } catch {
      // There is no socket for a question that nobody waits for: it is asked another time.
      return;
    }
    this.#probe = probe;
  }

  /** This process stood still. */
  stalled(now: number, since: number): void {
    for (const { state } of this.#all) state.stalled(now, since);
  }

  /** Stop as soon as what runs has ended. @param graceful - serve, too, what comes before the broker knows */
  drain(graceful: boolean): void {
    this.#probe?.close();
    for (const { state } of this.#all) state.drain(graceful);
  }

  /** Stop now. */
  abandon(): void {
    this.#probe?.close();
    for (const { state } of this.#all) state.abandon();
  }

  stats(): EndpointStats {
    const connections = this.#inUse;
    let registered = 0;
    let busy = 0;
    let inFlight = 0;
    for (const { state } of connections) {
      if (state.phase === 'idle' || state.phase === 'busy') registered++;
      if (state.phase === 'busy') busy++;
      inFlight += state.inFlight;
    }
    const asking = connections !== this.#strict && this.#strict.length > 0 && registered === 0;
    const wire = connections === this.#strict ? 'rfc18' : asking ? 'asking' : 'mx';
    const counts = { connections: connections.length, registered, busy, inFlight, orphans: this.#orphans.count };
    return { endpoint: this.endpoint, wire, ...counts };
  }
}
