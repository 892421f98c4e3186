// SPDX-License-Identifier: Apache-2.0
// document.test - generated sections change, and nothing else does

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { SUITES } from '../src/arguments.js';
import { Charts, DOCUMENT_PATH, replaceSection } from '../src/document.js';

const TEXT = 'before\n\n<!-- bench:e2e -->\n\nold\n\n<!-- /bench:e2e -->\n\nafter\n';

describe('replaceSection', () => {
  test('puts the content between the marks and leaves the rest', () => {
    expect(replaceSection(TEXT, 'bench:e2e', 'new')).toBe(TEXT.replace('old', 'new'));
  });

  test('changes nothing when it is done again', () => {
    const once = replaceSection(TEXT, 'bench:e2e', 'new');
    expect(replaceSection(once, 'bench:e2e', 'new')).toBe(once);
  });

  test('takes the content literally', () => {
    expect(replaceSection(TEXT, 'bench:e2e', '$& $1')).toContain('\n\n$& $1\n\n');
  });

  test.each([
    ['none', 'nothing here'],
    ['only the first', '<!-- bench:e2e -->'],
    ['them the wrong way round', '<!-- /bench:e2e --> <!-- bench:e2e -->'],
    ['them twice', TEXT + TEXT],
  ])('refuses a document that has %s of the marks', (_, document) => {
    expect(() => replaceSection(document, 'bench:e2e', 'new')).toThrow('<!-- bench:e2e -->');
  });
});

test('docs/benchmarks.md has a section for every group', async () => {
  let document = await readFile(DOCUMENT_PATH, 'utf8');
  for (const name of SUITES) document = replaceSection(document, `bench:${name}`, `written ${name}`);
  for (const name of SUITES) expect(document).toContain(`written ${name}`);
});

test('charts are shown by their titles, and written beside the document', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mdp-bench-charts-'));
  try {
    const charts = new Charts();
    expect(charts.draw('one', '<svg aria-label="What it shows"/>')).toBe('![What it shows](benchmarks/one.svg)');
    await charts.write(join(folder, 'benchmarks.md'));
    expect(await readFile(join(folder, 'benchmarks', 'one.svg'), 'utf8')).toBe('<svg aria-label="What it shows"/>');
  } finally {
    await rm(folder, { recursive: true });
  }
});
