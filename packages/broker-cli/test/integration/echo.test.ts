// SPDX-License-Identifier: Apache-2.0
// echo.test - broker, echo worker and echo client, each a process

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { Router } from 'zeromq';
import { BIN, HAS_SIGNALS, runCli, said, startBroker, startCli } from '../support/cli.js';

describe.each(['rfc18', 'majortomo', 'mdp01'])('dialect %s', (dialect) => {
  test('what the client sends comes back', async () => {
    await using broker = await startBroker();
    await using worker = startCli(['echo', 'worker', '-b', broker.endpoint, '--dialect', dialect]);
    const args = ['echo', 'client', '-b', broker.endpoint, '--dialect', dialect, '-m', 'grüße', '-r', '3', '-d', '0'];
    const { code, stdout, stderr } = await runCli(args);
    expect(stdout).toMatch(/^(Got reply: "grüße" \([\d.]+ m?s\)\n){3}$/);
    expect(stderr).toMatch(/^3 of 3 replies were right; half of them took [\d.]+ m?s or less\n$/);
    expect(code).toBe(0);
    await said(worker, `registered for "mdp-echo" at ${broker.endpoint}`);
    await said(worker, 'a request: "grüße"');
  });

  test('ping and services are answered', async () => {
    await using broker = await startBroker();
    await using worker = startCli(['echo', 'worker', '-b', broker.endpoint, '--dialect', dialect]);
    await said(worker, 'registered');
    const ping = await runCli(['ping', '-b', broker.endpoint, '--dialect', dialect]);
    expect(ping).toMatchObject({ code: 0, stdout: expect.stringContaining('mdp-broker ') });
    const services = await runCli(['services', '-b', broker.endpoint, '--dialect', dialect, '--json']);
    expect(services).toMatchObject({ code: 0, stdout: expect.stringContaining('"name":"mdp-echo"') });
  });
});

describe('what goes wrong', () => {
  test('garbage is told from an echo, with exit code 6', async () => {
    await using broker = await startBroker();
    await using worker = startCli(['echo', 'worker', '--garbage', '-n', 'junk', '--broker_url', broker.endpoint]);
    await said(worker, 'registered');
    const { code, stdout } = await runCli(['echo', '-n', 'junk', '-b', broker.endpoint, 'client', '-m', 'abc']);
    expect(stdout).toMatch(/^Got wrong reply: "cba" \(/);
    expect(code).toBe(6);
  });

  test('no worker: exit code 4, and a guess why', async () => {
    await using broker = await startBroker();
    const { code, stderr } = await runCli(['echo', 'client', '-t', '2'], {
      env: { MDP_BROKER_URL: broker.endpoint },
    });
    expect(stderr).toBe(
      `mdp-broker: no reply within 2s: the broker at ${broker.endpoint} was reached; is there a worker for "mdp-echo", is the endpoint for clients, and is the dialect right?\n`,
    );
    expect(code).toBe(4);
  });

  test('no broker: exit code 4, and a guess why', async () => {
    const { code, stderr } = await runCli(['echo', 'client', '-b', 'tcp://127.0.0.1:9', '-t', '200ms']);
    expect(stderr).toMatch(
      /^mdp-broker: no reply within 200ms: nothing answers at tcp:\/\/127\.0\.0\.1:9( \(.+\))?; is a broker running there\?\n$/,
    );
    expect(code).toBe(4);
  });

  test('an error reply: exit code 5, with its status', async () => {
    await using broker = await startBroker(['--no-worker-timeout', '0']);
    const { code, stderr } = await runCli(['echo', 'client', '-b', broker.endpoint]);
    expect(stderr).toMatch(/^mdp-broker: error reply 404: .+\n$/);
    expect(code).toBe(5);
  });
});

(HAS_SIGNALS ? test : test.skip)('a worker finishes its request before a signal ends it', async () => {
  await using broker = await startBroker();
  await using worker = startCli(['echo', 'worker', '-b', broker.endpoint, '-d', '300ms']);
  const client = runCli(['echo', 'client', '-b', broker.endpoint]);
  await said(worker, 'a request: "hello"');
  worker.signal('SIGTERM');
  expect(await worker.exited).toEqual({ code: 0, signal: null });
  expect(worker.stderr).toMatch(/SIGTERM: stopping; .+\n.*stopped: 1 request, 1 answered\n$/);
  expect(await client).toMatchObject({ code: 0 });
});

(HAS_SIGNALS ? test : test.skip)('a client whose output nobody reads ends, as with head', async () => {
  await using broker = await startBroker();
  await using worker = startCli(['echo', 'worker', '-b', broker.endpoint]);
  await said(worker, 'registered');
  const args = ['echo', 'client', '-b', broker.endpoint, '-r', '1000000', '-d', '10ms'];
  const client = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const exited = once(client, 'exit');
    await once(client.stdout, 'data');
    client.stdout.destroy();
    expect(await exited).toEqual([141, null]);
  } finally {
    client.kill('SIGKILL');
  }
});

test('ping answers with version and age', async () => {
  await using broker = await startBroker();
  const { code, stdout, stderr } = await runCli(['ping', '-b', broker.endpoint]);
  expect(stdout).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+: mdp-broker \d+\.\d+\.\d+, up for [\d.]+ m?s \([\d.]+ m?s\)\n$/);
  expect([code, stderr]).toEqual([0, '']);
});

test('ping is answered by a broker of MDP/0.1 that knows nothing of the question', async () => {
  const router = new Router();
  try {
    await router.bind('tcp://127.0.0.1:*');
    const endpoint = router.lastEndpoint ?? '';
    const pinged = runCli(['ping', '-b', endpoint, '--dialect', 'mdp01', '-t', '1m']);
    const [peer = '', , header, service = ''] = await router.receive();
    expect([header?.toString(), service.toString()]).toEqual(['MDPC01', 'mmi.broker']);
    await router.send([peer, '', 'MDPC01', service, '501']);
    const { code, stdout } = await pinged;
    expect(stdout).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+: a broker that tells nothing of itself \([\d.]+ m?s\)\n$/);
    expect(code).toBe(0);
  } finally {
    router.close();
  }
});
