// SPDX-License-Identifier: Apache-2.0
// snapshot - all that a broker tells of itself, and that of several as one

import type { BrokerStats, WorkerStats } from '@mdp/broker';
import type { LoopLag } from './loop-lag.js';
import { mergeServices } from './service-sums.js';
import { sumNumbers, sumTotals } from './totals.js';

/** What one thread tells: its broker, and its event loop. */
export interface ThreadSnapshot {
  readonly stats: BrokerStats;
  readonly lag: LoopLag;
  readonly workers: readonly WorkerStats[];
}

/** What all threads tell, as one broker, and what each of them tells for itself. */
export interface BrokerSnapshot {
  readonly stats: BrokerStats;
  /** One for each thread; one alone when the broker has no thread of its own. */
  readonly lags: readonly LoopLag[];
  /** Single workers, up to 1,000 of each thread. */
  readonly workers: readonly WorkerStats[];
}

/** How far a broker is, from the one that serves to the one that does not. */
const STATES: readonly BrokerStats['state'][] = ['running', 'new', 'draining', 'stopped'];

/** All have the same sockets, in the same order, and the same lists. */
function mergeListening(all: readonly BrokerStats['listening'][]): BrokerStats['listening'] {
  const [first = []] = all;
  return first.map((one, i) => {
    const others = all.flatMap((listening) => listening.slice(i, i + 1));
    return {
      ...one,
      endpoints: others.flatMap(({ endpoints }) => endpoints),
      keysAccepted: others.reduce((sum, { keysAccepted }) => sum + keysAccepted, 0),
      keysRefused: sumNumbers<Record<string, number>>(others.map(({ keysRefused }) => keysRefused)),
    };
  });
}

/**
 * Put together what several threads tell.
 *
 * @param threads - one or more
 */
export function mergeSnapshots(threads: readonly ThreadSnapshot[]): BrokerSnapshot {
  const all = threads.map(({ stats }) => stats);
  const lags = threads.map(({ lag }) => lag);
  const workers = threads.flatMap((thread) => thread.workers);
  const [first, ...others] = all;
  if (first === undefined) throw new Error('there is no thread whose snapshot could be taken');
  if (others.length === 0) return { stats: first, lags, workers };
  const stats: BrokerStats = {
    version: first.version,
    endpoints: all.flatMap(({ endpoints }) => endpoints),
    listening: mergeListening(all.map(({ listening }) => listening)),
    // What one of them does not do any more, all together do not.
    state: STATES[Math.max(...all.map(({ state }) => STATES.indexOf(state)))] ?? first.state,
    services: mergeServices(all.map(({ services }) => services)),
    workers: sumNumbers(all.map(({ workers }) => workers)),
    connections: all.reduce((sum, { connections }) => sum + connections, 0),
    outbox: sumNumbers(all.map(({ outbox }) => outbox)),
    ...sumTotals(all),
  };
  return { stats, lags, workers };
}
