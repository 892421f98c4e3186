// SPDX-License-Identifier: Apache-2.0
// service-labels - which services have metrics of their own: a bounded number, for clients can invent names

import type { ServiceStats } from '@mdp/broker';
import { grownBy, sumServices } from './service-sums.js';

/** So many services have metrics of their own. Each costs an eighth of a millisecond when they are written. */
export const MOST_SERVICES = 200;

/** What the rest is called. A service that calls itself so is one of the rest. */
export const OTHERS = '(others)';

/**
 * Gives the first services that have, or had, a worker a label each, and adds up all others.
 *
 * A service keeps its label while it is known, and after that while nobody else wants it: its metrics must not come and go.
 * What is counted for the others only ever grows, though services come to be known and are forgotten: at each look, what
 * each has grown by is added.
 */
export class ServiceLabels {
  readonly #most: number;
  /** Those that have one. */
  readonly #named = new Set<string>();
  #others: ServiceStats | undefined;
  /** How the others were at the last look. */
  #before = new Map<string, ServiceStats>();

  constructor(most = MOST_SERVICES) {
    this.#most = most;
  }

  /** The services that have a label, and after them the rest as one, when there is or was any. */
  limit(services: readonly ServiceStats[]): ServiceStats[] {
    this.#admit(services);
    const named: ServiceStats[] = [];
    const others = new Map<string, ServiceStats>();
    for (const service of services) {
      if (this.#named.has(service.name)) named.push(service);
      else others.set(service.name, service);
    }
    const rest = this.#rest(others);
    return rest === undefined ? named : [...named, rest];
  }

  /** Nobody can invent a service with a worker who is not let in as one. */
  #admit(services: readonly ServiceStats[]): void {
    const wanted = services.filter(
      ({ name, workers, dispatched }) => (workers > 0 || dispatched > 0) && name !== OTHERS && !this.#named.has(name),
    );
    if (wanted.length === 0) return;
    if (this.#named.size + wanted.length > this.#most) {
      const known = new Set(services.map(({ name }) => name));
      for (const name of this.#named) if (!known.has(name)) this.#named.delete(name);
    }
    for (const { name } of wanted) if (this.#named.size < this.#most) this.#named.add(name);
  }

  #rest(others: Map<string, ServiceStats>): ServiceStats | undefined {
    const now = { workers: 0, waiting: 0, busy: 0, queued: 0, oldestMs: 0 };
    for (const service of others.values()) {
      this.#others = added(this.#others, grownBy(service, this.#before.get(service.name)));
      now.workers += service.workers;
      now.waiting += service.waiting;
      now.busy += service.busy;
      now.queued += service.queued;
      now.oldestMs = Math.max(now.oldestMs, service.oldestMs);
    }
    this.#before = others;
    return this.#others === undefined ? undefined : { ...this.#others, ...now, name: OTHERS };
  }
}

function added(sum: ServiceStats | undefined, more: ServiceStats): ServiceStats {
  return sum === undefined ? more : sumServices(sum, more);
}
