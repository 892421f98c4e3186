// SPDX-License-Identifier: Apache-2.0
// example.test - the example of a migration, with the real Majortomo in it

import { expect, test } from '@jest/globals';
import { resolve } from 'node:path';
import { findMajortomo, runExample } from '@mdp/testkit';
import { promisedOutputs } from '../test/support/promised.js';

const { python } = await findMajortomo();

(python === undefined ? test.skip : test)('old and new programs talk to each other', async () => {
  const program = 'examples/majortomo/main.js';
  const printed = await runExample(resolve(program), { env: { MDP_MAJORTOMO_PYTHON: python } });
  expect(printed).toBe(promisedOutputs('examples/README.md').get(program));
});
