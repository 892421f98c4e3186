// SPDX-License-Identifier: Apache-2.0
// check.test - what is wrong in a site is found, and nothing in one that is whole

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { checkSite } from '../../src/site/check.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mdp-site-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Write a site: one guide that all know, and what is given. */
async function site(
  files: Readonly<Record<string, string>>,
  rows = ['guides/a.html', 'guides/a.html#one'],
): Promise<void> {
  const packed = (name: string, data: unknown): string =>
    `window.${name} = "${deflateSync(JSON.stringify(data)).toString('base64')}"`;
  const whole = {
    'index.html': '<a href="guides/a.html">a</a>',
    'guides/a.html': '<h2 id="one">1</h2>',
    'assets/search.js': packed('searchData', { rows: rows.map((url) => ({ url })) }),
    'assets/navigation.js': packed('navigationData', [{ text: 'Guides', children: [{ path: 'guides/a.html' }] }]),
    ...files,
  };
  for (const [path, text] of Object.entries(whole)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

describe('a site', () => {
  test('that is whole gives no complaint, whatever kinds of links it has', async () => {
    const links = ['guides/a.html#one', 'https://example.org/x', 'mailto:a@b', '#', '?q=1', 'a%20b.txt', '#&quot;'];
    await site({
      'index.html': `<p id="&quot;">${links.map((link) => `<a class="x" href="${link}">l</a>`).join('')}<img src="data:,"></p>`,
      'a b.txt': '',
    });
    const { complaints, pages, searched } = checkSite(folder);
    expect(complaints).toEqual([]);
    expect(pages).toBe(2);
    expect([...searched]).toEqual(['guides/a.html']);
  });

  test.each([
    ['a page that is missing', '<a href="b.html">b</a>', 'b.html leads nowhere'],
    ['a folder', '<a href="guides">b</a>', 'guides leads nowhere'],
    ['what is outside', '<a href="../x.html">b</a>', '../x.html leads nowhere'],
    ['a heading of another page', '<a href="guides/a.html#two">b</a>', 'guides/a.html#two leads to a heading'],
    ['a heading of its own', '<a href="#two">b</a>', '#two leads to a heading'],
    ['the root of the server', '<a href="/index.html">b</a>', '/index.html works only at the root'],
    ['a script from elsewhere', '<script src="https://x/y.js"></script>', 'https://x/y.js is not part of the site'],
    ['a style of the root', '<link href="/x.css" rel="stylesheet">', '/x.css is not part of the site'],
    ['a document that is no page', '<a href="c.md">b</a>', 'c.md is a document without a page'],
    ['an image that is missing', '<img src="x.png">', 'x.png leads nowhere'],
  ])('that leads to %s gives one complaint', async (_what, html, complaint) => {
    await site({ 'index.html': html, 'c.md': '' });
    expect(checkSite(folder).complaints).toEqual([expect.stringContaining(`index.html: ${complaint}`)]);
  });

  test('whose search knows too little or too much gives a complaint for each', async () => {
    await site({ 'guides/b.html': '' }, ['guides/a.html', 'guides/gone.html']);
    expect(checkSite(folder).complaints).toEqual([
      'index.html: guides/gone.html leads nowhere',
      'guides/b.html is not found by the search',
    ]);
  });
});
