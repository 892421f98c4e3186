// SPDX-License-Identifier: Apache-2.0
// top.test - services watched: as lines, as JSON, and as a page on a real terminal

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestProcess } from '@mdp/testkit';
import { RawBroker, waitUntil } from '@mdp/testkit';
import type { CliResult, RunningBroker } from '../support/cli.js';
import { HAS_SIGNALS, runCli, said, startBroker, startCli } from '../support/cli.js';
import { HAS_PTY, PtyProcess } from '../support/pty.js';

let broker: RunningBroker;
let worker: TestProcess;
let env: { MDP_BROKER_URL: string };

beforeAll(async () => {
  broker = await startBroker();
  env = { MDP_BROKER_URL: broker.endpoint };
  worker = startCli(['echo', 'worker', '-n', 'grüße'], { env });
  await said(worker, 'registered for');
});
afterAll(async () => {
  await worker.kill();
  await broker[Symbol.asyncDispose]();
});

function top(...args: readonly string[]): Promise<CliResult> {
  return runCli(['top', '-i', '0.1', ...args], { env });
}

test('lines, where there is no terminal', async () => {
  const { code, stdout, stderr } = await top('--count', '2');
  const lines = stdout.trim().split('\n');
  expect(lines[0]).toMatch(/^TIME +SERVICE +WORKERS +WAITING +BUSY +QUEUED /);
  expect(lines).toHaveLength(5);
  expect(lines[1]).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}grüße +1 +1 +0 +0 +0 +0 /);
  expect(lines[2]).toMatch(/Z {2}\(all\) +1 +1 +0 +0 /);
  expect([code, stderr]).toEqual([0, '']);
});

test.each(['rfc18', 'majortomo', 'mdp01'])('JSON, by dialect %s', async (dialect) => {
  const { code, stdout } = await top('--count', '1', '--json', '--dialect', dialect);
  expect(JSON.parse(stdout)).toMatchObject({
    brokers: [{ broker: broker.endpoint, version: expect.any(String), uptimeMs: expect.any(Number) }],
    services: [
      { name: 'grüße', workers: 1, waiting: 1, busy: 0, queued: 0, requestsPerSecond: 0, serviceMs: { p50: null } },
    ],
    total: { workers: 1 },
  });
  expect(code).toBe(0);
});

describe('what goes wrong', () => {
  test('nobody there: exit code 4, and why', async () => {
    const { code, stdout, stderr } = await top('-b', 'tcp://127.0.0.1:9', '-t', '0.3');
    expect(stderr).toMatch(/^mdp-broker: tcp:\/\/127\.0\.0\.1:9: no reply within 300ms: nothing answers/);
    expect([code, stdout]).toEqual([4, '']);
  });

  test('a broker that answers nothing, as that of Majortomo', async () => {
    using silent = await RawBroker.bind();
    const { code, stdout, stderr } = await top('-b', silent.endpoint, '-t', '1', '--dialect', 'majortomo');
    expect(stderr).toMatch(/was reached; .* Majortomo's own broker does not list its services\.\n$/);
    expect([code, stdout]).toEqual([4, '']);
  });

  test('one of two is there: the figures are its own, and the exit code is that of the other', async () => {
    const { code, stdout, stderr } = await top(
      '-b',
      broker.endpoint,
      '-b',
      'tcp://127.0.0.1:9',
      '-t',
      '1',
      '--count',
      '1',
      '--json',
    );
    expect(JSON.parse(stdout)).toMatchObject({ brokers: [{}, { failure: expect.any(String) }], total: { workers: 1 } });
    expect([code, stderr.match(/no reply within/g)]).toEqual([4, ['no reply within']]);
  });
});

(HAS_SIGNALS ? test : test.skip)('a signal ends it', async () => {
  await using child = startCli(['top', '-i', '0.1'], { env });
  await waitUntil('the first lines', () => child.stdout.includes('(all)'));
  child.signal('SIGINT');
  expect(await child.exited).toEqual({ code: 0, signal: null });
});

if (!HAS_PTY) process.stdout.write('SKIPPED: top on a terminal, because there is no Python that makes one\n');

(HAS_PTY ? describe : describe.skip)('on a terminal', () => {
  const LEFT = '\u001b[?7h\u001b[?25h\u001b[?1049l';

  test('a page that follows keys and the size of the terminal, and is gone at the end', async () => {
    await using pty = new PtyProcess([24, 80], ['top', '-i', '0.1'], env);
    const first = await pty.shows('rates', (page) => page.some((line) => line.startsWith('a second: ')));
    expect(pty.output).toContain('\u001b[?1049h\u001b[?25l');
    expect(first).toHaveLength(24);
    expect(first[0]).toMatch(/^mdp-broker [\d.]+ at tcp:.*, up for .* \d\d:\d\d:\d\d$/);
    expect(first[4]).toMatch(/^SERVICE +WORKERS +BUSY +QUEUED +REQ\/S +FAIL\/S +P50 +P99 +TREND$/);
    expect(first[5]).toMatch(/^grüße +1 +0 +0 +0 +0 +- +- +▁+$/);
    pty.press('s');
    await pty.shows('another order', (page) => page.at(-1)?.startsWith('by FAIL/S') === true);
    pty.resize(9, 40);
    const small = await pty.shows('a smaller page', (page) => page.length === 9);
    expect(small[1]).toMatch(/^SERVICE +QUEUED +REQ\/S +P99 */);
    expect(Math.max(...small.map((line) => line.length))).toBeLessThanOrEqual(40);
    pty.press('q');
    expect(await pty.end()).toEqual({ code: 0, cooked: true });
    expect(pty.output.endsWith(LEFT)).toBe(true);
  });

  test.each<[how: string, end: (pty: PtyProcess) => void]>([
    ['Ctrl-C', (pty) => pty.press('\u0003')],
    ['SIGTERM', (pty) => pty.signal('SIGTERM')],
  ])('%s gives the terminal back as it was', async (_, end) => {
    await using pty = new PtyProcess([24, 80], ['top'], env);
    await pty.shows('services', (page) => page.some((line) => line.startsWith('grüße')));
    end(pty);
    expect(await pty.end()).toEqual({ code: 0, cooked: true });
    expect(pty.output.endsWith(LEFT)).toBe(true);
  });
});
