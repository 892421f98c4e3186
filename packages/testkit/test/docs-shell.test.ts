// SPDX-License-Identifier: Apache-2.0
// docs-shell.test - what the documents say to type into a shell is shell, and names scripts and files that there are
//
// What `mdp-broker` is told there is looked at, and partly run, by packages/broker-cli/test/docs.test.ts.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT, allDocuments } from './support/documents.js';

const blocks = allDocuments().flatMap(({ path, blocks: all }) =>
  all
    .filter(({ language }) => language === 'sh')
    .map((block) => [`${path}:${String(block.line)}`, block.code] as const),
);
const code = blocks.map(([, text]) => text).join('\n');
const named = (pattern: RegExp): string[] => Array.from(code.matchAll(pattern), ([, name = '']) => name);

// On Windows bash may be that of WSL, which wants a system of its own.
const hasBash = process.platform !== 'win32' && spawnSync('bash', ['--version']).status === 0;

(hasBash ? test : test.skip).each(blocks)('a shell can read %s', (_title, text) => {
  const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});

test('scripts that are run are in package.json', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
  const run = [...named(/\bnpm run (?:--?\w+ )*([\w:]+)/g), ...named(/\bnpm (start|test)\b/g)];
  expect(run.length).toBeGreaterThan(15);
  expect(run.filter((name) => !(name in scripts))).toEqual([]);
});

test('files of the repository that are named are there', () => {
  const files = [
    ...named(/\bnode (\S+)/g),
    ...named(/(?<![\w/])(docker\/[\w./-]+)/g),
    ...named(/(?<=^| -- )(\.ci\/\w+|packages\/\S+)/gm),
  ];
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test('packages that are installed are those of the repository', () => {
  const published = ['broker', 'broker-cli', 'client', 'protocol', 'worker'].map((name) => `@mdp/${name}`);
  const installed = named(/(@mdp\/[\w-]+)/g);
  expect(new Set(installed)).toEqual(new Set(published));
});
