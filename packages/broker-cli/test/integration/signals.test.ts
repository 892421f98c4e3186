// SPDX-License-Identifier: Apache-2.0
// signals.test - how a broker stops, and what does not stop it

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { Client } from '@mdp/client';
import { RawPeer, waitUntil } from '@mdp/testkit';
import type { RunningBroker } from '../support/cli.js';
import { BIN, HAS_SIGNALS, said, startBroker } from '../support/cli.js';
import { HeldRequest } from '../support/held-request.js';

async function exitOf(broker: RunningBroker): Promise<number | null> {
  const { code, signal } = await broker.process.exited;
  expect(signal).toBeNull();
  return code;
}

(HAS_SIGNALS ? describe : describe.skip)('signals', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends an idle broker with 0', async (signal) => {
    await using broker = await startBroker();
    broker.process.signal(signal);
    expect(await exitOf(broker)).toBe(0);
    expect(broker.process.stderr).toMatch(new RegExp(`${signal}: stopping; no request is running\n`));
    expect(broker.process.stderr).toMatch(/stopped after [\d.]+ m?s: 0 requests, 0 answered\n$/);
  });

  test('a running request may end, a new one is refused', async () => {
    await using broker = await startBroker();
    await using held = await HeldRequest.at(broker.endpoint);
    broker.process.signal('SIGTERM');
    await said(broker.process, 'SIGTERM: stopping; 1 running request may take 10s more; a second signal ends at once');
    await expect(held.client.request('slow', 'y')).rejects.toMatchObject({ code: 'MDP_REMOTE', status: 503 });
    held.release();
    expect(await held.reply).toBe('x');
    expect(await exitOf(broker)).toBe(0);
    expect(broker.process.stderr).toMatch(/stopped after .+: 2 requests, 1 answered, 1 failed\n$/);
  });

  test('--drain bounds how long it may take', async () => {
    await using broker = await startBroker(['--drain', '50ms']);
    await using held = await HeldRequest.at(broker.endpoint);
    broker.process.signal('SIGTERM');
    expect(await held.reply).toBe('503');
    expect(await exitOf(broker)).toBe(0);
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('a second %s ends it at once with %i', async (signal, code) => {
    await using broker = await startBroker(['--drain', '1h']);
    await using held = await HeldRequest.at(broker.endpoint);
    broker.process.signal(signal);
    await said(broker.process, `${signal}: stopping`);
    // What comes right after the first SIGINT is taken for npm's copy of it.
    await waitUntil('the end of the broker', () => {
      broker.process.signal(signal);
      return !broker.process.alive;
    });
    expect(await exitOf(broker)).toBe(code);
    expect(broker.process.stderr).toContain(`${signal} again: ending at once\n`);
    expect(held.worker.stats().phase).toBe('running');
  });

  test('a closed stderr does not end it', async () => {
    const child = spawn(process.execPath, [BIN, '-D', '-b', 'tcp://127.0.0.1:*'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    try {
      let log = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
      const [, endpoint = ''] = await waitUntil('the endpoint', () => /listening on (\S+)/.exec(log));
      await waitUntil('the last line of the start', () => log.includes('echo client'));
      const closed = once(child.stderr, 'close');
      child.stderr.destroy();
      await closed;

      using nonsense = new RawPeer(endpoint);
      for (let i = 0; i < 10; i++) await nonsense.send('nonsense');
      await using client = new Client(endpoint, { timeoutMs: 30_000 });
      const info = await waitUntil('nonsense to be dropped', async () => {
        const { counters } = await client.brokerInfo();
        return (counters as { dropped: { invalid: number } }).dropped.invalid === 10;
      });
      expect(info).toBe(true);
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
