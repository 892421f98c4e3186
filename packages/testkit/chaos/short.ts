// SPDX-License-Identifier: Apache-2.0
// short - scenarios as tests: each fault once, and no promise broken

import { describe, expect, test } from '@jest/globals';
import { ALL_SCENARIOS } from '../src/chaos/groups.js';
import type { Wires } from '../src/chaos/load.js';
import { runScenario, troubleOf } from '../src/chaos/run.js';
import { whyNoNetwork } from '../src/namespaces.js';

/** What is run, and on which wires. */
export type Short = readonly (readonly [scenario: string, wires: Wires])[];

/** The schedule of each run follows from it; `MDP_CHAOS_SEED` adds another one. */
const SEEDS = [1, ...(process.env['MDP_CHAOS_SEED'] ? [Number(process.env['MDP_CHAOS_SEED'])] : [])];

function note(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Run each scenario as a test. */
export function keepPromises(short: Short): void {
  describe.each(SEEDS)('with the seed %d', (seed) => {
    test.each(short)('%s on %s keeps its promises', async (name, wires) => {
      const scenario = ALL_SCENARIOS.find((one) => one.name === name);
      if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
      const run = await runScenario({ scenario, wires, seed, quietMs: 300 });
      const { requests, replies, orphaned } = run.report.all;
      const sums = `${String(requests)} requests, ${String(replies)} replies, ${String(orphaned)} gone with their clients`;
      note(`${name} on ${wires}: ${String(run.report.faults.length)} faults, ${sums}`);
      expect(troubleOf(run)).toBe('');
      // All faults were inflicted, and there was something to be hit.
      expect(run.report.faults.map(({ fault }) => fault.kind).sort()).toEqual(
        scenario.faults.map((fault) => fault.name).sort(),
      );
      expect(replies).toBeGreaterThan(100);
    });
  });
}

/** The same on hosts of their own; it is skipped, and the reason told, where they cannot be made. */
export function keepPromisesOnHosts(short: Short): void {
  const missing = whyNoNetwork();
  if (missing === undefined) {
    keepPromises(short);
    return;
  }
  note(`chaos with a network between hosts is skipped: ${missing}`);
  test.skip.each(short)('%s on %s keeps its promises', () => undefined);
}
