// SPDX-License-Identifier: Apache-2.0
// examples.test - the programs in examples/ print what their README says

import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { runExample } from '@mdp/testkit';
import { ROOT, filesBelow } from './support/documents.js';
import { promisedOutputs } from './support/promised.js';

const promised = promisedOutputs('examples/README.md');

test('every program is in the README', () => {
  const programs = filesBelow('examples', (path) => /^examples\/(?:[^/]+|[^/]+\/main)\.js$/.test(path));
  expect([...promised.keys()].sort()).toEqual(programs);
});

// Python is not needed for these tests: those that have it (`npm run test:interop`) run the whole of that example.
const python = 'no-such-python';
const withoutPython = `${promised.get('examples/majortomo/main.js')?.split('\n')[0] ?? ''}\n${python} has no majortomo, so the old programs are left out\n`;

test.each([...promised])(
  '%s prints what it says',
  async (program, text) => {
    const printed = await runExample(join(ROOT, program), { env: { MDP_MAJORTOMO_PYTHON: python } });
    expect(printed).toBe(program === 'examples/majortomo/main.js' ? withoutPython : text);
  },
  40_000,
);
