// SPDX-License-Identifier: Apache-2.0
// documents - the Markdown files of this repository, their headings and their links

import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, posix, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CodeBlock } from '@mdp/testkit';
import { codeBlocks } from '@mdp/testkit';

/** The folder of the repository. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');

/** Folders that hold nothing that anybody wrote by hand. */
const GENERATED = ['node_modules', 'dist', 'coverage', 'docs/site'];

/** A Markdown file. */
export interface Document {
  /** From the root of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly CodeBlock[];
}

/** A link to another file of the repository, or to a heading. */
export interface Link {
  /** As it is written. */
  readonly target: string;
  /** The file that it leads to, from the root of the repository. */
  readonly path: string;
  /** The heading that it leads to; empty for the file itself. */
  readonly anchor: string;
}

/** Every file below a folder for which `wanted` holds, from the root of the repository, in order. */
export function filesBelow(folder: string, wanted: (path: string) => boolean): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name.startsWith('.') || GENERATED.some((name) => path === name || path.endsWith(`/${name}`))) continue;
      found.push(...filesBelow(path, wanted));
    } else if (wanted(path)) {
      found.push(path);
    }
  }
  return found.sort();
}

/** Read one document. */
export function readDocument(path: string): Document {
  const text = readFileSync(join(ROOT, path), 'utf8').replaceAll('\r\n', '\n');
  return { path, text, blocks: codeBlocks(text) };
}

/** Every document, the changelog and the licences' left out. */
export function allDocuments(): Document[] {
  return filesBelow('.', (path) => path.endsWith('.md')).map(readDocument);
}

/** The text without code, in blocks and in lines: what looks like a link there is none. */
function prose({ text }: Document): string {
  return text.replaceAll(/^ *(`{3,}).*\n[\s\S]*?^ *\1\s*$/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

/** Every link that does not leave the repository. */
export function linksOf(document: Document): Link[] {
  const links: Link[] = [];
  for (const [, target = ''] of prose(document).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [file = '', anchor = ''] = target.split('#');
    const path = file === '' ? document.path : posix.normalize(posix.join(posix.dirname(document.path), file));
    links.push({ target, path, anchor });
  }
  return links;
}

/** The anchors of a document's headings, as GitHub makes them. */
export function anchorsOf({ text }: Document): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of text
    .replaceAll(/^ *(`{3,}).*\n[\s\S]*?^ *\1\s*$/gm, '')
    .matchAll(/^#{1,6} +(.+)$/gm)) {
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${slug}-${String(n)}`;
    anchors.add(anchor);
  }
  return anchors;
}
