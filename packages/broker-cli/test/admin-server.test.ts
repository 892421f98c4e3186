// SPDX-License-Identifier: Apache-2.0
// admin-server.test - what the admin interface answers, to whom, and what it refuses

import { once } from 'node:events';
import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Broker } from '@mdp/broker';
import { waitUntil } from '@mdp/testkit';
import { AdminGuard } from '../src/admin-guard.js';
import type { AdminPhase, AdminView } from '../src/admin-routes.js';
import { adminRoutes } from '../src/admin-routes.js';
import type { AdminLimits, AdminListener } from '../src/admin-server.js';
import { AdminServer, MOST_BODY_BYTES } from '../src/admin-server.js';
import type { LogLevel } from '../src/log-levels.js';
import { readExposition } from './support/exposition.js';
import { ask } from './support/http.js';

const TOKEN = 'a-token-that-nobody-guesses';
const PATIENT: AdminLimits = { headersMs: 60_000, requestMs: 60_000, silenceMs: 60_000, connections: 10 };
const SHOWN = { authorization: `Bearer ${TOKEN}` };

/** A server, and what it tells of. */
class Setup {
  phase: AdminPhase = 'ready';
  level: LogLevel = 'info';
  snapshots = 0;
  broken = false;
  /** A snapshot is there no sooner. */
  gate = Promise.resolve();
  readonly faults: unknown[] = [];
  readonly refused: string[] = [];
  readonly server: AdminServer;
  url = '';

  constructor(
    token?: string,
    alive: AdminView['alive'] = () => Promise.resolve(),
    aliveMs?: number,
    limits?: AdminLimits,
  ) {
    const stats = new Broker().stats();
    const view: AdminView = {
      phase: () => this.phase,
      snapshot: () => {
        this.snapshots++;
        if (this.broken) return Promise.reject(new Error('a fault of the program'));
        return this.gate.then(() => ({ stats, lags: [{ p50Ms: 1, p99Ms: 2, maxMs: 3 }], workers: [] }));
      },
      alive,
      refusals: () => ({ noToken: 0, token: 0, host: 0, site: 0, ahead: 0, connections: 0 }),
      logLevel: () => this.level,
      setLogLevel: (level) => (this.level = level),
    };
    const listener: AdminListener = {
      fault: (error) => this.faults.push(error),
      refused: (reason, address) => this.refused.push(`${reason} ${address}`),
    };
    this.server = new AdminServer(adminRoutes(view, aliveMs), new AdminGuard(token), listener, limits);
  }
}

const open: AdminServer[] = [];
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())));

async function start(...args: ConstructorParameters<typeof Setup>): Promise<Setup> {
  const setup = new Setup(...args);
  open.push(setup.server);
  setup.url = await setup.server.listen('127.0.0.1', 0);
  return setup;
}

/** What is heard, until it is closed, on a connection on which this is said. */
function heardBy(url: string, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let heard = '';
    socket.on('data', (chunk) => (heard += chunk.toString()));
    // It may be closed while more is on its way there.
    socket.once('error', () => {
      socket.destroy();
    });
    socket.once('close', () => {
      resolve(heard);
    });
    socket.write(text);
  });
}

