// SPDX-License-Identifier: Apache-2.0
// start.test - the broker as a process: what it says, what it binds, what its options do

import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from '@mdp/client';
import { RawBroker, RawPeer } from '@mdp/testkit';
import { HAS_SIGNALS, ROOT, runCli, said, startBroker, startCli } from '../support/cli.js';

let folder = '';
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'mdp-cli-')));
});
afterEach(() => rm(folder, { recursive: true }));

async function limits(endpoint: string): Promise<Record<string, unknown>> {
  await using client = new Client(endpoint, { timeoutMs: 30_000 });
  const info = await client.brokerInfo();
  return info['limits'] as Record<string, unknown>;
}

test('it says where it listens and how to try it, on stderr only', async () => {
  await using broker = await startBroker([], { cwd: ROOT });
  const [, worker = ''] = await said(broker.process, /in a terminal of its own:\n +(.+ echo worker .+)\n/);
  expect(worker).toMatch(/ echo worker -b tcp:\/\/127\.0\.0\.1:\d+$/);
  expect(worker.endsWith(broker.endpoint)).toBe(true);
  expect(broker.process.stdout).toBe('');
});

test('several endpoints with roles, one line each', async () => {
  await using broker = startCli([
    ...['-b', 'tcp://127.0.0.1:*,role=worker', '-b', 'tcp://127.0.0.1:*,role=client'],
    ...['--bind-url', 'tcp://127.0.0.1:*', '-b', 'tcp://127.0.0.1:*,role=client', '--log-format', 'json'],
  ]);
  await said(broker, /(?:.*"listening".*\n){4}/);
  const lines = broker.stderr.trim().split('\n');
  const endpoints = lines.map((line) => JSON.parse(line) as { message: string; endpoint: string; role: string });
  expect(endpoints.map(({ role }) => role).sort()).toEqual(['any', 'client', 'client', 'worker']);
  for (const { message, endpoint, role } of endpoints) {
    expect(message).toBe(`listening on ${endpoint}${role === 'any' ? '' : ` for ${role}s only`}`);
    // A worker is heard where workers are allowed, and nowhere else.
    using peer = new RawPeer(endpoint);
    await peer.send('MDPW02', '\x05');
    if (role !== 'client') expect((await peer.receive()).map(String)).toEqual(['MDPW02', '\x06']);
    // A client is answered where clients are allowed.
    if (role !== 'worker') expect(await limits(endpoint)).toMatchObject({ maxAttempts: 2 });
  }
});

describe('default < file < environment < flag', () => {
  const TEXT = 'maxAttempts: 3\nmaxQueued: 30\nmaxStrikes: 33\nlog: { level: verbose }\n';

  test('in one process', async () => {
    const file = join(folder, 'broker.yaml');
    await writeFile(file, `endpoints: tcp://127.0.0.1:1\n${TEXT}`);
    const env = { MDP_MAX_QUEUED: '40', MDP_MAX_STRIKES: '44', MDP_HEARTBEAT_INTERVAL: '500ms', MDP_LOG_FORMAT: '' };
    await using broker = await startBroker(['-c', file, '--max-strikes', '55', '-t', '3'], { env });
    expect(await limits(broker.endpoint)).toMatchObject({
      maxServices: 20_000,
      maxAttempts: 3,
      maxQueued: 40,
      maxStrikes: 55,
      heartbeatIntervalMs: 500,
      heartbeatLiveness: 6,
    });
  });

  test('the file itself may be named by the environment', async () => {
    const file = join(folder, 'broker.json');
    await writeFile(file, JSON.stringify({ maxAttempts: 7, zmtpHeartbeats: false }));
    await using broker = await startBroker([], { env: { MDP_CONFIG: file } });
    expect(await limits(broker.endpoint)).toMatchObject({ maxAttempts: 7, zmtpHeartbeats: false });
  });

  test("yargs' own settings in a package.json are not obeyed", async () => {
    const yargs = { 'boolean-negation': true, 'parse-numbers': true, 'camel-case-expansion': true };
    await writeFile(join(folder, 'package.json'), JSON.stringify({ yargs }));
    await using broker = await startBroker(['--no-worker-timeout', '7'], { cwd: folder });
    expect(await limits(broker.endpoint)).toMatchObject({ noWorkerTimeoutMs: 7000 });
  });
});

test('a service may have options of its own', async () => {
  await using broker = await startBroker(['--service', 'resize,no-worker-timeout=0']);
  await using client = new Client(broker.endpoint, { timeoutMs: 30_000 });
  await expect(client.request('resize', 'x')).rejects.toMatchObject({ code: 'MDP_REMOTE', status: 404 });
});

test('an endpoint in use is named, and the exit code is 3', async () => {
  using taken = await RawBroker.bind();
  const { code, stderr } = await runCli(['-b', taken.endpoint]);
  expect(stderr).toMatch(
    new RegExp(
      `error +cannot listen on ${taken.endpoint}: Address .*in use: choose another endpoint with --bind-url\n$`,
    ),
  );
  expect(code).toBe(3);
});

test('a misspelt variable is warned of', async () => {
  await using broker = await startBroker([], { env: { MDP_HEARTBEAT_INTERVALL: '1' } });
  await said(
    broker.process,
    /warn .*"MDP_HEARTBEAT_INTERVALL" means nothing here; did you mean MDP_HEARTBEAT_INTERVAL\?/,
  );
});

(HAS_SIGNALS ? test : test.skip)('nothing is said below the level that was asked for', async () => {
  await using child = startCli(['-b', `ipc://${folder}/quiet`, '--log-level', 'warn']);
  expect(await limits(`ipc://${folder}/quiet`)).toMatchObject({ maxAttempts: 2 });
  child.signal('SIGTERM');
  expect(await child.exited).toEqual({ code: 0, signal: null });
  expect(child.stderr).toBe('');
});
