// SPDX-License-Identifier: Apache-2.0
// plan.test - which runs are made, and how the time is shared out

import { describe, expect, test } from '@jest/globals';
import { USUAL_SCENARIOS } from '../../src/chaos/groups.js';
import type { Planned } from '../../src/chaos/plan.js';
import { needsHosts, planOf, shareOf } from '../../src/chaos/plan.js';
import type { Scenario } from '../../src/chaos/scenario-parts.js';

const [some] = USUAL_SCENARIOS;
if (some === undefined) throw new Error('there are no scenarios');

function scenario(name: string, faults: number, facts: Partial<Scenario> = {}): Scenario {
  const [fault] = (some as Scenario).faults;
  if (fault === undefined) throw new Error('there are no faults');
  return { ...(some as Scenario), name, faults: Array.from({ length: faults }, () => fault), ...facts };
}

function named(plan: readonly Planned[]): string[] {
  return plan.map((one) => `${one.scenario.name} ${one.wires}`);
}

describe('the plan', () => {
  const both = scenario('both', 1, { wires: ['strict', 'mx'] });
  const one = scenario('one', 1, { wires: ['mx'] });

  test('has each scenario on each of its wires, or on one', () => {
    expect(named(planOf([both, one]))).toEqual(['both strict', 'both mx', 'one mx']);
    expect(named(planOf([both, one], 'mx'))).toEqual(['both mx', 'one mx']);
    expect(named(planOf([both, one], 'strict'))).toEqual(['both strict']);
  });

  test('knows who needs a network between hosts', () => {
    const far = scenario('far', 1, { wires: ['mx'], settings: { ...both.settings, hosts: 'listed' } });
    expect(named(planOf([both, far]).filter(needsHosts))).toEqual(['far mx']);
  });
});

describe('the time', () => {
  const [three, one] = [scenario('three', 3, { wires: ['mx'] }), scenario('one', 1, { wires: ['mx'] })];

  test('is shared out by the number of faults', () => {
    expect(shareOf(planOf([three, one]), 4_000)).toBe(3_000);
    expect(shareOf(planOf([one, three]), 4_000)).toBe(1_000);
  });

  test('goes to the last run as a whole, be there much or none', () => {
    expect(shareOf(planOf([one]), 700)).toBe(700);
    expect(shareOf(planOf([one]), 0)).toBe(0);
    expect(shareOf([], 700)).toBe(0);
  });
});
