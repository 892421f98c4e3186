// SPDX-License-Identifier: Apache-2.0
// work-and-call.test - what the command lines of call, work, services, top and bench mean

import { describe, expect, test } from '@jest/globals';
import { readBench } from '../src/bench-flags.js';
import { readCall } from '../src/call-command.js';
import { readCommandLine } from '../src/command-line.js';
import { readServices } from '../src/services-command.js';
import { readTop } from '../src/top-flags.js';
import type { Environment } from '../src/variables.js';
import { readWork } from '../src/work-command.js';

const READERS = { call: readCall, work: readWork, services: readServices, top: readTop, bench: readBench };

async function read(line: readonly string[], env: Environment = {}): Promise<unknown> {
  const found = await readCommandLine(line);
  const reader = READERS[found?.command.name as keyof typeof READERS];
  return reader(found?.values ?? new Map<string, string[]>(), env, found?.words ?? []);
}

test.each<[line: string[], settings: object]>([
  [['call', 's'], { service: 's', words: [], form: 'text', hex: false, timeoutMs: 60_000, wire: 'auto', attempts: 1 }],
  [['call', 'call', '007', ''], { service: 'call', words: ['007', ''] }],
  [
    ['call', '-t', '0', 's', '--hex', '--json', '00', '--', '-x'],
    { words: ['00', '-x'], timeoutMs: 0, form: 'json', hex: true },
  ],
  [['call', 's', '--raw', '--id', 'order 7'], { form: 'raw', id: 'order 7', wire: 'mx' }],
  [['call', 's', '--id', 'x', '--wire', 'auto'], { wire: 'auto' }],
  [
    ['work', 's', '--', 'tr', '-d', 'x'],
    { service: 's', command: ['tr', '-d', 'x'], input: 'stdin', lines: false, concurrency: 1 },
  ],
  [
    ['work', '--args', '--lines', '-j', '4', '--max-bytes', '1k', 's', 'seq'],
    { input: 'args', lines: true, concurrency: 4, maxBytes: 1024 },
  ],
  [
    ['services', '-b', 'ipc://a', '-b', 'ipc://b', '--json'],
    { brokers: ['ipc://a', 'ipc://b'], json: true, timeoutMs: 2000 },
  ],
  [['top'], { intervalMs: 1000, count: Infinity, timeoutMs: 2000, sort: 'req/s', plain: false, json: false }],
  [
    ['top', '-i', '5', '-n', '3', '--sort', 'p99', '--plain', '--dialect', 'mdp01', '-b', 'ipc://a'],
    { intervalMs: 5000, count: 3, sort: 'p99', plain: true, dialect: 'mdp01', brokers: ['ipc://a'] },
  ],
  [
    ['bench'],
    { service: 'mdp-echo', words: [], durationMs: 10_000, requests: Infinity, concurrency: 64, withWorker: false },
  ],
  [
    ['bench', 's', '-n', '500', '-j', '8', '--clients', '8', '--size', '1k', '--frames', '3', '--with-worker'],
    { durationMs: Infinity, requests: 500, concurrency: 8, clients: 8, size: 1024, frames: 3, withWorker: true },
  ],
  [
    ['bench', 's', 'a', '@b', '-d', '1m', '-n', '9', '-r', '100', '--warm-up', '0', '--stream', '--json'],
    { words: ['a', '@b'], durationMs: 60_000, requests: 9, rate: 100, warmUpMs: 0, stream: true, json: true },
  ],
])('%j', async (line, settings) => {
  expect(await read(line)).toMatchObject(settings);
});

test('the broker may be named by the environment', async () => {
  expect(await read(['call', 's'], { MDP_BROKER_URL: 'ipc://a' })).toMatchObject({ brokers: ['ipc://a'] });
  expect(await read(['work', 's', 'cat'], { MDP_BROKER_URL: 'ipc://a' })).toMatchObject({ brokers: ['ipc://a'] });
});

describe('refused', () => {
  test.each<[line: string[], why: string]>([
    [['call'], 'call wants the name of a service: call SERVICE [FRAME...]'],
    [['call', ''], 'SERVICE: got ""'],
    [['call', 's', '--raw', '--json'], '--raw: allowed is neither --hex nor --json beside it'],
    [['call', 's', '--wire', 'x'], '--wire: got "x", allowed is auto, rfc18, mx'],
    [['call', 's', '--attempts', '0'], '--attempts: got "0"'],
    [['work'], 'work wants the name of a service and a command: work SERVICE -- COMMAND [ARGUMENT...]'],
    [['work', 's'], 'work wants the name of a service and a command'],
    [['work', 's', '-j', '0', 'x'], '--concurrency: got "0"'],
    [['work', 's', 'ls', '-l'], 'unknown option -l'],
    [['services', 'x'], 'unexpected argument "x"'],
    [['top', 'x'], 'unexpected argument "x"'],
    [['top', '-i', '0'], '--interval: got "0", allowed is a duration from 100ms to 1h'],
    [['top', '--sort', 'trend'], '--sort: got "trend", allowed is service, workers, '],
    [['bench', 's', '-n', '0'], '--requests: got "0"'],
    [['bench', 's', '-d', '0'], '--duration: got "0"'],
    [['bench', 's', '-r', '0'], '--rate: got "0", allowed is a whole number from 1 to 1000000'],
    [['bench', 's', '-j', '10001'], '--concurrency: got "10001"'],
    [['bench', 's', 'x', '--size', '1'], '--size, --frames: allowed only without FRAMEs on the command line'],
    [['bench', '--size', '1M', '--frames', '257'], '--size, --frames: allowed are 256MiB in all'],
    [['bench', '-j', '2', '--clients', '3'], '--clients: allowed are no more than --concurrency, 2'],
  ])('%j', async (line, why) => {
    await expect(read(line)).rejects.toThrow(why);
  });
});
