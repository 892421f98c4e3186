// SPDX-License-Identifier: Apache-2.0
// chaos.test - the short version of `npm run chaos`: every fault of processes once, and no promise broken

import { describe, expect, test } from '@jest/globals';
import { ALL_SCENARIOS } from '../src/chaos/groups.js';
import type { Wires } from '../src/chaos/load.js';
import { runScenario, troubleOf } from '../src/chaos/run.js';

/** What is run, and on which wires: each fault of each role on one of them. */
const SHORT: readonly (readonly [scenario: string, wires: Wires])[] = [
  ['workers', 'mx'],
  ['workers-once', 'strict'],
  ['broker', 'strict'],
  ['broker-once', 'mx'],
  ['clients', 'strict'],
  ['client-vanishes', 'mx'],
  ['rolling-workers', 'mx'],
  ['rolling-workers', 'strict'],
  ['rolling-broker', 'mx'],
  ['rolling-broker', 'strict'],
  ['one-of-three', 'auto'],
  ['one-of-three-once', 'strict'],
  ['rolling-three', 'mx'],
];

/** The schedule of each run follows from it; `MDP_CHAOS_SEED` adds another one. */
const SEEDS = [1, ...(process.env['MDP_CHAOS_SEED'] ? [Number(process.env['MDP_CHAOS_SEED'])] : [])];

describe.each(SEEDS)('with the seed %d', (seed) => {
  test.each(SHORT)('%s on %s keeps its promises', async (name, wires) => {
    const scenario = ALL_SCENARIOS.find((one) => one.name === name);
    if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
    const run = await runScenario({ scenario, wires, seed, quietMs: 500 });
    const { requests, replies, orphaned } = run.report.all;
    const sums = `${String(requests)} requests, ${String(replies)} replies, ${String(orphaned)} gone with their clients`;
    process.stdout.write(`${name} on ${wires}: ${String(run.report.faults.length)} faults, ${sums}\n`);
    expect(troubleOf(run)).toBe('');
    // All faults were inflicted, and there was something to be hit.
    expect(run.report.faults.map(({ fault }) => fault.kind).sort()).toEqual(
      scenario.faults.map((fault) => fault.name).sort(),
    );
    expect(replies).toBeGreaterThan(100);
  });
});
