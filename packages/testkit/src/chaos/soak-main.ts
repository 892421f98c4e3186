// SPDX-License-Identifier: Apache-2.0
// soak-main - the process of `npm run soak`: runs for as long as it is told, and says whether the broker ends as it began

import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { courseTable } from './flatness.js';
import { LEAST_MINUTES, soak } from './soak.js';

const USAGE = `Usage: npm run soak -- [options]

  --minutes <n>  for how long, ${String(LEAST_MINUTES)} or more (default 10)
  --seed <n>     who is killed follows from it (default: any)
  --help         this text`;

function numberOr(text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : Number(text);
}

try {
  const { values } = parseArgs({
    options: { minutes: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean', default: false } },
  });
  const minutes = numberOr(values.minutes, 10);
  const seed = numberOr(values.seed, randomInt(2 ** 31));
  if (!(minutes >= LEAST_MINUTES) || !Number.isInteger(seed)) throw new Error(USAGE);
  if (values.help) {
    console.log(USAGE);
  } else {
    console.log(`${String(minutes)} minutes, seed ${String(seed)}`);
    const { counts, kills, samples, courses, trouble } = await soak({ minutes, seed, print: console.log });
    console.log(`\n${courseTable(courses)}\n`);
    const { requests, replies, orphaned, failed, findings } = counts;
    const sums = {
      requests,
      replies,
      orphaned,
      failed,
      duplicated: findings.duplicated,
      kills,
      samples: samples.length,
    };
    console.log(JSON.stringify(sums));
    for (const line of trouble) console.error(line);
    if (trouble.length > 0) console.error(`seed ${String(seed)}`);
    process.exitCode = trouble.length > 0 ? 1 : 0;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
