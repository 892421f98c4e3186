// SPDX-License-Identifier: Apache-2.0
// process-usage - what a process that is not one of ours has used so far, as Linux tells it

import { readFile } from 'node:fs/promises';
import type { Usage } from './children.js';

/** Linux counts in hundredths of a second here, whatever its own clock does. */
const TICK_US = 10_000;
/** Where `utime` and `stime` stand behind the name in `/proc/PID/stat`. */
const UTIME = 11;

/**
 * Read the processor time from `/proc/PID/stat`.
 *
 * @returns user and system, all threads, in microseconds
 */
export function parseCpu(stat: string): number {
  // The name of the program stands in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME]) + Number(fields[UTIME + 1])) * TICK_US;
}

/**
 * Read the resident memory from `/proc/PID/status`.
 *
 * @returns bytes
 */
export function parseResident(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** What a process has used so far; rejects where there is no `/proc`. */
export async function usageOf(pid: number): Promise<Usage> {
  const [stat, status] = await Promise.all(
    ['stat', 'status'].map((file) => readFile(`/proc/${String(pid)}/${file}`, 'utf8')),
  );
  return { cpuUs: parseCpu(stat ?? ''), rssBytes: parseResident(status ?? '') };
}