describe('what it answers', () => {
  test('/metrics is text for Prometheus, and OpenMetrics for who asks for that', async () => {
    const { url } = await start();
    const plain = await ask(`${url}/metrics`);
    expect(plain.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(readExposition(plain.body).get('mdp_requests_total')?.type).toBe('counter');
    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
    const other = await ask(`${url}/metrics`, { headers: { accept } });
    expect(other.headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(readExposition(other.body, true).get('mdp_requests')?.type).toBe('counter');
    // Asking for one form must not change the other.
    expect(readExposition((await ask(`${url}/metrics`)).body).has('mdp_requests_total')).toBe(true);
  });

  test('/stats.json is all that stats() tells, and more', async () => {
    const { url } = await start();
    const { status, headers, body } = await ask(`${url}/stats.json?pretty`);
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    expect(JSON.parse(body)).toMatchObject({
      phase: 'ready',
      logLevel: 'info',
      counters: { requests: 0 },
      services: [],
      eventLoops: [{ thread: 1, p50Ms: 1, p99Ms: 2, maxMs: 3 }],
      memory: { rss: expect.any(Number) },
    });
  });

  test.each<[AdminPhase, number]>([
    ['starting', 503],
    ['ready', 200],
    ['draining', 503],
  ])('while it is %s, /readyz is %i, and it is healthy', async (phase, status) => {
    const setup = await start();
    setup.phase = phase;
    expect(await ask(`${setup.url}/readyz`)).toMatchObject({ status, body: `${phase}\n` });
    expect((await ask(`${setup.url}/healthz`)).status).toBe(200);
    const figures = phase === 'starting' ? 503 : 200;
    for (const path of ['/metrics', '/stats.json']) expect((await ask(setup.url + path)).status).toBe(figures);
  });

  test('/healthz is 503 when a thread does not answer in time', async () => {
    const { url } = await start(undefined, () => new Promise(() => undefined), 1);
    expect(await ask(`${url}/healthz`)).toMatchObject({ status: 503, body: 'a thread does not answer\n' });
  });

  test('PUT /log-level changes how much is logged', async () => {
    const setup = await start();
    const url = `${setup.url}/log-level`;
    expect(await ask(url, { method: 'PUT', body: 'debug\n' })).toMatchObject({ status: 200, body: 'debug\n' });
    expect(setup.level).toBe('debug');
    expect((await ask(url)).body).toBe('debug\n');
    expect(await ask(url, { method: 'PUT', body: 'all' })).toMatchObject({
      status: 400,
      body: 'allowed is error, warn, info, verbose, debug\n',
    });
    expect((await ask(url, { method: 'PUT', body: 'x'.repeat(MOST_BODY_BYTES + 1) })).status).toBe(413);
    expect(setup.level).toBe('debug');
  });

  test('many who ask at once cost one snapshot', async () => {
    const setup = await start();
    await Promise.all(Array.from({ length: 20 }, () => ask(`${setup.url}/stats.json`)));
    expect(setup.snapshots).toBeLessThan(20);
  });

  test('what is told of one snapshot is written once', async () => {
    const setup = await start();
    for (const path of ['/metrics', '/stats.json']) {
      const before = setup.snapshots;
      const asked = Array.from({ length: 20 }, () => ask(setup.url + path));
      const texts = new Set((await Promise.all(asked)).map(({ body }) => body));
      // Both tell how much memory there is, which is never the same twice.
      expect(texts.size).toBeLessThanOrEqual(setup.snapshots - before + 1);
    }
  });

  test('many who ask whether it is healthy cost each thread one answer', async () => {
    let asked = 0;
    const { url } = await start(undefined, () => Promise.resolve(asked++));
    await Promise.all(Array.from({ length: 20 }, () => ask(`${url}/healthz`)));
    expect(asked).toBeLessThan(20);
  });

  test('HEAD is GET without the body', async () => {
    const { url } = await start();
    const whole = await ask(`${url}/readyz`);
    const head = await ask(`${url}/readyz`, { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head.headers['content-length']).toBe(whole.headers['content-length']);
  });

  test('one request after the other on a connection', async () => {
    const { url } = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    agent.on('free', ({ localPort }: Socket) => ports.add(localPort));
    for (const path of ['/metrics', '/readyz', '/healthz', '/stats.json', '/metrics']) {
      expect((await ask(url + path, { agent })).status).toBe(200);
    }
    agent.destroy();
    expect(ports.size).toBe(1);
  });

  test('a fault is logged and not shown', async () => {
    const setup = await start();
    setup.broken = true;
    expect(await ask(`${setup.url}/metrics`)).toMatchObject({ status: 500, body: 'it has failed; the log says why\n' });
    expect(setup.faults).toEqual([new Error('a fault of the program')]);
    setup.broken = false;
    expect((await ask(`${setup.url}/metrics`)).status).toBe(200);
  });
});

describe('what it refuses', () => {
  test('paths that there are not, and other methods', async () => {
    const { url } = await start();
    for (const path of ['/', '/metrics/', '//metrics', '/METRICS', '/%6detrics', '/constructor']) {
      expect((await ask(url + path)).status).toBe(404);
    }
    for (const method of ['POST', 'DELETE', 'OPTIONS', 'PUT']) {
      expect(await ask(`${url}/metrics`, { method })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    }
    expect((await ask(`${url}/log-level`, { method: 'POST' })).headers.allow).toBe('GET, HEAD, PUT');
  });

  test.each([
    'evil.example',
    'evil.example:9464',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '[::2]',
    'a@localhost',
  ])('a browser that was told that %s is this machine', async (host) => {
    const { url, refused } = await start();
    for (const path of ['/metrics', '/stats.json', '/log-level', '/none']) {
      expect((await ask(url + path, { headers: { host } })).status).toBe(403);
    }
    expect(refused).toEqual(Array(4).fill('host 127.0.0.1'));
    expect((await ask(`${url}/readyz`, { headers: { host } })).status).toBe(200);
  });

  test.each(['localhost', 'LOCALHOST:1', '127.0.0.1:9464', '127.1.2.3', '[::1]:9464'])(
    '%s is a name of this machine',
    async (host) => {
      const { url } = await start();
      expect((await ask(`${url}/log-level`, { headers: { host } })).status).toBe(200);
    },
  );

  test('pages of other sites that want to change something', async () => {
    const setup = await start();
    const put = (origin: string): Promise<{ status: number }> =>
      ask(`${setup.url}/log-level`, { method: 'PUT', body: 'debug', headers: { origin } });
    expect((await put('http://evil.example')).status).toBe(403);
    expect((await put('null')).status).toBe(403);
    expect(setup.level).toBe('info');
    expect(setup.refused).toEqual(['site 127.0.0.1', 'site 127.0.0.1']);
    expect((await put(setup.url)).status).toBe(200);
  });

  test.each([
    ['cross-site', 'no-cors', 'image', 403],
    ['cross-site', 'cors', 'empty', 403],
    ['same-site', 'no-cors', 'empty', 403],
    ['cross-site', 'navigate', 'iframe', 403],
    ['cross-site', 'navigate', 'document', 200],
    ['same-origin', 'cors', 'empty', 200],
    ['none', 'navigate', 'document', 200],
  ])('what a browser asks because of a page: %s, %s, %s: %i', async (site, mode, dest, status) => {
    const setup = await start();
    const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest };
    expect((await ask(`${setup.url}/metrics`, { headers })).status).toBe(status);
    expect(setup.snapshots).toBe(status === 200 ? 1 : 0);
  });

  test('whoever does not show the token, where there is one', async () => {
    const { url, refused } = await start(TOKEN);
    for (const authorization of ['', 'Bearer', 'Bearer wrong', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, TOKEN]) {
      const answer = await ask(`${url}/metrics`, { headers: { authorization } });
      expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer realm="mdp-broker"' } });
    }
    expect((await ask(`${url}/none`)).status).toBe(401);
    expect(refused).toEqual([...Array<string>(6).fill('token 127.0.0.1'), 'noToken 127.0.0.1']);
    expect((await ask(`${url}/metrics`, { headers: { ...SHOWN, host: 'broker.example' } })).status).toBe(200);
    for (const path of ['/healthz', '/readyz']) expect((await ask(url + path)).status).toBe(200);
  });

  test('every answer is closed to other sites, to scripts and to memories', async () => {
    const { url } = await start();
    for (const path of ['/metrics', '/stats.json', '/healthz', '/none']) {
      expect((await ask(url + path)).headers).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
    }
  });

  test('what is no HTTP, and headers without end', async () => {
    const { url } = await start();
    expect(await heardBy(url, 'MDPC02 is no HTTP\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
    const long = `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(9_000)}`;
    expect(await heardBy(url, long)).toMatch(/^HTTP\/1.1 431 /);
  });

  test.each([
    ['headers that do not end', { headersMs: 50 }, 'GET /readyz HTTP/1.1\r\nhost: localhost\r\n', /^HTTP\/1.1 408 /],
    [
      'a body that does not end',
      { requestMs: 50, headersMs: 50 },
      'PUT /log-level HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nde',
      /^HTTP\/1.1 408 /,
    ],
    ['silence', { silenceMs: 50 }, '', /^$/],
  ])('%s', async (_what, limits, text, heard) => {
    const { url } = await start(undefined, undefined, undefined, { ...PATIENT, ...limits });
    expect(await heardBy(url, text)).toMatch(heard);
  });

  test('whoever asks on before it is answered', async () => {
    let asked = 0;
    const { url, refused } = await start(undefined, () => {
      asked++;
      return new Promise(() => undefined);
    });
    expect(await heardBy(url, 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(100))).toBe('');
    expect(asked).toBe(1);
    expect(refused).toEqual(['ahead 127.0.0.1']);
  });

  test('more than so many connections: strangers make room', async () => {
    const { url, refused } = await start(undefined, undefined, undefined, { ...PATIENT, connections: 1 });
    const first = connect(Number(new URL(url).port), '127.0.0.1');
    const closed = once(first.resume(), 'close');
    await once(first, 'connect');
    expect((await ask(`${url}/readyz`)).status).toBe(200);
    await closed;
    expect(refused).toEqual(['connections 127.0.0.1']);
  });

  test('more than so many connections: who may ask does not', async () => {
    const setup = await start(undefined, undefined, undefined, { ...PATIENT, connections: 1 });
    let answer = (): void => undefined;
    setup.gate = new Promise((resolve) => (answer = resolve));
    const first = ask(`${setup.url}/metrics`);
    await waitUntil('it to be let in', () => setup.snapshots === 1);
    expect(await heardBy(setup.url, 'GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n')).toBe('');
    answer();
    expect((await first).status).toBe(200);
  });

  test('a port that somebody else has', async () => {
    const { url } = await start();
    const other = new Setup();
    await expect(other.server.listen('127.0.0.1', Number(new URL(url).port))).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await other.server.close();
  });
});
