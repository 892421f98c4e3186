// SPDX-License-Identifier: Apache-2.0
// admin.test - the admin interface of a broker that runs: what it tells while requests come, and while the broker stops

import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from '@mdp/client';
import { waitUntil } from '@mdp/testkit';
import { Worker } from '@mdp/worker';
import type { RunningBroker } from '../support/cli.js';
import { HAS_SIGNALS, runCli, said, startBroker, startCli } from '../support/cli.js';
import { readExposition } from '../support/exposition.js';
import { HeldRequest } from '../support/held-request.js';
import { ask } from '../support/http.js';

const LISTENING = /metrics and health checks on (http:\/\/\S+), for/;
const ADMIN = ['--admin', '127.0.0.1:*'];

/** Where its admin interface is. */
async function adminOf({ process: child }: Pick<RunningBroker, 'process'>): Promise<string> {
  const [, url = ''] = await said(child, LISTENING);
  return url;
}

/** One value. */
async function metric(url: string, name: string): Promise<number | undefined> {
  const { body } = await ask(`${url}/metrics`);
  return readExposition(body).get(name.replace(/\{.*/, ''))?.values.get(name);
}

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mdp-admin-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the metrics follow what happens', async () => {
  await using broker = await startBroker(ADMIN);
  const url = await adminOf(broker);
  expect(await ask(`${url}/readyz`)).toMatchObject({ status: 200, body: 'ready\n' });
  await using worker = new Worker(broker.endpoint, 'echo', ({ body }) => [...body], { wire: 'rfc18' });
  await worker.start();
  await using client = new Client(broker.endpoint, { timeoutMs: 30_000, wire: 'rfc18' });
  for (const text of ['a', 'bc', 'def']) await client.request('echo', text);
  await waitUntil(
    'a fresh snapshot',
    async () => (await metric(url, 'mdp_service_requests_total{service="echo"}')) === 3,
  );
  expect(await metric(url, 'mdp_service_requests_ended_total{service="echo",outcome="ok",status=""}')).toBe(3);
  expect(await metric(url, 'mdp_service_reply_bytes_total{service="echo"}')).toBe(6);
  expect(await metric(url, 'mdp_service_workers{service="echo",state="waiting"}')).toBe(1);
  const figures = JSON.parse((await ask(`${url}/stats.json`)).body) as { services: object[] };
  expect(figures.services).toMatchObject([{ name: 'echo', requests: 3, finals: 3, bytesIn: 6 }]);
});

test('all threads are told of as one, and change together how much is logged', async () => {
  await using child = startCli(['--threads', '2', '-b', 'tcp://127.0.0.1:*', ...ADMIN]);
  const [, list = ''] = await said(child, /give every client and worker all endpoints of a line:\n +(tcp.+)\n/);
  const url = await adminOf({ process: child });
  for (const endpoint of list.split(' ')) {
    await using client = new Client(endpoint, { timeoutMs: 30_000, wire: 'rfc18' });
    await client.brokerInfo();
  }
  await waitUntil('a request at each', async () => (await metric(url, 'mdp_requests_total')) === 2);
  expect(await metric(url, 'mdp_threads')).toBe(2);
  expect(await metric(url, 'mdp_event_loop_lag_seconds{thread="2",stat="max"}')).toBeGreaterThanOrEqual(0);
  expect(await ask(`${url}/healthz`)).toMatchObject({ status: 200, body: 'ok\n' });
  expect((await ask(`${url}/log-level`, { method: 'PUT', body: 'error' })).status).toBe(200);
  await said(child, 'the admin interface: the log level is error from now on');
  await using worker = new Worker(list.split(' ')[1] ?? '', 'echo', ({ body }) => [...body]);
  await worker.start();
  await waitUntil('it to be known', async () => (await metric(url, 'mdp_workers_registered_total')) === 1);
  expect(child.stderr).not.toContain('a worker joined');
});

