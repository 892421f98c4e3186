// SPDX-License-Identifier: Apache-2.0
// main - the process of `npm run chaos`: runs scenarios, prints their tables, and stops at the first broken promise

import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { arch, cpus, platform } from 'node:os';
import { fileURLToPath } from 'node:url';
import { replaceSection } from '@mdp/benchmarks';
import { findMajortomo } from '../python.js';
import type { ChaosArguments } from './arguments.js';
import { USAGE, parseArguments } from './arguments.js';
import type { Run } from './run.js';
import { runScenario, troubleOf } from './run.js';
import { MAJORTOMO_SCENARIOS } from './scenarios.js';
import { chapter, scenarioTable } from './tables.js';

const DOCUMENT = fileURLToPath(new URL('../../../../docs/reliability.md', import.meta.url));

/** How it was measured, in one line. */
function circumstances(seed: number): string {
  const processors = `${String(cpus().length)} × ${cpus()[0]?.model.trim() ?? 'unknown'}`;
  return `Seed ${String(seed)}; Node.js ${process.version}, ${platform()} ${arch()}, ${processors}.`;
}

/** @returns the exit code */
async function main(given: ChaosArguments): Promise<number> {
  const seed = given.seed ?? randomInt(2 ** 31);
  const plan = given.scenarios.flatMap((scenario) =>
    scenario.wires
      .filter((wires) => given.wires === undefined || wires === given.wires)
      .map((wires) => ({ scenario, wires })),
  );
  const forMs = (given.minutes * 60_000) / Math.max(1, plan.length);
  console.log(`seed ${String(seed)}, ${String(plan.length)} runs`);
  let python: string | undefined;
  if (plan.some(({ wires }) => wires === 'majortomo')) {
    const found = await findMajortomo();
    if (found.python === undefined) {
      console.error(`no Majortomo: ${found.reason}`);
      return 2;
    }
    ({ python } = found);
  }
  const runs: Run[] = [];
  for (const { scenario, wires } of plan) {
    const own = wires === 'majortomo' && python !== undefined ? { python } : {};
    const run = await runScenario({ scenario, wires, seed, forMs, ...own });
    runs.push(run);
    console.log(`\n${scenario.name} (${wires})\n\n${scenarioTable([run])}`);
    // Where nothing is promised, what happened is only counted.
    const trouble = scenario.contract === undefined ? run.complaints.join('\n') : troubleOf(run);
    if (trouble === '') continue;
    console.error(`\n${trouble}`);
    if (scenario.contract !== undefined) return 1;
  }
  if (given.write) {
    const theirs = runs.filter(({ scenario }) => MAJORTOMO_SCENARIOS.includes(scenario));
    const ours = runs.filter((run) => !theirs.includes(run));
    let document = await readFile(DOCUMENT, 'utf8');
    for (const [name, part] of [
      ['faults', ours],
      ['majortomo', theirs],
    ] as const) {
      if (part.length > 0)
        document = replaceSection(document, `chaos:${name}`, `${circumstances(seed)}\n\n${chapter(part)}`);
    }
    await writeFile(DOCUMENT, document);
  }
  return 0;
}

try {
  const given = parseArguments(process.argv.slice(2));
  if (given.help) console.log(USAGE);
  else process.exitCode = await main(given);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
