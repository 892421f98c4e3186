// SPDX-License-Identifier: Apache-2.0
// process-usage - what a process that is not one of ours has used so far, as Linux tells it

import { readFile, readdir } from 'node:fs/promises';
import type { Usage } from './children.js';

/**
 * Read the processor time of a thread from `/proc/PID/task/TID/schedstat`. What `/proc/PID/stat` says for the whole process
 * is in hundredths of a second: too coarse for a server that uses a few of them in a run.
 *
 * @returns user and system, in microseconds
 */
export function parseThreadCpu(schedstat: string): number {
  return Number(/^(\d+) /.exec(schedstat)?.[1]) / 1000;
}

/**
 * Read the resident memory from `/proc/PID/status`.
 *
 * @returns bytes
 */
export function parseResident(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** What a process has used so far, in the threads that it has; rejects where there is no `/proc`. */
export async function usageOf(pid: number): Promise<Usage> {
  const folder = `/proc/${String(pid)}`;
  const threads = await readdir(`${folder}/task`);
  const times = await Promise.all(threads.map((thread) => cpuOfThread(`${folder}/task/${thread}/schedstat`)));
  return {
    cpuUs: times.reduce((sum, us) => sum + us, 0),
    rssBytes: parseResident(await readFile(`${folder}/status`, 'utf8')),
  };
}

async function cpuOfThread(path: string): Promise<number> {
  try {
    return parseThreadCpu(await readFile(path, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // It ended since we asked which threads there are. The servers that are measured keep theirs.
    if (code === 'ENOENT' || code === 'ESRCH') return 0;
    throw error;
  }
}