test('an address that others can reach needs a token, which is asked for', async () => {
  expect(await runCli(['--admin', '0.0.0.0:*'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      '--admin: others can reach 0.0.0.0: allowed is 127.0.0.1:*, or any address together with',
    ),
  });
  const file = join(folder, 'admin.token');
  await writeFile(file, '0123456789abcdef\n', { mode: 0o600 });
  await using broker = await startBroker(['--admin', '0.0.0.0:*', '--admin-token-file', file]);
  const { port } = new URL(await adminOf(broker));
  const url = `http://127.0.0.1:${port}`;
  expect((await ask(`${url}/metrics`)).status).toBe(401);
  expect((await ask(`${url}/metrics`, { headers: { authorization: 'Bearer 0123456789abcdef' } })).status).toBe(200);
  expect((await ask(`${url}/readyz`)).status).toBe(200);
});

test('a port that somebody has is told, with exit code 3, and nothing serves', async () => {
  await using broker = await startBroker(ADMIN);
  const { host } = new URL(await adminOf(broker));
  const { code, stderr } = await runCli(['-b', 'tcp://127.0.0.1:*', '--admin', host]);
  expect(code).toBe(3);
  expect(stderr).toContain(
    `the admin interface cannot listen on ${host}: the port is in use: choose another address with --admin`,
  );
  expect(stderr).not.toContain('listening on');
});

(HAS_SIGNALS ? describe : describe.skip)('signals', () => {
  test('while it drains it is healthy and not ready; then nobody answers', async () => {
    await using broker = await startBroker(ADMIN);
    const url = await adminOf(broker);
    await using held = await HeldRequest.at(broker.endpoint);
    broker.process.signal('SIGTERM');
    await said(broker.process, 'SIGTERM: stopping');
    expect(await ask(`${url}/readyz`)).toMatchObject({ status: 503, body: 'draining\n' });
    expect((await ask(`${url}/healthz`)).status).toBe(200);
    expect(await metric(url, 'mdp_ready')).toBe(0);
    held.release();
    expect(await held.reply).toBe('x');
    expect(await broker.process.exited).toEqual({ code: 0, signal: null });
    await expect(ask(`${url}/readyz`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('SIGHUP has the token read again: another one holds at once, for who is connected, too; a bad file changes nothing', async () => {
    const file = join(folder, 'admin.token');
    const old = { authorization: 'Bearer 0123456789abcdef' };
    await writeFile(file, '0123456789abcdef\n', { mode: 0o600 });
    await using broker = await startBroker([...ADMIN, '--admin-token-file', file]);
    const url = await adminOf(broker);
    await writeFile(file, 'short');
    broker.process.signal('SIGHUP');
    const { index } = await said(broker.process, 'SIGHUP: reading the token of the admin interface again');
    await said(
      broker.process,
      /could not be read again, and the one before goes on to hold: --admin-token-file: got ".+", allowed is/,
    );
    expect(broker.process.stderr.slice(index)).not.toContain('short');
    const events = request(`${url}/events`, { headers: old });
    const parted = once(events, 'close');
    const [watching] = (await once(events.end(), 'response')) as [IncomingMessage];
    expect(watching.statusCode).toBe(200);
    watching.on('error', () => undefined).resume();
    await writeFile(file, 'fedcba9876543210\n');
    broker.process.signal('SIGHUP');
    await said(
      broker.process,
      'the token of the admin interface was read again: another one has to be shown from now on',
    );
    await parted;
    expect((await ask(`${url}/metrics`, { headers: old })).status).toBe(401);
    expect((await ask(`${url}/metrics`, { headers: { authorization: 'Bearer fedcba9876543210' } })).status).toBe(200);
    broker.process.signal('SIGHUP');
    await said(broker.process, 'the token of the admin interface was read again: it is the same');
    for (const token of ['0123456789abcdef', 'fedcba9876543210']) expect(broker.process.stderr).not.toContain(token);
  });

  test('SIGUSR1 logs most, and again as before; no debugger is opened', async () => {
    await using broker = await startBroker();
    broker.process.signal('SIGUSR1');
    await said(broker.process, 'SIGUSR1: the log level is debug from now on');
    broker.process.signal('SIGUSR1');
    await said(broker.process, 'SIGUSR1: the log level is info from now on');
    expect(broker.process.stderr).not.toMatch(/Debugger listening/);
  });
});
