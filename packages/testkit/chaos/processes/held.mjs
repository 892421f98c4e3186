// SPDX-License-Identifier: Apache-2.0
// held - what a process tells of itself when it is asked: its memory, its open files, its stats; and a leak that can be planted
import { readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { say } from '../../faults/processes/report.mjs';

/** How many files this process has open, and what memory it has after a garbage collection. */
async function usage() {
  globalThis.gc?.();
  // What native code holds for what was collected, it lets go in the turn after.
  await nextTurn();
  await nextTurn();
  const { rss, heapUsed, external } = process.memoryUsage();
  const files = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
  return { rss, heap: heapUsed, external, files };
}

/** How often something is leaked, in milliseconds. */
const DRIP_MS = 100;

const leaked = [];

/** Keep so many bytes of the heap in each second, for good: whoever watches has to notice. */
function leak({ bytesPerSecond }) {
  // Small integers in an array take eight bytes each at most, and nothing outside of the heap.
  const items = Math.ceil((bytesPerSecond * DRIP_MS) / 1000 / 8);
  setInterval(() => leaked.push(Array.from({ length: items }, (_, i) => i)), DRIP_MS).unref();
}

/** The orders by which a process is watched. */
export function watched(stats) {
  return { stats: async () => say('stats', { stats: stats(), usage: await usage() }), leak };
}
