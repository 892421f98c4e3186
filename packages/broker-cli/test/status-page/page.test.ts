// SPDX-License-Identifier: Apache-2.0
// page.test - the status page as it is sent: one file, whose policy lets it run its own script and nothing else

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { SourceTextModule } from 'node:vm';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { StatusPage } from '../../src/status-page/page.js';
import { PAGE_MODULES, makePage, pageOnce } from '../../src/status-page/page.js';

const FOLDER = new URL('../../src/page/', import.meta.url);

let page: StatusPage;
beforeAll(async () => {
  page = await makePage();
});

/** What stands between the tags of a name. */
function inside(tag: string): string {
  const [, text] = new RegExp(`<${tag}(?: type="module")?>([^]*?)</${tag}>`).exec(page.html) ?? [];
  if (text === undefined) throw new Error(`the page has no ${tag}`);
  return text;
}

describe('the status page', () => {
  test('has every module of its folder in it, each after those that it needs', () => {
    // Of types nothing is left to be run.
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.ts') && name !== 'update.ts');
    expect(PAGE_MODULES.map((name) => `${name}.ts`).sort()).toEqual(files.sort());
    PAGE_MODULES.forEach((name, i) => {
      const text = readFileSync(new URL(`${name}.ts`, FOLDER), 'utf8');
      const needed = Array.from(
        text.matchAll(/^import (?!type)[^;]* from '\.\/([a-z-]+)\.js';$/gm),
        ([, one = '']) => one,
      );
      for (const one of needed) expect(PAGE_MODULES.slice(0, i)).toContain(one);
    });
  });

  test('has one script, which is whole', () => {
    expect(page.html.match(/<script/g)).toHaveLength(1);
    // Names that meet, and syntax that is none, would be found here.
    expect(() => new SourceTextModule(inside('script'))).not.toThrow();
  });

  test('has a policy that allows this script and this style and asking its own server', () => {
    for (const [tag, directive] of [
      ['script', 'script-src'],
      ['style', 'style-src'],
    ] as const) {
      const hash = createHash('sha256').update(inside(tag)).digest('base64');
      expect(page.policy.split('; ')).toContain(`${directive} 'sha256-${hash}'`);
    }
    for (const rule of ["default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) {
      expect(page.policy.split('; ')).toContain(rule);
    }
    expect(page.policy).not.toMatch(/unsafe|\*|http/);
  });

  test('asks nobody else for anything, and makes no markup of text', () => {
    const outside = page.html
      .replaceAll("xmlns='http://www.w3.org/2000/svg'", '')
      .replaceAll("'http://www.w3.org/2000/svg'", '');
    expect(outside).not.toMatch(/https?:|\/\/[a-z]+\.|url\(|@import/);
    expect(page.html).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|<[^>]* style=|<[^>]* on[a-z]+=/,
    );
  });

  test('is made once, and again when it could not be', async () => {
    let tries = 0;
    const once = pageOnce(() => (++tries === 1 ? Promise.reject(new Error('no file left')) : makePage()));
    const first = [once(), once()];
    for (const { status } of await Promise.allSettled(first)) expect(status).toBe('rejected');
    const [one, other] = await Promise.all([once(), once()]);
    expect(one).toEqual(page);
    expect(other).toBe(one);
    expect(tries).toBe(2);
  });
});
