// SPDX-License-Identifier: Apache-2.0
// docs-support.test - what the tests of the documents rely on

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeBlocks, exampleText, runExample } from '@mdp/testkit';
import { anchorsOf, linksOf } from './support/documents.js';
import { checkFiles, checkFragments } from './support/typecheck.js';

describe('codeBlocks', () => {
  test('finds blocks with their language, line and note', () => {
    const markdown = [
      '# a',
      '',
      '<!-- example: x.js#y -->',
      '',
      '```js',
      'let a;',
      '',
      '```',
      'b',
      '```',
      'c',
      '```',
      '',
    ];
    expect(codeBlocks(markdown.join('\n'))).toEqual([
      { line: 5, language: 'js', code: 'let a;\n\n', note: 'example: x.js#y' },
      { line: 10, language: '', code: 'c\n', note: undefined },
    ]);
  });

  test('takes the indentation of a block inside a list away', () => {
    expect(codeBlocks('1. a\n\n   ```sh\n   b\n     c\n   ```\n')[0]?.code).toBe('b\n  c\n');
  });

  test('refuses a fence that is never closed', () => {
    expect(() => codeBlocks('```js\nlet a;\n')).toThrow('line 1 is never closed');
  });
});

describe('exampleText', () => {
  const source =
    'one;\nif (a) {\n  // #region inner\n  two;\n    // #region deep\n\n    three;\n    // #endregion\n  // #endregion\n}\n';

  test('shows a region, moved to the left', () => {
    expect(exampleText(source, 'inner')).toBe('two;\n\n  three;\n');
    expect(exampleText(source, 'deep')).toBe('\nthree;\n');
  });

  test('shows the whole file without the marks', () => {
    expect(exampleText(source)).toBe('one;\nif (a) {\n  two;\n\n    three;\n}\n');
  });

  test('refuses a region that is not there or has no end', () => {
    expect(() => exampleText(source, 'outer')).toThrow('no region outer');
    expect(() => exampleText('// #region a\nb;\n', 'a')).toThrow('region a has no end');
  });
});

describe('runExample', () => {
  let folder: string;
  const example = async (name: string, source: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, source);
    return file;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mdp-example-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  test('gives what an example wrote, in JavaScript and in TypeScript', async () => {
    expect(await runExample(await example('a.mjs', 'console.log(1);'))).toBe('1\n');
    const typed = 'await using a: AsyncDisposable = { async [Symbol.asyncDispose]() { console.log(2); } }; void a;';
    expect(await runExample(await example('b.ts', typed))).toBe('2\n');
  });

  test('fails with what was written when an example fails', async () => {
    const failing = await example('c.mjs', 'console.log(1); console.error(2); process.exitCode = 3;');
    await expect(runExample(failing)).rejects.toThrow(/c\.mjs ended with 3\n1\n2/);
  });

  test('fails when an example does not end', async () => {
    const endless = await example('d.mjs', 'setInterval(() => {}, 1000);');
    await expect(runExample(endless, { timeoutMs: 1000 })).rejects.toThrow(/d\.mjs did not end within 1000 ms\n/);
  });
});

describe('links and headings', () => {
  test('finds links within the repository, relative to their document, and none in code', () => {
    const text = '[a](b.md#c) [d](https://x.org/) [e](#f) `[g](h.md)`\n\n```md\n[i](j.md)\n```\n';
    expect(linksOf({ path: 'docs/k.md', text, blocks: [] })).toEqual([
      { target: 'b.md#c', path: 'docs/b.md', anchor: 'c' },
      { target: '#f', path: 'docs/k.md', anchor: 'f' },
    ]);
  });

  test('names headings as GitHub does', () => {
    const text = '# A `b`, c_d!\n\n## 5. In [e](f) - g\n\n```sh\n# no heading\n```\n\n## Same\n\n## Same\n';
    expect([...anchorsOf({ path: 'a.md', text, blocks: [] })]).toEqual(['a-b-c_d', '5-in-e---g', 'same', 'same-1']);
  });
});

describe('types', () => {
  test('a fragment may use names of the reader and leave the function around it out, but no call that is not there', () => {
    const complaints = checkFragments([
      { path: 'docs/good.js', text: "if (image) return await client.request('resize', [image]);" },
      { path: 'docs/bad.js', text: 'await client.reqest(service);' },
    ]);
    expect(complaints).toEqual([expect.stringMatching(/^docs\/bad\.js:1: TS2551: .*reqest/)]);
  }, 120_000);

  test('a file must stand alone, and TypeScript must say what may be undefined', () => {
    const imports = "import { text } from '@mdp/client';\n";
    const complaints = checkFiles([
      { path: 'docs/good.ts', text: `${imports}text(new Uint8Array())?.trim();` },
      { path: 'docs/careless.ts', text: `${imports}text(new Uint8Array()).trim();` },
      { path: 'docs/incomplete.ts', text: 'export const a = missing;' },
    ]);
    expect(complaints.sort()).toEqual([
      expect.stringMatching(/^docs\/careless\.ts:2: TS2532/),
      expect.stringMatching(/^docs\/incomplete\.ts:1: TS2304/),
    ]);
  }, 120_000);
});
