// SPDX-License-Identifier: Apache-2.0
// conformance-rules.test - every rule of docs/conformance.md has a test, and every test that cites a rule means one

import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LEVELS, idsIn, readRules, readTitles } from '../src/conformance-rules.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const rules = readRules(readFileSync(join(ROOT, 'docs/conformance.md'), 'utf8'));
const known = new Set(rules.map((rule) => rule.id));

/** The files below a folder whose names end so, as paths from the root; none when there is no such folder. */
function filesBelow(folder: string, ending: string): string[] {
  const absolute = join(ROOT, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name).replaceAll('\\', '/'));
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

const packages = readdirSync(join(ROOT, 'packages'));
const testFiles = packages.flatMap((name) => filesBelow(`packages/${name}/test`, '.test.ts'));
const titles = testFiles.flatMap((path) => readTitles(read(path), path).map((title) => ({ ...title, path })));

/** Where each rule is cited by the title of a test that runs: rule to packages. */
const provedIn = new Map<string, Set<string>>();
for (const { text, runs, path } of titles) {
  if (!runs) continue;
  for (const id of idsIn(text)) {
    const where = provedIn.get(id) ?? new Set<string>();
    provedIn.set(id, where.add(path.split('/')[1] ?? ''));
  }
}

/** The source files that a path of the table stands for. */
function sources(path: string): string[] {
  return path.endsWith('/') ? filesBelow(path, '.ts') : [path];
}

