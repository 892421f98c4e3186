// SPDX-License-Identifier: Apache-2.0
// docs-examples.test - the code in the documents is code that runs, or at least fits the packages

import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeBlock } from '@mdp/testkit';
import { exampleText, runExample } from '@mdp/testkit';
import type { Document } from './support/documents.js';
import { ROOT, allDocuments, filesBelow } from './support/documents.js';
import { checkFiles, checkFragments } from './support/typecheck.js';

interface Shown {
  readonly title: string;
  readonly document: Document;
  readonly block: CodeBlock;
  /** The file and region that its note names. */
  readonly source: string | undefined;
}

const CODE = ['js', 'mjs', 'javascript', 'ts', 'typescript'];

const blocks: Shown[] = allDocuments().flatMap((document) =>
  document.blocks
    .filter(({ language }) => CODE.includes(language))
    .map((block) => ({
      title: `${document.path}:${String(block.line)}`,
      document,
      block,
      source: /^example: (\S+)$/.exec(block.note ?? '')?.[1],
    })),
);
const shown = blocks.flatMap((block) => (block.source === undefined ? [] : [{ ...block, source: block.source }]));
const fragments = blocks.filter(({ source }) => source === undefined);
const ofPackages = filesBelow('packages', (path) => /^packages\/[^/]+\/examples\/.+\.(?:js|mjs|ts)$/.test(path));
const examples = [...ofPackages, ...filesBelow('examples', (path) => /\.(?:js|mjs|ts)$/.test(path))];

/** The file, or the folder of those that belong together. */
const programOf = (path: string): string => /^(?:.*\/)?examples\/[^/]+/.exec(path)?.[0] ?? path;

describe('code that is taken from a file', () => {
  test.each(shown)('$title is what $source says', ({ block, source }) => {
    const [path = '', region] = source.split('#');
    expect(existsSync(join(ROOT, path)) ? path : `no file ${path}`).toBe(path);
    expect(block.code).toBe(exampleText(readFileSync(join(ROOT, path), 'utf8').replaceAll('\r\n', '\n'), region));
  });

  test('every example is shown somewhere', () => {
    const used = new Set(shown.map(({ source }) => programOf(source.split('#')[0] ?? '')));
    expect(examples.map(programOf).filter((path) => !used.has(path))).toEqual([]);
  });
});

describe('types', () => {
  test('the examples fit the packages', () => {
    expect(checkFiles(examples.map((path) => ({ path })))).toEqual([]);
  }, 120_000);

  test('code in documents that is in no file fits the packages', () => {
    const sources = fragments.map(({ title, block }) => ({
      path: `docs/${title.replaceAll(/[/:.]/g, '-')}.${block.language.startsWith('t') ? 'ts' : 'js'}`,
      text: block.code,
    }));
    expect(checkFragments(sources)).toEqual([]);
  }, 120_000);
});

// Those in folders of their own are several programs that belong together; they have a test each, as have those in examples/.
const alone = ofPackages.filter((path) => /\/examples\/[^/]+$/.test(path));

describe('each example runs to its end', () => {
  test.each(alone)(
    '%s',
    async (path) => {
      await runExample(join(ROOT, path));
    },
    40_000,
  );
});
