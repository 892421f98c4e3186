// SPDX-License-Identifier: Apache-2.0
// leftovers - what processes still hold although nobody wants anything of them any more

import { waitUntil } from '../wait.js';
import type { Cluster, Member } from './cluster.js';
import { unwanted } from './gauges.js';

/** How long a broker may take to find out that nobody is left, in milliseconds: one that stood still for long takes its time. */
const SETTLE_MS = 30_000;

/**
 * Wait until processes of a cluster in which nobody asks for anything hold nothing.
 *
 * @param members - which. Default: the brokers
 * @returns what they hold instead, in words; empty when all is well. Majortomo's brokers are not asked.
 */
export async function leftovers(cluster: Cluster, members: readonly Member[] = cluster.brokers): Promise<string[]> {
  const texts = await Promise.all(
    members
      .filter(({ counts }) => counts)
      .map(async (member) => {
        let held = '';
        try {
          await waitUntil(
            `${member.name} to hold nothing`,
            async () => {
              const left = unwanted((await cluster.held(member)).stats);
              held = JSON.stringify(left);
              return Object.keys(left).length === 0;
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
