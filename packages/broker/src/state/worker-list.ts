// SPDX-License-Identifier: Apache-2.0
// worker-list - the registered workers, one by one, for people

import type { WorkerStats } from '../stats.js';
import type { Connection } from './connection.js';
import { describeWorker } from './describe.js';

/**
 * Workers as they stand now.
 *
 * @param most - no more than so many are told of
 */
export function describeWorkers(now: number, connections: Iterable<Connection>, most: number): WorkerStats[] {
  const told: WorkerStats[] = [];
  for (const connection of connections) {
    for (const worker of connection.workers.values()) {
      if (told.length >= most) return told;
      told.push({
        ...describeWorker(worker),
        ageMs: Math.max(0, Math.round(now - worker.since)),
        silentMs: Math.max(0, Math.round(now - worker.life.heardAt)),
        held: worker.held.size,
        credit: worker.credit,
      });
    }
  }
  return told;
}
