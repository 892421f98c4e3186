// SPDX-License-Identifier: Apache-2.0
// examples.test - the examples of the guide run and print what their comments say, and the documents show them as they are

import { describe, expect, test } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { codeBlocks, exampleText, runExample } from '@mdp/testkit';

const ROOT = new URL('../../../', import.meta.url);
const EXAMPLES = readdirSync(new URL('packages/client/examples/', ROOT)).map(
  (name) => `packages/client/examples/${name}`,
);

const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8').replaceAll('\r\n', '\n');

/** What each one prints, besides what its comments say. */
const PRINTED: Record<string, RegExp> = {
  brokers:
    /^STILL HERE\n.*'(?:up|down)'.*\n.*'up'.*\n\{ requests: 21, replies: 21, retries: \d+ \}\ntrue\n\[ 'upper: 1' \]\n\d/,
  codec: /^$/,
  curve: /^HELLO\nMDP_REFUSED\ntcp:\S+ refused the connection: this key is not allowed \(curve\)\n$/,
  dialect: /^HELLO\n$/,
  hello: /^\[ 'HELLO', 'WORLD' \]\n3\n2\n1\nlift-off\n$/,
  mock: /^$/,
  parts: /^title \| the year 2026 \| line \| all was well \| end\nall was well\n2 frames\n2 frames\n1 frames\n$/,
  tracing:
    /^HELLO\n1 trace\nINTERNAL look it up < SERVER upper\nSERVER upper < CLIENT upper\nCLIENT upper < INTERNAL checkout\nINTERNAL checkout < nothing\n$/,
  patience: /^apple: 5\nMDP_ABORTED the user went away\nhalf 400 not a number\n$/,
};

test.each(EXAMPLES)('%s prints what it says', async (path) => {
  const name = /([a-z]+)\.[jt]s$/.exec(path)?.[1] ?? '';
  expect(await runExample(fileURLToPath(new URL(path, ROOT)))).toMatch(PRINTED[name] ?? `no expectation for ${name}`);
});

describe.each(['docs/client.md', 'docs/tracing.md', 'packages/client/README.md'])('%s', (document) => {
  const blocks = codeBlocks(read(document)).filter(({ language }) => language === 'js');

  test('shows code that is in the examples, as it is there', () => {
    expect(blocks.length).toBeGreaterThan(0);
    for (const { code, note, line } of blocks) {
      const [, path = '', region] = /^example: ([^#]+)#(.+)$/.exec(note ?? '') ?? [];
      expect(`${String(line)}: ${path}`).toBe(
        `${String(line)}: ${EXAMPLES.find((example) => example === path) ?? '?'}`,
      );
      expect(code).toBe(exampleText(read(path), region));
    }
  });
});

test('the documented options are those that exist, with their defaults', async () => {
  const { resolveClientOptions } = await import('../src/options.js');
  const { connect, request, endpoints, signal, retryBudget, ...rest } = resolveClientOptions('tcp://a:1', {});
  expect([endpoints, signal]).toEqual([['tcp://a:1'], undefined]);
  const { attempts, baseMs, maxMs, ...policy } = request;
  const defaults = {
    ...policy,
    ...rest,
    ...connect,
    'retry.attempts': attempts,
    'retry.baseMs': baseMs,
    'retry.maxMs': maxMs,
    ...Object.fromEntries(Object.entries(retryBudget ?? {}).map(([name, value]) => [`retryBudget.${name}`, value])),
  };
  const [, options = ''] = /\n## Options\n([^]*?)\n## /.exec(read('docs/client.md')) ?? [];
  const documented = Object.fromEntries(
    [...options.matchAll(/^\| `([\w.]+)` +\| (`?[\w,.]+`?) +\| [^|]*\| [^|]*\|$/gm)].map(([, name, value]) => [
      name,
      value === 'none'
        ? undefined
        : value?.startsWith('`') === true
          ? value === '`false`'
            ? false
            : value.slice(1, -1)
          : Number(value?.replaceAll(',', '')),
    ]),
  );
  expect(documented).toEqual({ ...defaults, signal: undefined });
});
