// SPDX-License-Identifier: Apache-2.0
// plan - which runs there are, and what each gets of the time

import type { Wires } from './load.js';
import type { Scenario } from './scenario-parts.js';

/** One run to be made. */
export interface Planned {
  readonly scenario: Scenario;
  readonly wires: Wires;
}

/**
 * Each scenario on each of its wires.
 *
 * @param wires - only on this one, if any
 */
export function planOf(scenarios: readonly Scenario[], wires?: Wires): Planned[] {
  return scenarios.flatMap((scenario) =>
    scenario.wires.filter((one) => wires === undefined || one === wires).map((one) => ({ scenario, wires: one })),
  );
}

/** Whether it needs a network between hosts. */
export function needsHosts({ scenario }: Planned): boolean {
  return scenario.settings.hosts !== undefined;
}

/**
 * What the first of some runs gets of the time that is left: as much for each of its faults as the others. So that all faults come
 * about as often, and what one run takes too long is missing in all that follow.
 *
 * @param left - the runs that are still to be made
 * @param leftMs - the time for all of them, in milliseconds
 */
export function shareOf(left: readonly Planned[], leftMs: number): number {
  const faults = left.reduce((sum, { scenario }) => sum + scenario.faults.length, 0);
  return faults === 0 ? 0 : (leftMs * (left[0]?.scenario.faults.length ?? 0)) / faults;
}
