// SPDX-License-Identifier: Apache-2.0
// examples.test - the examples of the documents run, and say what they claim to say

import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { codeBlocks, exampleText, runExample } from '@mdp/testkit';

const PACKAGE = new URL('../', import.meta.url);

function read(path: string): string {
  return readFileSync(new URL(path, PACKAGE), 'utf8');
}

describe.each(['frames', 'hostile', 'vectors'])('examples/%s.js', (name) => {
  const path = `examples/${name}.js`;

  test('prints what its comments say', async () => {
    const claims = [...read(path).matchAll(/^ *(?:if .*\) )?console\.log\(.*\); \/\/ (.*)$/gm)].map(
      ([, claim]) => claim,
    );
    expect(claims.length).toBeGreaterThan(0);
    const printed = await runExample(fileURLToPath(new URL(path, PACKAGE)));
    expect(printed.trimEnd().split('\n')).toEqual(claims);
  });
});

test.each(['README.md', 'vectors/README.md'])('%s shows them as they are', (document) => {
  const blocks = codeBlocks(read(document)).filter((block) => block.language === 'js');
  expect(blocks.length).toBeGreaterThan(0);
  for (const block of blocks) {
    const [, path = '', region] = /^example: packages\/protocol\/(.+?)(?:#(.+))?$/.exec(block.note ?? '') ?? [];
    expect(block.code).toBe(exampleText(read(path), region));
  }
});
