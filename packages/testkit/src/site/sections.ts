// SPDX-License-Identifier: Apache-2.0
// sections - which documents the site has, in which order and under which headings: those that docs/README.md lists

import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** The document that is the first page, and says what others there are. */
export const INDEX = 'docs/README.md';

/** Documents that belong together. */
export interface Section {
  readonly title: string;
  /** Their files, from the root of the repository, in order. */
  readonly documents: readonly string[];
}

/**
 * The sections of an index: each begins with a line of bold text, and has the documents that its list links to.
 *
 * @param markdown - the index
 * @param path - where it stands, from the root of the repository
 */
export function sectionsOf(markdown: string, path: string): Section[] {
  const sections: { title: string; documents: string[] }[] = [];
  for (const line of markdown.split('\n')) {
    const title = /^\*\*(.+)\*\*$/.exec(line)?.[1];
    if (title !== undefined) sections.push({ title, documents: [] });
    for (const [, link = ''] of line.matchAll(/\]\(([^)#\s]+\.md)\)/g)) {
      sections.at(-1)?.documents.push(posix.join(posix.dirname(path), link));
    }
  }
  return sections;
}

/** The sections of the site. */
export function readSections(root: string): Section[] {
  return sectionsOf(readFileSync(join(root, INDEX), 'utf8').replaceAll('\r\n', '\n'), INDEX);
}

/** What a document is called: its first heading. */
export function titleOf(markdown: string): string | undefined {
  return /^# +(.+?) *$/m.exec(markdown)?.[1]?.replaceAll('`', '');
}

/**
 * The address of a document's page, without its ending: `guides/client` for `docs/client.md`, `project/security` for
 * `SECURITY.md` at the top.
 */
export function pageOf(path: string): string {
  const [name = '', folder] = path.replace(/\.md$/, '').split('/').reverse();
  if (folder === undefined) return `project/${name.toLowerCase()}`;
  return `guides/${name === 'README' ? folder : name}`;
}
