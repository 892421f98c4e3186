// SPDX-License-Identifier: Apache-2.0
// docs-readme.test - what the README tells a newcomer to type, typed

import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_ENDPOINT } from '@mdp/protocol';
import { runExample } from '@mdp/testkit';
import { ROOT, readDocument } from './support/documents.js';
import { Terminal, hasTerminals } from './support/terminal.js';

const readme = readDocument('README.md');
const lines = readme.blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ code }) => code.trimEnd().split('\n'));

test('its command lines are the ones that are tried here', () => {
  expect(lines).toEqual([
    'npm ci && npm start',
    'npx mdp-broker echo worker',
    'npx mdp-broker echo client -m hello',
    'npm ci && npm test',
  ]);
  expect(readme.text).toContain(DEFAULT_ENDPOINT);
});

test('its two commands are scripts that need nothing but what npm ci installs', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  expect(manifest.scripts['start']).toMatch(/^npm run --silent build && node /);
  expect(manifest.scripts['test']).toMatch(/^npm run --silent build && node /);
});

test('its example prints what it says', async () => {
  expect(await runExample(join(ROOT, 'packages/broker/examples/hello.js'))).toBe('hello, world\n');
  expect(readme.text).toContain('// hello, world\n');
});

// Windows has no groups of processes that a signal reaches: Ctrl+C cannot be pressed by a program there.
(hasTerminals ? describe : describe.skip)('in three terminals', () => {
  test('npm start, an echo worker and an echo client', async () => {
    // The variable only keeps it off the default port, which may be taken while tests run.
    await using broker = new Terminal('npm start', { MDP_BIND_URL: 'tcp://127.0.0.1:*' });
    const [, endpoint = ''] = await broker.shows(/listening on (tcp:\/\/127\.0\.0\.1:\d+)/);
    // It says what to type next; the README says the same, without -b as that broker is where it is expected.
    const [, typeWorker = ''] = await broker.shows(/^ *(npx mdp-broker echo worker.*)$/m);
    const [, typeClient = ''] = await broker.shows(/^ *(npx mdp-broker echo client.*)$/m);
    expect([typeWorker, typeClient]).toEqual([
      `${lines[1] ?? ''} -b ${endpoint}`,
      `npx mdp-broker echo client -b ${endpoint}`,
    ]);

    await using worker = new Terminal(typeWorker);
    await worker.shows(/registered/);
    await using client = new Terminal(`${lines[2] ?? ''} -b ${endpoint}`);
    expect(await client.end()).toBe(0);
    expect(client.output).toMatch(/"hello"/);

    await worker.interrupt();
    await broker.shows(/a worker for "mdp-echo" left/);
    await broker.interrupt();
    expect(broker.output).toMatch(/stopped/);
  }, 90_000);
});
