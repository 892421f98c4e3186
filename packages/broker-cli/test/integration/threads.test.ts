// SPDX-License-Identifier: Apache-2.0
// threads.test - several brokers in one process: each serves, and they start, stop and fail together

import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from '@mdp/client';
import type { ProcessOptions, TestProcess } from '@mdp/testkit';
import { waitUntil } from '@mdp/testkit';
import { Worker } from '@mdp/worker';
import { HAS_SIGNALS, runCli, said, startCli } from '../support/cli.js';
import { HeldRequest } from '../support/held-request.js';

let folder = '';
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'mdp-threads-')));
});
afterEach(() => rm(folder, { recursive: true }));

/** Brokers in one process, and where each of them listens. */
interface Brokers extends AsyncDisposable {
  readonly process: TestProcess;
  readonly endpoints: readonly string[];
}

async function startThreads(threads: number, args: readonly string[] = [], options?: ProcessOptions): Promise<Brokers> {
  const child = startCli(['--threads', String(threads), '-b', 'tcp://127.0.0.1:*', ...args], options);
  try {
    const [, list = ''] = await said(child, /give every client and worker all endpoints of a line:\n +(tcp.+)\n/);
    return { process: child, endpoints: list.split(' '), [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
  } catch (error) {
    await child.kill();
    throw error;
  }
}

/** How many requests each of them has answered. */
async function answered(endpoints: readonly string[]): Promise<number[]> {
  return Promise.all(
    endpoints.map(async (endpoint) => {
      await using client = new Client(endpoint, { timeoutMs: 30_000 });
      const { counters } = await client.brokerInfo();
      return (counters as { finals: number }).finals;
    }),
  );
}

/** Run some code first in every thread, the main one as well. */
async function preload(code: string): Promise<ProcessOptions> {
  const file = join(folder, 'preload.mjs');
  await writeFile(file, `import { isMainThread, threadId } from 'node:worker_threads';\n${code}`);
  return { env: { NODE_OPTIONS: `--import=${pathToFileURL(file).href}` } };
}

test('clients and workers with all endpoints use each of the brokers', async () => {
  await using brokers = await startThreads(3);
  const { endpoints, process: child } = brokers;
  expect(new Set(endpoints).size).toBe(3);
  endpoints.forEach((endpoint, i) => {
    expect(child.stderr).toContain(`thread ${String(i + 1)}: listening on ${endpoint}\n`);
  });
  await using worker = new Worker([...endpoints], 'echo', ({ body }) => [...body]);
  await worker.start();
  await using client = new Client([...endpoints], { timeoutMs: 30_000 });
  await waitUntil('requests through each of them', async () => {
    const replies = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((text) => client.request('echo', text)));
    expect(replies.map(String)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    return (await answered(endpoints)).every((finals) => finals > 0);
  });
  for (const thread of [1, 2, 3]) await said(child, `thread ${String(thread)}: a worker joined for "echo"`);
});

test('a line of a thread has its number as a field', async () => {
  await using child = startCli(['--threads', '2', '-b', 'tcp://127.0.0.1:*', '--log-format', 'json']);
  await said(child, '"event":"threads"');
  const lines = child.stderr.trim().split('\n');
  const [first, second, rule] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect([first, second]).toMatchObject([
    { event: 'listening', thread: 1, role: 'any' },
    { event: 'listening', thread: 2, role: 'any' },
  ]);
  expect(rule).toMatchObject({ threads: 2, lists: [{ endpoints: [first?.['endpoint'], second?.['endpoint']] }] });
  await using worker = new Worker(String(second?.['endpoint']), 'echo', ({ body }) => [...body]);
  await worker.start();
  const [line] = await said(child, /\{.*"event":"workerReady".*\}/);
  expect(JSON.parse(line)).toMatchObject({
    thread: 2,
    service: 'echo',
    message: expect.stringMatching(/^thread 2: a worker joined for "echo"/),
  });
});

test('--threads 1 starts none', async () => {
  const options = await preload(`if (!isMainThread) process._rawDebug('a thread runs');`);
  await using child = startCli(['--threads', '1', '-b', 'tcp://127.0.0.1:*'], options);
  const [, endpoint = ''] = await said(child, / listening on (\S+)\n/);
  await using client = new Client(endpoint, { timeoutMs: 30_000 });
  await client.brokerInfo();
  expect(child.stderr).not.toMatch(/thread/);
});

(HAS_SIGNALS ? describe : describe.skip)('signals', () => {
  test('SIGTERM drains all of them', async () => {
    await using brokers = await startThreads(2);
    const [first = '', second = ''] = brokers.endpoints;
    await using one = await HeldRequest.at(first);
    await using other = await HeldRequest.at(second);
    brokers.process.signal('SIGTERM');
    await said(brokers.process, 'SIGTERM: stopping; 2 running requests may take 10s more');
    await expect(one.client.request('slow', 'y')).rejects.toMatchObject({ code: 'MDP_REMOTE', status: 503 });
    one.release();
    expect(await one.reply).toBe('x');
    await expect(other.client.request('slow', 'y')).rejects.toMatchObject({ code: 'MDP_REMOTE', status: 503 });
    other.release();
    expect(await other.reply).toBe('x');
    expect(await brokers.process.exited).toEqual({ code: 0, signal: null });
    expect(brokers.process.stderr).toMatch(/Z info +stopped after .+: 4 requests, 2 answered, 2 failed\n$/);
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('a second %s ends all of them with %i', async (signal, code) => {
    await using brokers = await startThreads(2, ['--drain', '1h']);
    await using held = await HeldRequest.at(brokers.endpoints[1] ?? '');
    brokers.process.signal(signal);
    await said(brokers.process, `${signal}: stopping; 1 running request`);
    // What comes right after the first SIGINT is taken for npm's copy of it.
    await waitUntil('the end of the brokers', () => {
      brokers.process.signal(signal);
      return !brokers.process.alive;
    });
    expect(brokers.process.stderr).toContain(`${signal} again: ending at once\n`);
    expect(await held.reply).toBe('503');
    expect(await brokers.process.exited).toEqual({ code, signal: null });
  });

  test('an endpoint that one of them cannot bind is named, with exit code 3, and none of them serves', async () => {
    await mkdir(join(folder, 'mdp-2'));
    const { code, stderr } = await runCli(['--threads', '3', '-b', `ipc://${folder}/mdp`]);
    expect(stderr).toMatch(
      new RegExp(`^\\S+ error +cannot listen on ipc://${folder}/mdp-2: .+: choose another endpoint with --bind-url\n$`),
    );
    expect(code).toBe(3);
  });
});

describe('a thread that fails', () => {
  test('ends all of them, tells their clients, and says why', async () => {
    const trigger = join(folder, 'now');
    const options = await preload(`
      import { existsSync } from 'node:fs';
      if (threadId === 2) {
        const timer = setInterval(() => {
          if (!existsSync(${JSON.stringify(trigger)})) return;
          clearInterval(timer);
          throw new Error('nobody catches this');
        }, 2).unref();
      }`);
    await using brokers = await startThreads(3, [], options);
    const [, failing = '', other = ''] = brokers.endpoints;
    await using one = await HeldRequest.at(failing);
    await using another = await HeldRequest.at(other);
    await writeFile(trigger, '');
    expect(await one.reply).toBe('503');
    expect(await another.reply).toBe('503');
    expect(await brokers.process.exited).toEqual({ code: 1, signal: null });
    expect(brokers.process.stderr).toMatch(
      /error +thread 2: it has failed, and the broker ends: Error: nobody catches this\n +at .+preload\.mjs/,
    );
  });

  test('before it serves: nothing has started', async () => {
    const options = await preload(`if (threadId === 2) throw new Error('cannot begin');`);
    const { code, stderr } = await runCli(['--threads', '2', '-b', 'tcp://127.0.0.1:*'], options);
    expect(stderr).toMatch(/^mdp-broker: unexpected failure: Error: cannot begin\n/);
    expect(code).toBe(1);
  });
});

test.each([
  [['-b', 'inproc://x'], '--bind-url: got "inproc://x", allowed is tcp://host:port or ipc://path with --threads 2: '],
  [['-b', 'tcp://*:65535'], '--bind-url: got "tcp://*:65535", allowed is a port up to 65534 with --threads 2'],
  [['--threads', '0'], '--threads: got "0", allowed is a whole number from 1 to 64'],
])('%j is refused before anything starts', async (args, message) => {
  const { code, stderr } = await runCli(['--threads', '2', ...args]);
  expect(stderr).toContain(`mdp-broker: ${message}`);
  expect(code).toBe(2);
});
