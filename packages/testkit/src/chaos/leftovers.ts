// SPDX-License-Identifier: Apache-2.0
// leftovers - what brokers still hold although nobody wants anything of them any more

import { waitUntil } from '../wait.js';
import type { Cluster } from './cluster.js';

/** How long a broker may take to find out that nobody is left, in milliseconds: one that stood still for long takes its time. */
const SETTLE_MS = 30_000;

/**
 * Wait until the brokers of a cluster without clients hold nothing.
 *
 * @returns what they hold instead, in words; empty when all is well. Majortomo's brokers are not asked.
 */
export async function leftovers(cluster: Cluster): Promise<string[]> {
  const all = cluster.brokers.filter(({ counts }) => counts);
  const texts = await Promise.all(
    all.map(async (broker) => {
      let held = '';
      try {
        await waitUntil(
          `${broker.name} to hold nothing`,
          async () => {
            const { stats } = await cluster.stats(broker);
            const { queued, running, pendingBytes } = stats.requests;
            held = JSON.stringify({ ...stats.requests, outbox: stats.outbox });
            return queued === 0 && running === 0 && pendingBytes === 0 && stats.outbox.messages === 0;
          },
          SETTLE_MS,
        );
        return [];
      } catch (error) {
        return [`${error instanceof Error ? error.message : String(error)}: ${held}`];
      }
    }),
  );
  return texts.flat();
}
