// SPDX-License-Identifier: Apache-2.0
// broker-cli.test - @mdp/broker-cli as packed: the command that a stranger gets starts a broker that serves

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { TestProcess, freePort, run, waitUntil } from '@mdp/testkit';
import type { Installed } from './workshop.js';
import { Workshop } from './workshop.js';

describe('@mdp/broker-cli', () => {
  let workshop: Workshop;
  let installed: Installed;
  let command: string;
  const started: TestProcess[] = [];

  /** Start `mdp-broker` as it was installed. */
  function mdpBroker(...args: string[]): TestProcess {
    const process = TestProcess.node(command, args, { cwd: installed.project });
    started.push(process);
    return process;
  }

  beforeAll(async () => {
    workshop = await Workshop.open();
    installed = await workshop.installAlone('@mdp/broker-cli');
    command = join(installed.folder, installed.manifest.bin?.['mdp-broker'] ?? 'missing');
  });

  afterAll(async () => {
    await Promise.all(started.map((process) => process.kill()));
    await workshop[Symbol.asyncDispose]();
  });

  test('puts mdp-broker where npx finds it', () => {
    expect(installed.manifest.bin).toEqual({ 'mdp-broker': 'bin/mdp-broker.js' });
    expect(installed.files).toContain('bin/mdp-broker.js');
  });

  test('says its version and its help', async () => {
    const version = await run(process.execPath, [command, '--version'], { cwd: installed.project });
    expect(version.stdout.trim()).toBe(installed.manifest.version);
    const help = await run(process.execPath, [command, '--help'], { cwd: installed.project });
    expect(help.stdout).toMatch(/--bind-url/);
    expect(help.stdout).toMatch(/\becho\b/);
  });

  test('starts a broker, an echo worker and an echo client that gets its replies', async () => {
    const endpoint = `tcp://127.0.0.1:${String(await freePort())}`;
    const broker = mdpBroker('--bind-url', endpoint);
    await waitUntil('the broker to say where it listens', () => broker.stderr.includes(endpoint));
    const worker = mdpBroker('echo', 'worker', '-b', endpoint);
    const client = mdpBroker('echo', 'client', '-b', endpoint, '-m', 'hello, stranger', '-r', '3', '-d', '0');
    expect(await client.exited).toEqual({ code: 0, signal: null });
    expect(client.stdout.match(/hello, stranger/g)).toHaveLength(3);
    worker.signal('SIGTERM');
    broker.signal('SIGTERM');
    if (process.platform !== 'win32') {
      expect(await worker.exited).toEqual({ code: 0, signal: null });
      expect(await broker.exited).toEqual({ code: 0, signal: null });
    }
  });
});
