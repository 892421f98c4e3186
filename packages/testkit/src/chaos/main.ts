// SPDX-License-Identifier: Apache-2.0
// main - the process of `npm run chaos`: runs scenarios, prints their tables, and stops at the first broken promise

import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { replaceSection } from '@mdp/benchmarks';
import { whyNoNetwork } from '../namespaces.js';
import { findMajortomo } from '../python.js';
import type { ChaosArguments } from './arguments.js';
import { USAGE, parseArguments } from './arguments.js';
import { DOCUMENT, circumstances } from './document.js';
import { GROUPS } from './groups.js';
import { ledgerNow } from './ledger.js';
import { needsHosts, planOf, shareOf } from './plan.js';
import type { Run } from './run.js';
import { runScenario, troubleOf } from './run.js';
import { chapter, scenarioTable } from './tables.js';

/** @returns the exit code */
async function main(given: ChaosArguments): Promise<number> {
  const seed = given.seed ?? randomInt(2 ** 31);
  const wanted = planOf(given.scenarios, given.wires);
  const missing = wanted.some(needsHosts) ? whyNoNetwork() : undefined;
  const plan = missing === undefined ? wanted : wanted.filter((one) => !needsHosts(one));
  if (missing !== undefined) {
    const skipped = new Set(wanted.filter(needsHosts).map(({ scenario }) => scenario.name));
    console.error(`there can be no network between hosts, so ${[...skipped].join(', ')} cannot be run: ${missing}`);
    if (given.write || plan.length === 0) return 2;
  }
  const until = ledgerNow() + given.minutes * 60_000;
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
  for (const [i, { scenario, wires }] of plan.entries()) {
    const forMs = shareOf(plan.slice(i), Math.max(0, until - ledgerNow()));
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
    let document = await readFile(DOCUMENT, 'utf8');
    for (const { name, scenarios } of GROUPS) {
      const part = runs.filter(({ scenario }) => scenarios.includes(scenario));
      if (part.length === 0) continue;
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
