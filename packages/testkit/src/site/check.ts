// SPDX-License-Identifier: Apache-2.0
// check - whether a built site is whole: every link leads somewhere, everything can be found, nothing comes from elsewhere

import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { inflateSync } from 'node:zlib';
import { INDEX } from './sections.js';

/** What was found in a site. */
export interface SiteReport {
  /** How many pages it has. */
  readonly pages: number;
  /** How many links were followed, those to other sites left out. */
  readonly links: number;
  /** Pages that the search knows, each once. */
  readonly searched: ReadonlySet<string>;
  /** What is wrong, a line each. */
  readonly complaints: readonly string[];
}

/** What a page consists of, and where it leads. */
interface Page {
  /** From the folder of the site, with `/`. */
  readonly path: string;
  readonly anchors: ReadonlySet<string>;
  /** Where links lead, and where images, scripts and styles come from. */
  readonly links: readonly string[];
  readonly parts: readonly string[];
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function readPage(folder: string, path: string): Page {
  const html = readFileSync(join(folder, path), 'utf8');
  const links: string[] = [];
  const parts: string[] = [];
  const anchors = new Set<string>();
  for (const [tag, element = ''] of html.matchAll(/<([a-z][a-z0-9]*)\s[^>]*>/g)) {
    for (const [, name = '', value = ''] of tag.matchAll(/\s(id|href|src)="([^"]*)"/g)) {
      const plain = value.replaceAll(/&(#?\w+);/g, (whole, entity: string) => ENTITIES[entity] ?? whole);
      if (name === 'id') anchors.add(plain);
      else if (element === 'a') links.push(plain);
      else parts.push(plain);
    }
  }
  return { path, anchors, links, parts };
}

/** The JSON in a file that assigns it to a variable, packed: that is how a page without a server gets at it. */
function readPacked(folder: string, file: string): unknown {
  const packed = /"([^"]+)"/.exec(readFileSync(join(folder, file), 'utf8'))?.[1] ?? '';
  return JSON.parse(inflateSync(Buffer.from(packed, 'base64')).toString());
}

/** Every address in the tree of the navigation. */
function addressesIn(tree: unknown): string[] {
  if (typeof tree !== 'object' || tree === null) return [];
  const own = 'path' in tree && typeof tree.path === 'string' ? [tree.path] : [];
  return [...own, ...Object.values(tree).flatMap(addressesIn)];
}

/**
 * Look through a site that was built.
 *
 * @param folder - where its `index.html` is
 */
export function checkSite(folder: string): SiteReport {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => file.split(sep).join('/'));
  const pages = new Map(
    files.filter((file) => file.endsWith('.html')).map((path) => [path, readPage(folder, path)] as const),
  );
  const complaints: string[] = [];
  let links = 0;

  const follow = (from: string, target: string): void => {
    links++;
    const [address = '', anchor = ''] = target.replace(/\?[^#]*/, '').split('#');
    const path = address === '' ? from : posix.join(posix.dirname(from), decodeURIComponent(address));
    const file = join(folder, path);
    if (path.endsWith('.md'))
      complaints.push(`${from}: ${target} is a document without a page: ${INDEX} has to link to it`);
    if (path.startsWith('../') || !existsSync(file) || statSync(file).isDirectory()) {
      complaints.push(`${from}: ${target} leads nowhere`);
    } else if (anchor !== '' && pages.get(path)?.anchors.has(decodeURIComponent(anchor)) === false) {
      complaints.push(`${from}: ${target} leads to a heading that is not there`);
    }
  };

  for (const page of pages.values()) {
    for (const link of page.links) {
      if (link.startsWith('/')) complaints.push(`${page.path}: ${link} works only at the root of a server`);
      else if (!/^[a-z]+:/.test(link)) follow(page.path, link);
    }
    for (const part of page.parts) {
      if (/^(?:[a-z]+:)?\//.test(part)) complaints.push(`${page.path}: ${part} is not part of the site`);
      else if (!part.startsWith('data:')) follow(page.path, part);
    }
  }

  const search = readPacked(folder, 'assets/search.js') as { rows: { url: string }[] };
  const found = search.rows.map(({ url }) => url);
  for (const address of [...found, ...addressesIn(readPacked(folder, 'assets/navigation.js'))]) {
    follow('index.html', address);
  }
  const searched = new Set(found.map((url) => url.replace(/#.*$/, '')));
  for (const path of pages.keys()) {
    if (/^(?:guides|project)\//.test(path) && !searched.has(path))
      complaints.push(`${path} is not found by the search`);
  }
  return { pages: pages.size, links, searched, complaints };
}
