// SPDX-License-Identifier: Apache-2.0
// docs-links.test - links in documents lead somewhere, and every document can be found

import { describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, allDocuments, anchorsOf, linksOf } from './support/documents.js';

const documents = allDocuments();
const byPath = new Map(documents.map((document) => [document.path, document]));

describe.each(documents.map((document) => [document.path, document] as const))('%s', (_path, document) => {
  test('links only to files and headings that exist', () => {
    const broken = linksOf(document).filter(({ path, anchor }) => {
      if (!existsSync(join(ROOT, path))) return true;
      const target = byPath.get(path);
      return anchor !== '' && target !== undefined && !anchorsOf(target).has(anchor);
    });
    expect(broken.map(({ target }) => target)).toEqual([]);
  });
});

test('every document in docs can be reached from docs/README.md', () => {
  const reached = new Set<string>();
  const visit = (path: string): void => {
    const document = byPath.get(path);
    if (document === undefined || reached.has(path)) return;
    reached.add(path);
    for (const link of linksOf(document)) visit(link.path);
  };
  visit('docs/README.md');
  const lost = documents.map(({ path }) => path).filter((path) => path.startsWith('docs/') && !reached.has(path));
  expect(lost).toEqual([]);
});

test('each package has a README that the root README links to', () => {
  const root = byPath.get('README.md');
  const linked = root === undefined ? [] : linksOf(root).map(({ path }) => path);
  const published = ['protocol', 'broker', 'client', 'worker', 'broker-cli'].map(
    (name) => `packages/${name}/README.md`,
  );
  expect(linked).toEqual(expect.arrayContaining(published));
});

test('the root README is short enough to be read', () => {
  expect(byPath.get('README.md')?.text.split('\n').length).toBeLessThanOrEqual(150);
});
