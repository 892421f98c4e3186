// SPDX-License-Identifier: Apache-2.0
// sections.test - what the site takes from the index of the documents

import { expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pageOf, readSections, sectionsOf, titleOf } from '../../src/site/sections.js';
import { ROOT } from '../support/documents.js';

test('sections begin with bold lines and have the documents of their lists, relative to the index', () => {
  const index = [
    '# Documentation',
    '**Guides**',
    '',
    '- [Client](client.md): a [part](client.md#part), [code](../src/a.ts)',
    '- [Worker](worker.md), [README](../README.md)',
    '**Empty**',
    '[elsewhere](https://example.org/)',
  ];
  expect(sectionsOf(index.join('\n'), 'docs/README.md')).toEqual([
    { title: 'Guides', documents: ['docs/client.md', 'docs/worker.md', 'README.md'] },
    { title: 'Empty', documents: [] },
  ]);
});

test('a document is called by its first heading', () => {
  expect(titleOf('<!-- a -->\n\n# `npm run` it\n\n## Not this\n')).toBe('npm run it');
  expect(titleOf('no heading')).toBeUndefined();
});

test('a page is named for its file, or for its folder', () => {
  const paths = ['docs/client.md', 'examples/README.md', 'README.md', 'SECURITY.md'];
  expect(paths.map(pageOf)).toEqual(['guides/client', 'guides/examples', 'project/readme', 'project/security']);
});

test('every document of the site is there, once, and has a page of its own', () => {
  const documents = readSections(ROOT).flatMap((section) => section.documents);
  expect(documents.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  expect(documents).toContain('docs/worker.md');
  expect(new Set(documents.map(pageOf)).size).toBe(documents.length);
});
