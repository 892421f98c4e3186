// SPDX-License-Identifier: Apache-2.0
// docs-api.test - the site of guides and API pages can be made, and nothing that it names is missing; `npm run docs` looks at its links

import { expect, test } from '@jest/globals';
import { createRequire } from 'node:module';
import { run } from '@mdp/testkit';
import { ROOT } from './support/documents.js';

const manifest = createRequire(import.meta.url).resolve('typedoc/package.json');

test('TypeDoc has nothing to complain about', async () => {
  const script = manifest.replace(/package\.json$/, 'bin/typedoc');
  const args = ['--options', 'typedoc.json', '--emit', 'none'];
  const { code, stdout, stderr } = await run(process.execPath, [script, ...args], { cwd: ROOT, allowFailure: true });
  const complaints = `${stdout}${stderr}`.split('\n').filter((line) => /\[(?:warning|error)\]|error.*TS\d/.test(line));
  expect(complaints).toEqual([]);
  expect(code).toBe(0);
}, 240_000);
