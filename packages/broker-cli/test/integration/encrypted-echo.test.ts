// SPDX-License-Identifier: Apache-2.0
// encrypted-echo.test - an encrypted broker, and clients and workers that it lets in or not, each a process

import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readKeyFile } from '@mdp/protocol/node';
import type { RunningBroker } from '../support/cli.js';
import { runCli, said, startBroker, startCli } from '../support/cli.js';

let folder = '';
let broker: RunningBroker;
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mdp-echo-')));
  await runCli(['keygen', 'broker', 'alice', 'eve'], { cwd: folder });
  broker = await startBroker(['--curve-key', 'broker.key_secret', '--allow', 'alice.key'], { cwd: folder });
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const KEYS = ['--server-key', 'broker.key'];
const ALICE = [...KEYS, '--key', 'alice.key_secret'];
const EVE = [...KEYS, '--key', 'eve.key_secret'];

test('who is let in is served', async () => {
  const { endpoint } = broker;
  await using worker = startCli(['echo', 'worker', '-b', endpoint, ...ALICE], { cwd: folder });
  await said(worker, 'registered');
  const text = readKeyFile('x', join(folder, 'broker.key'), false).publicKey;
  const env = { MDP_BROKER_URL: endpoint, MDP_SERVER_KEY: text, MDP_KEY: 'alice.key_secret' };
  const { code, stdout } = await runCli(['echo', 'client', '-m', 'secret'], { cwd: folder, env });
  expect(stdout).toMatch(/^Got reply: "secret" /);
  expect(code).toBe(0);
  expect(await runCli(['ping', '-b', endpoint, ...ALICE], { cwd: folder })).toMatchObject({ code: 0 });
  const once = ['-n', '1', '--json', '-b', endpoint, ...ALICE];
  const top = await runCli(['top', '-i', '0.1', ...once], { cwd: folder });
  expect(JSON.parse(top.stdout)).toMatchObject({ services: [{ name: 'mdp-echo', workers: 1 }] });
  const bench = await runCli(['bench', '--warm-up', '0', '--with-worker', ...once], { cwd: folder });
  expect(JSON.parse(bench.stdout)).toMatchObject({ requests: 1, failed: 0, wrong: 0 });
});

describe('who is not let in is told so, with exit code 7 and what to do', () => {
  test.each([
    [['echo', 'client'], EVE, 'is the key of --key named by an --allow of the broker'],
    [['echo', 'client'], KEYS, 'if it lets in only keys that it knows, give yours with --key'],
    [['ping'], EVE, 'is the key of --key named by an --allow of the broker'],
    [['top'], EVE, 'is the key of --key named by an --allow of the broker'],
    [['bench'], KEYS, 'if it lets in only keys that it knows, give yours with --key'],
  ])('%j %j', async (command, keys, remedy) => {
    const { code, stderr } = await runCli([...command, '-b', broker.endpoint, ...keys], { cwd: folder });
    expect(stderr).toContain(`${broker.endpoint}`);
    expect(stderr).toContain('this key is not allowed (curve)');
    expect(stderr).toContain(remedy);
    expect(code).toBe(7);
  });

  test('a client that does not encrypt', async () => {
    const { code, stderr } = await runCli(['ping', '-b', broker.endpoint], { cwd: folder });
    expect(stderr).toContain('expects an encrypted connection (curve)');
    expect([4, 7]).toContain(code);
  });

  test('a worker, which goes on trying', async () => {
    await using worker = startCli(['echo', 'worker', '-b', broker.endpoint, ...EVE], { cwd: folder });
    await said(
      worker,
      `${broker.endpoint} refuses this worker: this key is not allowed (curve); is the key of --key named`,
    );
    expect(worker.alive).toBe(true);
  });
});
