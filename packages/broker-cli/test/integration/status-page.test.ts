// SPDX-License-Identifier: Apache-2.0
// status-page.test - the status page of mdp-broker as a process, with several threads and without

import { describe, expect, test } from '@jest/globals';
import { Client } from '@mdp/client';
import { waitUntil } from '@mdp/testkit';
import { Worker } from '@mdp/worker';
import { said, startBroker } from '../support/cli.js';
import { EventClient } from '../support/event-client.js';

describe.each([
  ['without threads', [], 1],
  ['with threads', ['--threads', '2'], 2],
] as const)('mdp-broker --admin %s', (_how, args, threads) => {
  test('tells of services, workers, requests and what went wrong', async () => {
    const timeout = ['--no-worker-timeout', '100ms'];
    await using broker = await startBroker(['--admin', '127.0.0.1:*', '--log-format', 'json', ...timeout, ...args]);
    const [, url = ''] = await said(broker.process, /metrics and health checks on (http:\/\/[\d.:]+)/);
    const page = await fetch(`${url}/`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    using watcher = await EventClient.open(`${url}/events`);
    const endpoints = await waitUntil('all endpoints', () => {
      const found = Array.from(
        broker.process.stderr.matchAll(/listening on (tcp:\/\/[\d.:]+)/g),
        ([, one = '']) => one,
      );
      return found.length === threads ? found : undefined;
    });
    const worker = new Worker(endpoints, 'greet', async ({ body }) => [...body]);
    const client = new Client(endpoints, { timeoutMs: 20_000, retry: { attempts: 1 } });
    try {
      await worker.start();
      // It may have come to one of the brokers only.
      await watcher.update('the worker at each broker', (update) => update.workers.length === threads);
      await client.request('greet', 'x');
      const { workers } = await watcher.update(
        'the request and the workers',
        ({ services, workers: told }) =>
          services.some(({ name, total }) => name === 'greet' && total.finals === 1) && told.length === threads,
      );
      expect(workers.map(({ name, dialect }) => [name, dialect])).toEqual(new Array(threads).fill(['greet', 'mx']));
      expect(watcher.updates[0]).toMatchObject({ threads, phase: 'ready' });
      await worker.stop({ drainMs: 0 });
      // The log says less from here on; the page does not.
      expect((await fetch(`${url}/log-level`, { method: 'PUT', body: 'error' })).status).toBe(200);
      await expect(client.request('greet', 'x')).rejects.toMatchObject({ status: 404 });
      const { recent } = await watcher.update('the failure', (update) => update.recent.length > 0);
      expect(recent[0]?.text).toMatch(/a request for "greet" failed: 404/);
      expect(broker.process.stderr).not.toContain('requestFailed');
    } finally {
      await client.close();
      await worker.stop({ drainMs: 0 });
    }
    await watcher.update('no workers', ({ workers, uptimeMs }) => uptimeMs > 0 && workers.length === 0);
    broker.process.signal('SIGTERM');
    await waitUntil('the end of what it tells', () => watcher.ended);
    expect(await broker.process.exited).toEqual({ code: 0, signal: null });
  });
});