describe('docs/conformance.md', () => {
  test('numbers the rules of each family from 01 on, without a gap', () => {
    const families = new Map<string, number[]>();
    for (const { id } of rules) {
      const [, family = '', number = ''] = /^(.*)-(\d\d)$/.exec(id) ?? [];
      families.set(family, [...(families.get(family) ?? []), Number(number)]);
    }
    expect([...families.keys()]).toEqual(['MDP-C', 'MDP-B', 'MDP-W', 'MDP01', 'MMI']);
    for (const numbers of families.values()) expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  test('gives each rule a level, words that point at it, and a way to test it', () => {
    for (const rule of rules) {
      expect(LEVELS).toContain(rule.level);
      expect(rule.words).not.toBe('');
      expect(rule.tested).not.toBe('');
      expect(rule.paths.length).toBeGreaterThan(0);
    }
  });

  test('names files and folders that exist', () => {
    const paths = [...new Set(rules.flatMap((rule) => rule.paths))];
    const wrong = paths.filter(
      (path) => !existsSync(join(ROOT, path)) || statSync(join(ROOT, path)).isDirectory() !== path.endsWith('/'),
    );
    expect(wrong).toEqual([]);
  });

  test('has a test for each rule: in each package that enforces it, or in a suite of the testkit', () => {
    const unproved = rules.flatMap(({ id, paths, words }) => {
      const where = provedIn.get(id) ?? new Set<string>();
      return [...new Set(paths.map((path) => path.split('/')[1] ?? ''))]
        .filter((name) => !where.has(name) && !where.has('testkit'))
        .map((name) => `${id} in packages/${name}/test: ${words}`);
    });
    expect(unproved).toEqual([]);
  });

  test('has each rule cited on the lines that enforce it', () => {
    const uncited = rules.flatMap(({ id, paths }) =>
      paths
        .filter((path) => !sources(path).some((file) => idsIn(read(file)).includes(id)))
        .map((path) => `${id} in ${path}`),
    );
    expect(uncited).toEqual([]);
  });
});

describe('citations', () => {
  test('in titles of tests are of rules that exist', () => {
    const wrong = titles.flatMap(({ text, path, line }) =>
      idsIn(text)
        .filter((id) => !known.has(id))
        .map((id) => `${id} in ${path}:${String(line)}`),
    );
    expect(wrong).toEqual([]);
  });

  test('in sources are of rules that exist', () => {
    const files = packages.flatMap((name) => filesBelow(`packages/${name}/src`, '.ts'));
    const wrong = files
      .filter((path) => !path.endsWith('testkit/src/conformance-rules.ts'))
      .flatMap((path) =>
        idsIn(read(path))
          .filter((id) => !known.has(id))
          .map((id) => `${id} in ${path}`),
      );
    expect(wrong).toEqual([]);
  });

  test('in vectors are of rules that exist', () => {
    const files = filesBelow('packages/protocol/vectors', '.json');
    expect(files.length).toBeGreaterThan(0);
    const wrong = files.flatMap((path) => idsIn(read(path)).filter((id) => !known.has(id)));
    expect(wrong).toEqual([]);
  });
});

describe('readRules', () => {
  test('takes rows that begin with an id, and no others', () => {
    const markdown = [
      '| Id | Level | Words | Enforced in | How |',
      '| --- | --- | --- | --- | --- |',
      '| MMI-01   | MUST | "internally" | `a/b.ts`, `c/` | codec |',
      'MMI-02 | MUST | x | x | x |',
    ].join('\n');
    expect(readRules(markdown)).toEqual([
      { id: 'MMI-01', level: 'MUST', words: '"internally"', paths: ['a/b.ts', 'c/'], tested: 'codec' },
    ]);
  });

  test('refuses a row with a cell too few or too many', () => {
    expect(() => readRules('| MMI-01 | MUST | x | `a` |')).toThrow('a row with 4 cells');
    expect(() => readRules('| MMI-01 | MUST | x | y | `a` | z |')).toThrow('a row with 6 cells');
  });
});

describe('readTitles', () => {
  /** The ids that the titles of running tests cite. */
  function cited(source: string): string[] {
    return readTitles(source)
      .filter((title) => title.runs)
      .flatMap((title) => idsIn(title.text));
  }

  test('finds titles of tests, with their lines', () => {
    expect(readTitles("\ntest('drops it (MMI-01)', () => {});")).toEqual([
      { text: 'drops it (MMI-01)', line: 2, runs: true },
    ]);
    expect(cited('it(`${dialect}: drops it (MMI-01)`, f); test.only("x (MMI-02)", f)')).toEqual(['MMI-01', 'MMI-02']);
    expect(cited("const RULE = 'MMI-03'; test(`x (${RULE})`, f); test('x ' + 'MMI-04', f)")).toEqual([
      'MMI-03',
      'MMI-04',
    ]);
  });

  test('does not count comments, other strings, and groups', () => {
    expect(cited("// MMI-01\ntest('x', () => { /* MMI-02 */ expect('MMI-03').toBe(`MMI-04`); });")).toEqual([]);
    expect(cited("describe('MMI-01', () => { test('x', f); })")).toEqual([]);
    expect(cited("log('MMI-01', f); other.test('MMI-02', f)")).toEqual([]);
  });

  test('does not count tests that do not run', () => {
    expect(cited("test.skip('MMI-01', f); it.todo('MMI-02'); xit('MMI-03', f); test.failing('MMI-04', f)")).toEqual([]);
    expect(
      cited("describe.skip('x', () => { test('MMI-01', f); }); xdescribe('x', () => { it('MMI-02', f) })"),
    ).toEqual([]);
    expect(cited("test('MMI-01')")).toEqual([]);
  });

  test('counts rows that the title prints', () => {
    expect(cited("test.each([['MMI-01', 1], [`MMI-02`, 2]])('%s', f)")).toEqual(['MMI-01', 'MMI-02']);
    expect(
      cited("const ROWS = [{ name: 'MMI-01' }]; describe.each(x)('y', () => test.each(ROWS)('$name', f))"),
    ).toEqual(['MMI-01']);
    expect(cited("test.each(KINDS.map((kind) => [`${kind} MMI-01`, kind]))('%s', f)")).toEqual(['MMI-01']);
    expect(cited("test.each`name\n${'MMI-01'}`('$name', f)")).toEqual(['MMI-01']);
  });

  test('does not count rows that no title prints', () => {
    expect(cited("test.each([['MMI-01', 1]])('all the same', f)")).toEqual([]);
    expect(cited("test.each([['x', () => 'MMI-01']])('%s', f)")).toEqual([]);
    expect(cited("test.skip.each([['MMI-01']])('%s', f)")).toEqual([]);
  });

  test('knows tests by other names', () => {
    expect(cited("const interop = python ? test : test.skip; interop('MMI-01', f)")).toEqual(['MMI-01']);
    expect(cited("(python ? test : test.skip)('MMI-01', f)")).toEqual(['MMI-01']);
    expect(cited("const never = test.skip; never('MMI-01', f)")).toEqual([]);
  });
});
