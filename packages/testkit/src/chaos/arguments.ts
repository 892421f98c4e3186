// SPDX-License-Identifier: Apache-2.0
// arguments - what `npm run chaos --` can be told

import { parseArgs } from 'node:util';
import { ALL_SCENARIOS, GROUPS, USUAL_SCENARIOS } from './groups.js';
import type { Wires } from './load.js';
import type { Scenario } from './scenario-parts.js';

/** What to run. */
export interface ChaosArguments {
  readonly scenarios: readonly Scenario[];
  /** Only on this one, if any. */
  readonly wires: Wires | undefined;
  /** `undefined`: any. */
  readonly seed: number | undefined;
  /** How long all of it is to take, in minutes; 0: each fault once. */
  readonly minutes: number;
  /** Whether to write the tables into docs/reliability.md. */
  readonly write: boolean;
  readonly help: boolean;
}

const WIRES: readonly Wires[] = ['strict', 'mx', 'auto', 'majortomo'];

const NAMES_OF_GROUPS = GROUPS.map(({ name }) => name).join(', ');

/** What `--help` says. */
export const USAGE = `Usage: npm run chaos -- [options]

  --only <name>    a scenario, or a group of them; may be given more than once (default: all with this project's broker)
                   groups: ${NAMES_OF_GROUPS}
                   scenarios: ${ALL_SCENARIOS.map(({ name }) => name).join(', ')}
  --wires <wires>  only on this one: strict, mx, auto
  --seed <n>       the schedule follows from it (default: any)
  --minutes <n>    how long all of it takes (default: as long as it takes to do each fault once)
  --write          write the tables into docs/reliability.md
  --help           this text

MDP_MAJORTOMO_PYTHON is a Python with majortomo installed; without it a virtual environment is made for the purpose.`;

/**
 * Read the command line.
 *
 * @param given - without the program's own name
 * @throws Error that names the option, the value and what is allowed
 */
export function parseArguments(given: readonly string[]): ChaosArguments {
  const { values } = parseArgs({
    args: [...given],
    options: {
      only: { type: 'string', multiple: true },
      wires: { type: 'string' },
      seed: { type: 'string' },
      minutes: { type: 'string' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { only, write, help } = values;
  const wires = WIRES.find((name) => name === values.wires);
  if (values.wires !== undefined && wires === undefined) {
    throw new Error(`--wires ${values.wires}: must be ${WIRES.join(', ')}`);
  }
  const scenarios = only === undefined ? USUAL_SCENARIOS : only.flatMap(named);
  if (write && (wires !== undefined || scenarios.some((one) => !isWhole(one, scenarios)))) {
    throw new Error(
      `--write writes whole tables: leave out --wires, and give --only nothing or a group: ${NAMES_OF_GROUPS}`,
    );
  }
  return { scenarios, wires, seed: numberOf('--seed', values.seed), minutes: minutesOf(values.minutes), write, help };
}

/** Whether all of its table is run. */
function isWhole(scenario: Scenario, among: readonly Scenario[]): boolean {
  const group = GROUPS.find(({ scenarios }) => scenarios.includes(scenario));
  return group?.scenarios.every((one) => among.includes(one)) === true;
}

function named(name: string): readonly Scenario[] {
  const group = GROUPS.find((one) => one.name === name);
  if (group !== undefined) return group.scenarios;
  const found = ALL_SCENARIOS.filter((scenario) => scenario.name === name);
  if (found.length === 0) {
    const known = ALL_SCENARIOS.map((one) => one.name).join(', ');
    throw new Error(`--only ${name}: must be one of ${known}, or a group: ${NAMES_OF_GROUPS}`);
  }
  return found;
}

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d{1,10}$/.test(text)) throw new Error(`${option} ${text}: must be a whole number`);
  return Number(text);
}

function minutesOf(text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Error(`--minutes ${text}: must be a number of minutes`);
  return Number(text);
}
