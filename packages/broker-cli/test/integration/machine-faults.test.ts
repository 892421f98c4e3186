// SPDX-License-Identifier: Apache-2.0
// machine-faults.test - a broker on a machine in trouble: full disks, closed streams, clocks that jump, little memory

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from '@mdp/client';
import { RawPeer, run, waitUntil } from '@mdp/testkit';
import { Worker } from '@mdp/worker';
import { HAS_SIGNALS, said, startBroker, startRedirected } from '../support/cli.js';

let folder = '';
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'mdp-cli-')));
});
afterEach(() => rm(folder, { recursive: true }));

/** Until so many invalid messages were dropped, of each of which a broker with `-V` wants to log a line. */
async function invalidMessages(endpoint: string, count: number): Promise<void> {
  using nonsense = new RawPeer(endpoint);
  for (let i = 0; i < count; i++) await nonsense.send('nonsense');
  await using client = new Client(endpoint, { timeoutMs: 30_000 });
  await waitUntil('them to be dropped', async () => {
    const { counters } = await client.brokerInfo();
    return (counters as { dropped: { invalid: number } }).dropped.invalid === count;
  });
}

const TALKATIVE = ['-V', '--max-strikes', '1000000'];

describe('a broker that cannot write its log', () => {
  (existsSync('/dev/full') ? test : test.skip)('because the disk is full goes on, and ends in order', async () => {
    const endpoint = `ipc://${folder}/broker`;
    await using child = startRedirected('2>/dev/full', ['-b', endpoint, ...TALKATIVE]);
    await invalidMessages(endpoint, 20);
    child.signal('SIGTERM');
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  (HAS_SIGNALS ? test : test.skip)('because its streams were closed from the start: the same', async () => {
    const endpoint = `ipc://${folder}/broker`;
    await using child = startRedirected('0<&- 1>&- 2>&-', ['-b', endpoint, ...TALKATIVE]);
    await invalidMessages(endpoint, 20);
    child.signal('SIGTERM');
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
  (isRoot ? test : test.skip)('for a while logs again when there is room', async () => {
    const disk = join(folder, 'disk');
    await run('mkdir', [disk]);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', disk]);
    try {
      const log = join(disk, 'log');
      const endpoint = `ipc://${folder}/broker`;
      await using child = startRedirected(`2>${log}`, ['-b', endpoint, ...TALKATIVE]);
      await waitUntil('it to listen', () => existsSync(log) && readFileSync(log, 'utf8').includes('echo client'));
      await run('dd', ['if=/dev/zero', `of=${disk}/filling`, 'bs=4k'], { allowFailure: true });
      await invalidMessages(endpoint, 100);
      const lines = readFileSync(log, 'utf8').split('\n').length;
      expect(lines).toBeLessThan(100);
      await rm(join(disk, 'filling'));
      child.signal('SIGTERM');
      expect(await child.exited).toEqual({ code: 0, signal: null });
      expect(readFileSync(log, 'utf8')).toMatch(/SIGTERM: stopping; no request is running\n.*stopped after .*\n$/);
    } finally {
      await run('umount', ['-l', disk]);
    }
  });
});

/** The library that steps the clocks of a process, from Debian's package faketime. */
function fakeTimeLibrary(): string | undefined {
  if (process.platform !== 'linux' || !existsSync('/usr/lib')) return undefined;
  const paths = readdirSync('/usr/lib').map((name) => `/usr/lib/${name}/faketime/libfaketimeMT.so.1`);
  return paths.find((path) => existsSync(path));
}

const DAY_MS = 86_400_000;

const fakeTime = fakeTimeLibrary();
if (fakeTime === undefined) process.stdout.write('tests with clocks that jump are skipped: there is no libfaketime\n');

(fakeTime === undefined ? test.skip : test)('clocks that jump change nothing but the times in the log', async () => {
  const clock = join(folder, 'clock');
  await writeFile(clock, '+0\n');
  const env = {
    LD_PRELOAD: fakeTime,
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: '1',
    // A step of the wall clock: what counts from the start of the machine goes on.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
  const heartbeats = { heartbeatIntervalMs: 200, heartbeatLiveness: 10 };
  await using broker = await startBroker(['-i', '200ms', '-t', '2s', '--log-format', 'json'], { env });
  await using worker = new Worker(broker.endpoint, 'echo', ({ body }) => [...body], heartbeats);
  await worker.start();
  await using client = new Client(broker.endpoint, { timeoutMs: 30_000 });
  for (const [step, days] of [
    ['+2d', 2],
    ['-2d', -2],
  ] as const) {
    await writeFile(clock, `${step}\n`);
    broker.process.signal('SIGHUP');
    // The step has been seen. It may be midnight.
    const then = Date.now() + days * DAY_MS;
    const dates = [then, then + 60_000].map((ms) => new Date(ms).toISOString().slice(0, 10));
    await said(broker.process, new RegExp(`"time":"(?:${dates.join('|')})T.*"event":"reload"`));
    expect(String((await client.request('echo', step))[0])).toBe(step);
    const { counters, uptimeMs } = await client.brokerInfo();
    expect(counters).toMatchObject({ workersLost: { expired: 0, unreachable: 0 } });
    expect(uptimeMs).toBeLessThan(60_000);
  }
});

test('a broker with little memory refuses requests in place of dying of them', async () => {
  await using broker = await startBroker([], { env: { NODE_OPTIONS: '--max-old-space-size=32' } });
  await said(broker.process, /this process may use little memory: --max-pending-bytes \d+MiB, /);
  // A frame takes much more of the heap than its one byte.
  const body = Array<string>(100).fill('x');
  const clients = Array.from({ length: 4 }, () => new Client(broker.endpoint, { wire: 'mx', timeoutMs: 0 }));
  let refused = 0;
  const ended = clients.flatMap((client) =>
    Array.from({ length: 500 }, () =>
      client.request('nobody', body).then(
        () => 'reply',
        (error: { code: string; status?: number }) => {
          if (error.status === 429) refused += 1;
          return error.code;
        },
      ),
    ),
  );
  await waitUntil('what is too much to be refused', () => refused > 500);
  await using other = new Client(broker.endpoint, { timeoutMs: 30_000 });
  const { requests } = await other.brokerInfo();
  expect((requests as { queued: number }).queued).toBeGreaterThan(200);
  await Promise.all(clients.map((client) => client.close()));
  expect(new Set(await Promise.all(ended))).toEqual(new Set(['MDP_REMOTE', 'MDP_CLOSED']));
  // Those who asked are gone: there is room again.
  await waitUntil('the queue to be empty', async () => {
    const info = await other.brokerInfo();
    return (info['requests'] as { queued: number }).queued === 0;
  });
  expect(broker.process.alive).toBe(true);
});
