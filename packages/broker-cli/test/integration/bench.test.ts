// SPDX-License-Identifier: Apache-2.0
// bench.test - load on a broker, from the shell

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CliResult, RunningBroker } from '../support/cli.js';
import { HAS_SIGNALS, runCli, said, startBroker, startCli } from '../support/cli.js';

let broker: RunningBroker;
let env: { MDP_BROKER_URL: string };

beforeAll(async () => {
  broker = await startBroker();
  env = { MDP_BROKER_URL: broker.endpoint };
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
});

function bench(...args: readonly string[]): Promise<CliResult> {
  return runCli(['bench', '--warm-up', '0', ...args], { env });
}

test.each([
  ['rfc18', 'mx', ['--wire', 'mx']],
  ['rfc18', 'rfc18', ['--wire', 'rfc18']],
  ['majortomo', 'majortomo', []],
  ['mdp01', 'mdp01', []],
])('by dialect %s and wire %s', async (dialect, wire, args) => {
  const { code, stdout, stderr } = await bench(
    '--with-worker',
    '-n',
    '200',
    '-j',
    '8',
    '--dialect',
    dialect,
    ...args,
    '--json',
  );
  const expected = { wire, requests: 200, failed: 0, wrong: 0, unsent: 0, bytes: 6400, concurrency: 8 };
  expect([JSON.parse(stdout), stderr, code]).toEqual([expect.objectContaining(expected), '', 0]);
});

test('several clients, frames of its own, replies part by part, a rate', async () => {
  const { code, stdout } = await bench(
    's',
    'ab',
    'c',
    '',
    '--with-worker',
    '-n',
    '50',
    '-r',
    '1000',
    '--clients',
    '3',
    '--stream',
    '--json',
  );
  const report = JSON.parse(stdout) as { histogram: { count: number }[] };
  expect(report).toMatchObject({
    service: 's',
    requests: 50,
    parts: 150,
    frames: [2, 1, 0],
    rate: 1000,
    clients: 3,
    wrong: 0,
  });
  expect(report.histogram.reduce((sum, { count }) => sum + count, 0)).toBe(50);
  expect(code).toBe(0);
});

test('no worker, and no broker: exit code 4, and what to do', async () => {
  const none = await bench('nobody', '-t', '0.3');
  expect(none).toMatchObject({ code: 4, stdout: '' });
  expect(none.stderr).toMatch(/is there a worker for "nobody".* --with-worker runs one\.\n$/);
  expect(await bench('-b', 'tcp://127.0.0.1:9', '-t', '0.3')).toMatchObject({ code: 4, stdout: '' });
});

test('requests that fail are counted by their kind, and the exit code is that of the first', async () => {
  // One that is answered, and from then on none.
  const script =
    'if (require("fs").existsSync(process.argv[1])) process.exit(3); require("fs").writeFileSync(process.argv[1], "")';
  const folder = await mkdtemp(join(tmpdir(), 'mdp-bench-'));
  const worker = startCli(['work', 'once', '--', process.execPath, '-e', script, join(folder, 'done')], { env });
  try {
    await said(worker, 'registered for');
    const { code, stdout, stderr } = await bench('once', '-n', '3', '-j', '1', '--json');
    const message = 'the command ended with exit code 3';
    expect(JSON.parse(stdout)).toMatchObject({
      requests: 0,
      failed: 3,
      latencyMs: null,
      failures: [{ code: 'MDP_REMOTE', status: 500, message, count: 3 }],
    });
    expect([code, stderr]).toEqual([5, `mdp-broker: error reply 500: ${message}\n`]);
  } finally {
    await worker.kill();
    await rm(folder, { recursive: true });
  }
});

(HAS_SIGNALS ? test : test.skip)('Ctrl-C ends it early, with what was found until then', async () => {
  await using worker = startCli(['echo', 'worker'], { env });
  await said(worker, 'registered for');
  await using child = startCli(['bench', '--warm-up', '0', '-d', '10m'], { env });
  // The first request only asks whether all is well.
  await said(worker, /more requests/);
  child.signal('SIGINT');
  expect(await child.exited).toEqual({ code: 130, signal: null });
  expect(child.stdout).toMatch(/^mdp-echo at tcp:.*\n\nREQUESTS .*\n +[\d,]+ +[\d,.]+ +0 /);
});
