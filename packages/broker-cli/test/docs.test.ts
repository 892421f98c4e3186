// SPDX-License-Identifier: Apache-2.0
// docs.test - the command lines and config files in the documents are ones that the program takes

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { TestProcess, codeBlocks } from '@mdp/testkit';
import { readBench } from '../src/bench-flags.js';
import { readCall } from '../src/call-command.js';
import { readCommandLine } from '../src/command-line.js';
import { parseConfig } from '../src/config-file.js';
import { readEnvironment, unknownVariables } from '../src/environment.js';
import { EXIT_CODES } from '../src/exit-codes.js';
import { readKeygen } from '../src/keygen-command.js';
import { readEchoClient, readEchoWorker, readPing } from '../src/peer-flags.js';
import { readRunFlags } from '../src/run-flags.js';
import { readServices } from '../src/services-command.js';
import { resolveSettings } from '../src/settings.js';
import { readTop } from '../src/top-flags.js';
import { readWork } from '../src/work-command.js';
import { BIN, ROOT, runCli, startBroker } from './support/cli.js';

const DOCUMENTS = [
  'docs/cli.md',
  'docs/deployment.md',
  'docs/options.md',
  'docs/security.md',
  'docs/operations.md',
  'docs/migrating-from-majortomo.md',
  'packages/broker-cli/README.md',
  'README.md',
  'docs/getting-started.md',
];

const blocks = DOCUMENTS.flatMap((file) =>
  codeBlocks(readFileSync(join(ROOT, file), 'utf8').replaceAll('\r\n', '\n')).map((block) => ({ file, ...block })),
);

interface CommandLine {
  readonly env: Record<string, string>;
  readonly args: string[];
}

/** The words of a shell line that runs `mdp-broker`, up to a pipe or a comment: quotes and leading variables, as far as the documents use them. */
function readShell(line: string): CommandLine | undefined {
  const [command = ''] = line.split(/ +#.*| [|>] (?=[^']*(?:'[^']*'[^']*)*$)/, 1);
  const words = Array.from(command.matchAll(/(?:'[^']*'|[^\s'])+/g), ([word]) => word.replaceAll("'", ''));
  const env: Record<string, string> = {};
  for (let word = words[0]; word !== undefined && /^[A-Z_]+=/.test(word); word = words[0]) {
    const [name = ''] = word.split('=', 1);
    env[name] = word.slice(name.length + 1);
    words.shift();
  }
  if (words[0] === 'npx') words.shift();
  if (words.shift() !== 'mdp-broker') return undefined;
  return { env, args: words.filter((word) => word !== '&') };
}

const lines = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ code }) => code.replaceAll(/\\\n\s*/g, '').split('\n'))
  .flatMap((line) => readShell(line) ?? []);

test('the documents have command lines', () => {
  expect(lines.length).toBeGreaterThan(15);
});

test.each(lines)('it takes %j', async ({ env, args }) => {
  expect(unknownVariables(env)).toEqual([]);
  const found = await readCommandLine(args);
  const values = found?.values ?? new Map<string, string[]>();
  switch (found?.command.name) {
    case 'worker':
      expect(readEchoWorker(values, env).brokers).not.toHaveLength(0);
      break;
    case 'client':
      expect(readEchoClient(values, env).repeat).toBeGreaterThan(0);
      break;
    case 'ping':
      expect(readPing(values, env).brokers).toHaveLength(1);
      break;
    case 'call':
      expect(readCall(values, env, found.words).service).not.toBe('');
      break;
    case 'work':
      expect(readWork(values, env, found.words).command).not.toHaveLength(0);
      break;
    case 'services':
      expect(readServices(values, env).brokers).toHaveLength(1);
      break;
    case 'top':
      expect(readTop(values, env).intervalMs).toBeGreaterThan(0);
      break;
    case 'bench':
      expect(readBench(values, env, found.words).concurrency).toBeGreaterThan(0);
      break;
    case 'completion':
      expect(found.words).toHaveLength(1);
      break;
    case 'init':
      expect(found.words).toEqual([]);
      break;
    case 'keygen':
      expect(readKeygen(values, found.words).names).not.toHaveLength(0);
      break;
    default:
      expect(resolveSettings(readEnvironment(env), readRunFlags(values)).drainMs).toBeGreaterThan(0);
  }
});

// That of operations.md is for other programs.
const configs = blocks
  .filter(({ language, file }) => language === 'yaml' && file !== 'docs/operations.md')
  .map((block) => [`${block.file}:${String(block.line)}`, block] as const);

test.each(configs)('the config file of %s is right', async (_, { file, code }) => {
  expect(resolveSettings(await parseConfig(code, file)).logLevel).toBe('info');
});

test('what is marked as running runs, against a broker', async () => {
  const marked = blocks.filter(({ note }) => note === 'runs');
  expect(marked).toHaveLength(5);
  for (const { code } of marked) {
    await using broker = await startBroker();
    const env = { MDP_BROKER_URL: broker.endpoint };
    const background: TestProcess[] = [];
    try {
      for (const line of code.trim().split('\n')) {
        const { args = [] } = readShell(line) ?? {};
        if (line.endsWith('&')) background.push(TestProcess.node(BIN, args, { env }));
        else expect(await runCli(args, { env })).toMatchObject({ code: 0 });
      }
      expect(background.filter((child) => !child.alive)).toEqual([]);
    } finally {
      await Promise.all(background.map((child) => child.kill()));
    }
  }
});

test('docs/deployment.md names files that there are', () => {
  const text = readFileSync(join(ROOT, 'docs/deployment.md'), 'utf8');
  const named = new Set(Array.from(text.matchAll(/\bdocker\/[\w./-]*\w/g), ([path]) => path));
  expect(named.size).toBeGreaterThan(6);
  expect([...named].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

describe('docs/cli.md', () => {
  const text = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8');

  test('shows the complaints that there are', async () => {
    const complaints = Array.from(text.matchAll(/^\$ (mdp-broker .+)\nmdp-broker: (.+)$/gm));
    expect(complaints).toHaveLength(2);
    for (const [, line = '', complaint = ''] of complaints) {
      const { args = [] } = readShell(line) ?? {};
      const read = async (): Promise<unknown> => {
        const found = await readCommandLine(args);
        return resolveSettings(readRunFlags(found?.values ?? new Map<string, string[]>()));
      };
      await expect(read()).rejects.toThrow(complaint);
    }
  });

  test('has every exit code', () => {
    const codes = Array.from(text.matchAll(/^\| (\d+) +\|/gm), ([, code]) => Number(code));
    expect(codes).toEqual(Object.values(EXIT_CODES));
  });
});
