// SPDX-License-Identifier: Apache-2.0
// quiet - whether the machine is ours: a figure that was taken beside other work says little

import { cpus } from 'node:os';
import type { Progress, Trial } from './rounds.js';

/** Up to so much of the machine may be at work elsewhere while something is measured. */
const DISTURBED_FROM = 0.1;
/** How often a measurement that was disturbed is repeated. */
const REPEATS = 3;
/** How long the machine is looked at before a measurement, in milliseconds. */
const LOOK_MS = 250;

/** What says how much others did meanwhile. */
export interface Disturbed {
  /** The part of all processors' time that went to processes other than the measured ones, from 0 to 1. */
  readonly othersShare: number;
}

/** Processor time since the machine started, over all processors, in milliseconds. */
export interface MachineTime {
  readonly busyMs: number;
  readonly totalMs: number;
}

/** Read the machine's clock of work. */
export function machineTime(): MachineTime {
  let busyMs = 0;
  let totalMs = 0;
  for (const { times } of cpus()) {
    const busy = times.user + times.nice + times.sys + times.irq;
    busyMs += busy;
    totalMs += busy + times.idle;
  }
  return { busyMs, totalMs };
}

/**
 * The part of the machine that others used between two readings.
 *
 * @param oursMs - processor time of the processes under measurement in between, in milliseconds
 */
export function othersShare(before: MachineTime, after: MachineTime, oursMs: number): number {
  const totalMs = after.totalMs - before.totalMs;
  return totalMs > 0 ? Math.max(0, after.busyMs - before.busyMs - oursMs) / totalMs : 0;
}

/** Wait until others leave the machine alone, at most so long. */
async function waitForQuiet(patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    const before = machineTime();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (othersShare(before, machineTime(), 0) <= DISTURBED_FROM) return;
  }
}

/**
 * A trial that waits for a quiet machine, and is repeated when it was disturbed all the same; the least disturbed
 * measurement counts.
 *
 * @param patienceMs - how long to wait before each measurement, in milliseconds; 0 takes the machine as it is, once
 */
export function undisturbed<T extends Disturbed>(trial: Trial<T>, patienceMs: number, progress: Progress): Trial<T> {
  if (patienceMs === 0) return trial;
  return {
    name: trial.name,
    async measure() {
      let best: T | undefined;
      for (let i = 0; i <= REPEATS; i++) {
        await waitForQuiet(patienceMs);
        const found = await trial.measure();
        if (best === undefined || found.othersShare < best.othersShare) best = found;
        if (best.othersShare <= DISTURBED_FROM) return best;
        progress(`  others took ${(found.othersShare * 100).toFixed(0)} % of the machine meanwhile`);
      }
      return best as T;
    },
  };
}
