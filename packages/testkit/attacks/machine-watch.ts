// SPDX-License-Identifier: Apache-2.0
// machine-watch - how much of the machine others use while something is measured

import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** The unit of times in `/proc/PID/stat`, in milliseconds. */
const TICK_MS = 10;

/** Processor time of a process and all its threads so far, in milliseconds; 0 where the system does not tell. */
function processMs(pid: number): number {
  const file = `/proc/${String(pid)}/stat`;
  if (!existsSync(file)) return 0;
  // Its name comes in parentheses, and may have any characters.
  const fields = readFileSync(file, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Processor time since the machine started, over all processors, in milliseconds. */
function machineMs(): { readonly busy: number; readonly all: number } {
  let busy = 0;
  let all = 0;
  for (const { times } of cpus()) {
    const used = times.user + times.nice + times.sys + times.irq;
    busy += used;
    all += used + times.idle;
  }
  return { busy, all };
}

/** Watches the machine from when it is made. */
export class MachineWatch {
  readonly #pids: readonly number[];
  readonly #before = machineMs();
  readonly #oursBefore: number;

  /** @param pids - the processes that are ours; they must go on until the end */
  constructor(pids: readonly number[]) {
    this.#pids = pids;
    this.#oursBefore = this.#ours();
  }

  #ours(): number {
    return this.#pids.reduce((sum, pid) => sum + processMs(pid), 0);
  }

  /** The part of all processors' time that others have used until now, from 0 to 1; 0 where the system does not tell what is ours. */
  othersShare(): number {
    const ours = this.#ours() - this.#oursBefore;
    if (ours === 0) return 0;
    const { busy, all } = machineMs();
    return Math.max(0, busy - this.#before.busy - ours) / Math.max(1, all - this.#before.all);
  }
}
