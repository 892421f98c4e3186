// SPDX-License-Identifier: Apache-2.0
// soak-main - the process of `npm run soak`: runs for as long as it is told, and says whether those who stay end as they began

import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { replaceSection } from '@mdp/benchmarks';
import { DOCUMENT, circumstances } from './document.js';
import { courseTable } from './flatness.js';
import type { Role } from './ledger.js';
import type { SoakOptions, Soaked } from './soak.js';
import { LEAST_MINUTES, soak } from './soak.js';

const USAGE = `Usage: npm run soak -- [options]

  --minutes <n>          for how long, ${String(LEAST_MINUTES)} or more (default 10)
  --seed <n>             who is killed follows from it (default: any)
  --leak <role>=<bytes>  brokers, workers or clients leak so much each second, to see that it is noticed; may be given
                         more than once
  --write                write the table into docs/reliability.md
  --help                 this text`;

const ROLES: readonly Role[] = ['broker', 'worker', 'client'];

function numberOr(text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : Number(text);
}

/** What `--leak` says. */
function leakOf(given: readonly string[]): NonNullable<SoakOptions['leak']> {
  const pairs = given.map((text) => {
    const [word, bytes] = text.split('=');
    const role = ROLES.find((one) => one === word);
    if (role === undefined || !(Number(bytes) > 0)) throw new Error(USAGE);
    return [role, Number(bytes)];
  });
  return Object.fromEntries(pairs) as Partial<Record<Role, number>>;
}

/** In one sentence. */
function summary({ counts, kills }: Soaked, minutes: number): string {
  const shown = (value: number): string => value.toLocaleString('en-US');
  const failed = Object.entries(counts.failed).map(([outcome, count]) => `${shown(count)} with \`${outcome}\``);
  const ends = [
    `${shown(counts.replies)} were answered`,
    `${shown(counts.orphaned)} ended with their clients`,
    ...failed,
  ];
  return `${shown(minutes)} minutes, ${shown(counts.requests)} requests, ${shown(kills)} kills: ${ends.join(', ')}.`;
}

try {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      seed: { type: 'string' },
      leak: { type: 'string', multiple: true },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const minutes = numberOr(values.minutes, 10);
  const seed = numberOr(values.seed, randomInt(2 ** 31));
  const leak = leakOf(values.leak ?? []);
  if (!(minutes >= LEAST_MINUTES) || !Number.isInteger(seed)) throw new Error(USAGE);
  if (values.help) {
    console.log(USAGE);
  } else {
    console.log(`${String(minutes)} minutes, seed ${String(seed)}`);
    const soaked = await soak({ minutes, seed, leak, print: console.log });
    const { counts, looks, watched, trouble } = soaked;
    const table = courseTable(watched);
    const text = `${summary(soaked, minutes)}\n\n${table}`;
    console.log(`\n${text}\n`);
    console.log(JSON.stringify({ duplicated: counts.findings.duplicated, looks }));
    for (const line of trouble) console.error(line);
    if (trouble.length > 0) {
      console.error(`seed ${String(seed)}`);
      process.exitCode = 1;
    } else if (values.write) {
      const document = await readFile(DOCUMENT, 'utf8');
      await writeFile(DOCUMENT, replaceSection(document, 'chaos:soak', `${circumstances(seed)}\n\n${text}`));
    }
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
