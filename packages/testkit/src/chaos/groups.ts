// SPDX-License-Identifier: Apache-2.0
// groups - scenarios that belong together: each group has a word on the command line and a table in docs/reliability.md

import { MAJORTOMO_SCENARIOS } from './majortomo-scenarios.js';
import { NETWORK_SCENARIOS } from './network-scenarios.js';
import type { Scenario } from './scenario-parts.js';
import { SCENARIOS } from './scenarios.js';
import { SEVERAL_SCENARIOS } from './several-scenarios.js';

/** Scenarios that belong together. */
export interface Group {
  /** What `--only` calls all of them, and, behind `chaos:`, the place of their tables in the document. */
  readonly name: string;
  readonly scenarios: readonly Scenario[];
  /** Whether they are run when nobody names any. */
  readonly usual: boolean;
}

/** All groups; each scenario is in one. */
export const GROUPS: readonly Group[] = [
  { name: 'faults', scenarios: SCENARIOS, usual: true },
  { name: 'brokers', scenarios: SEVERAL_SCENARIOS, usual: true },
  { name: 'network', scenarios: NETWORK_SCENARIOS, usual: true },
  { name: 'majortomo', scenarios: MAJORTOMO_SCENARIOS, usual: false },
];

/** All scenarios there are. */
export const ALL_SCENARIOS: readonly Scenario[] = GROUPS.flatMap(({ scenarios }) => scenarios);

/** Those that are run when nobody names any. */
export const USUAL_SCENARIOS: readonly Scenario[] = GROUPS.filter(({ usual }) => usual).flatMap(
  ({ scenarios }) => scenarios,
);
