// SPDX-License-Identifier: Apache-2.0
// fuzz-main - the process of `npm run fuzz`: finds the tests that have properties, and runs them in rounds

import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Round, RoundEnd } from './fuzz-rounds.js';
import { DEFAULT_MINUTES, minutesFrom, playRounds } from './fuzz-rounds.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/** Who imports this has properties. */
const IMPORTED = "'@mdp/testkit/fuzz'";

/** No property is cut off by the limit of a test: each has an end of its own. In milliseconds. */
const TEST_TIMEOUT_MS = 86_400_000;

/** The tests that have properties, of all packages. */
function propertyTests(): string[] {
  return readdirSync(join(ROOT, 'packages')).flatMap((name) => {
    const folder = join(ROOT, 'packages', name, 'test');
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => join(folder, file))
      .filter((file) => readFileSync(file, 'utf8').includes(IMPORTED));
  });
}

/** Run these tests once, in a process of their own. */
function playTests(files: readonly string[], { seed, times, until }: Round): Promise<RoundEnd> {
  const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
  const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const flags = ['--ci', '--bail', '--silent', `--testTimeout=${String(TEST_TIMEOUT_MS)}`, '--runTestsByPath'];
  const child = spawn(process.execPath, [...node, jest, ...flags, ...files], {
    cwd: ROOT,
    env: {
      ...process.env,
      MDP_FUZZ_SEED: String(seed),
      MDP_FUZZ_PATH: '',
      MDP_FUZZ_TIMES: String(times),
      MDP_FUZZ_UNTIL: String(until),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (text: string): void => {
    output += text;
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ passed: code === 0, output });
    });
  });
}

const minutes = minutesFrom(process.argv.slice(2));
if (minutes === undefined) {
  console.error(`usage: npm run fuzz -- --minutes N (default ${String(DEFAULT_MINUTES)})`);
  process.exitCode = 2;
} else {
  const files = propertyTests();
  console.log(`${String(files.length)} files with properties, ${String(minutes)} minutes`);
  process.exitCode = await playRounds({
    minutes,
    now: () => Date.now(),
    seed: () => randomInt(-(2 ** 31), 2 ** 31),
    play: (round) => playTests(files, round),
    print: (line) => {
      console.log(line);
    },
  });
}
