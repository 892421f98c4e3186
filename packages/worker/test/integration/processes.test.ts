// SPDX-License-Identifier: Apache-2.0
// processes.test - workers in processes of their own: signals, SIGSTOP, SIGKILL, and listeners that throw

import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { TestProcess, waitUntil } from '@mdp/testkit';
import type { WorkerOptions } from '../../src/index.js';
import { HandBroker, onEnd } from './support.js';

const SCRIPT = join(import.meta.dirname, 'children', 'worker.mjs');

/** Where there are no signals that a process could listen to, there is nothing to test. */
const withSignals = process.platform === 'win32' ? describe.skip : describe;

/** Start a worker's process and wait until it has registered. */
async function spawnWorker(options: WorkerOptions = {}, ...more: string[]) {
  const broker = await HandBroker.bind();
  const child = TestProcess.node(SCRIPT, [broker.endpoint, JSON.stringify(options), ...more]);
  onEnd(async () => {
    await child.kill();
  });
  const peer = await broker.ready();
  await child.event('registered');
  return { broker, child, peer };
}

withSignals('stopOnSignal', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends an idle worker, and its process', async (signal) => {
    const { broker, child, peer } = await spawnWorker({}, 'signals');
    child.signal(signal);
    expect((await broker.take('disconnect')).peer).toBe(peer);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.events('stopped')).toEqual([{ event: 'stopped', listeners: 0 }]);
    expect(child.stderr).toBe('');
  });

  test('a running request ends first; its reply is not lost', async () => {
    const { broker, child, peer } = await spawnWorker({}, 'signals');
    await broker.request(peer, 't1', 'wait');
    await child.event('began');
    child.signal('SIGTERM');
    // The order comes after the signal: when the request is released, the worker is stopping.
    child.tell({ order: 'stats' });
    await waitUntil('the worker to be stopping', async () => {
      child.tell({ order: 'stats' });
      return child.events('stats').some(({ phase }) => phase === 'stopping');
    });
    child.tell({ order: 'release' });
    expect(await broker.reply(peer, 't1')).toEqual([['done', 'wait']]);
    await broker.take('disconnect');
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  test('a second signal does not wait: it ends the process', async () => {
    const { broker, child, peer } = await spawnWorker({}, 'signals');
    await broker.request(peer, 't1', 'wait');
    await child.event('began');
    child.signal('SIGTERM');
    await waitUntil('the worker to be stopping', async () => {
      child.tell({ order: 'stats' });
      return child.events('stats').some(({ phase }) => phase === 'stopping');
    });
    child.signal('SIGTERM');
    expect(await child.exited).toEqual({ code: null, signal: 'SIGTERM' });
    expect(child.events('aborted')).toEqual([{ event: 'aborted', code: 'MDP_CLOSED' }]);
  });
});

withSignals('a process that stood still', () => {
  // Long enough that a busy machine does not make a stall of its own.
  const options = { heartbeatIntervalMs: 250, heartbeatLiveness: 3 };

  /** Stop the process, let `meanwhile` happen, and let it go on when its broker has given it up. */
  async function freeze(child: TestProcess, meanwhile: () => Promise<void>): Promise<void> {
    child.signal('SIGSTOP');
    const start = performance.now();
    await meanwhile();
    await waitUntil('the expiry to pass', () => performance.now() - start > 1_000);
    child.signal('SIGCONT');
  }

  test('begins nothing that came meanwhile, says DISCONNECT and registers anew', async () => {
    const { broker, child, peer } = await spawnWorker(options);
    await freeze(child, () => broker.request(peer, 't1', 'stale'));
    await child.event('disconnected');
    const next = await broker.ready();
    expect(next).not.toBe(peer);
    await broker.request(next, 't2', 'fresh');
    expect(await broker.reply(next, 't2')).toEqual([['done', 'fresh']]);
    // The reply may be here before the process's own report of it.
    await child.event('began');
    expect(child.events('began').map(({ word }) => word)).toEqual(['fresh']);
    expect(child.events('disconnected')[0]).toMatchObject({ reason: 'stalled' });
  });

  test('goes on with what it was executing, and replies', async () => {
    const { broker, child, peer } = await spawnWorker(options);
    await broker.request(peer, 't1', 'wait');
    await child.event('began');
    await freeze(child, () => Promise.resolve());
    child.tell({ order: 'release' });
    expect(await broker.reply(peer, 't1')).toEqual([['done', 'wait']]);
    expect(child.events('disconnected')).toEqual([]);
  });

  test('that finds a DISCONNECT waiting, gives up what it was executing', async () => {
    const { broker, child, peer } = await spawnWorker(options);
    await broker.request(peer, 't1', 'wait');
    await child.event('began');
    await freeze(child, () => broker.signal(peer, 'disconnect'));
    expect(await child.event('aborted')).toMatchObject({ code: 'MDP_DISCONNECTED' });
    child.tell({ order: 'release' });
    expect(await broker.ready()).not.toBe(peer);
    expect(broker.said.filter(({ message }) => message.type === 'final')).toEqual([]);
  });
});

describe('a listener that throws', () => {
  test('is an uncaught error of its process, and the requests are served all the same', async () => {
    const { broker, child, peer } = await spawnWorker();
    await broker.request(peer, 't1', 'throw');
    expect(await broker.failure()).toEqual({ status: 500, message: 'as told' });
    expect(await child.event('uncaught')).toMatchObject({ message: 'from a listener' });
    await broker.request(peer, 't2', 'on');
    expect(await broker.reply(peer, 't2')).toEqual([['done', 'on']]);
  });
});

describe('a process whose worker was stopped', () => {
  test('has nothing left that keeps it alive', async () => {
    const { child } = await spawnWorker({ concurrency: 4 });
    child.endInput();
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.events('stopped')).toHaveLength(1);
  });
});
