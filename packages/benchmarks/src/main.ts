// SPDX-License-Identifier: Apache-2.0
// main - the harness: `npm run bench`

import { alternativesSuite } from './alternatives-suite.js';
import type { BenchArguments, SuiteName } from './arguments.js';
import { USAGE, parseArguments } from './arguments.js';
import { brokerSuite } from './broker-suite.js';
import { killChildrenOnExit } from './children.js';
import { codecSuite } from './codec.js';
import { curvesSuite } from './curves-suite.js';
import { Charts, DOCUMENT_PATH, writeSections } from './document.js';
import { e2eSuite } from './e2e-suite.js';
import { encryptionSuite } from './encryption-suite.js';
import { footprintSuite } from './footprint-suite.js';
import { LoadGenerator } from './load-generator.js';
import { describeMachine, lookAtMachine } from './machine.js';
import { findMajortomo } from './majortomo.js';
import { overloadSuite } from './overload-suite.js';
import { scaleSuite } from './scale-suite.js';
import { soakSuite } from './soak-suite.js';
import type { SuiteContext } from './suite.js';

const RUN: Readonly<Record<SuiteName, (context: SuiteContext) => Promise<string>>> = {
  broker: brokerSuite,
  scale: scaleSuite,
  curves: curvesSuite,
  e2e: e2eSuite,
  alternatives: alternativesSuite,
  encryption: encryptionSuite,
  footprint: footprintSuite,
  codec: codecSuite,
  overload: overloadSuite,
  soak: soakSuite,
};

/** The groups that need the load generator. */
const NEED_LOAD: readonly SuiteName[] = ['broker', 'scale', 'curves', 'footprint'];

async function main(given: BenchArguments): Promise<void> {
  killChildrenOnExit();
  const machine = describeMachine(await lookAtMachine());
  process.stdout.write(`${machine}\n`);
  let failed = 0;
  const progress = (text: string): void => {
    if (text.startsWith('FAILED')) failed++;
    process.stderr.write(`${text}\n`);
  };
  const loads = NEED_LOAD.some((name) => given.suites.includes(name));
  const generator = loads ? await LoadGenerator.compile() : 'not asked for';
  const majortomo = given.suites.includes('broker') ? await findMajortomo() : 'not asked for';
  const sections = new Map<string, string>();
  const charts = new Charts();
  const draw: SuiteContext['draw'] = (name, svg) => charts.draw(name, svg);
  for (const name of given.suites) {
    const table = await RUN[name]({ given, generator, majortomo, progress, draw });
    process.stdout.write(`\n${name}\n\n${table}\n`);
    const rounds =
      name === 'soak' || name === 'overload' ? '' : ` Medians of ${String(given.rounds)} interleaved rounds.`;
    const measured = `${machine}${rounds}`;
    sections.set(name, `${measured}\n\n${table}`);
  }
  if (given.write) {
    await charts.write();
    await writeSections(sections);
    process.stdout.write(`\nwritten to ${DOCUMENT_PATH}\n`);
  }
  if (failed > 0) {
    process.stderr.write(`${String(failed)} measurements failed\n`);
    process.exitCode = 1;
  }
}

let given: BenchArguments | undefined;
try {
  given = parseArguments(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
  process.exitCode = 2;
}
if (given?.help === true) process.stdout.write(`${USAGE}\n`);
else if (given !== undefined) await main(given);
