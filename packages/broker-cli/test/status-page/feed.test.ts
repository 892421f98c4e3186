// SPDX-License-Identifier: Apache-2.0
// feed.test - who watches a broker is told how it is, over loopback

import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { MOST_LISTENERS } from '../../src/status-page/feed.js';
import { EventClient } from '../support/event-client.js';
import { serviceOf } from '../support/snapshots.js';
import { StatusSite } from '../support/status-site.js';

const TOKEN = 'a-token-that-nobody-guesses';

async function statusOf(url: string, headers: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
  using client = await EventClient.open(url, headers);
  return client.response.statusCode;
}

describe('the feed', () => {
  test('tells the past, how things are, and how they go on', async () => {
    await using site = await StatusSite.start({ services: [serviceOf('s', { requests: 1 })] });
    await waitUntil('a look before anybody watches', () => site.looks > 2);
    using client = await EventClient.open(`${site.url}/events`);
    expect(client.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
    });
    await client.update('the service', ({ services }) => services[0]?.total.requests === 1);
    expect(client.begin).toMatchObject({ everyMs: 20, trends: [['s', expect.any(Array)]] });
    expect(client.begin?.points.length).toBeGreaterThan(1);
    site.parts = { services: [serviceOf('s', { requests: 50 }), serviceOf('t')] };
    site.log.log('warn', 'requestFailed', 'a request failed');
    site.phase = 'draining';
    const { services, recent, phase } = await client.update(
      'both',
      (update) => update.services.length === 2 && update.phase === 'draining',
    );
    expect(services.map(({ name }) => name)).toEqual(['s', 't']);
    expect(recent).toMatchObject([{ event: 'requestFailed', text: 'a request failed' }]);
    expect(phase).toBe('draining');
  });

  test('tells nothing of a broker that has not begun to serve', async () => {
    await using site = await StatusSite.start();
    site.phase = 'starting';
    expect(await statusOf(`${site.url}/events`)).toBe(503);
    site.phase = 'ready';
    expect(await statusOf(`${site.url}/events`)).toBe(200);
  });

  test('is for those who show the token, where there is one; the page is for all, and tells nothing', async () => {
    await using site = await StatusSite.start({ services: [serviceOf('secret-service')] }, { token: TOKEN });
    expect(await statusOf(`${site.url}/events`)).toBe(401);
    expect(await statusOf(`${site.url}/events`, { authorization: 'Bearer nonsense' })).toBe(401);
    expect(await statusOf(`${site.url}/events`, { authorization: `Bearer ${TOKEN}` })).toBe(200);
    const page = await fetch(`${site.url}/`);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'sha256-/);
    expect(page.headers.get('x-frame-options')).toBe('DENY');
    expect(await page.text()).not.toContain('secret-service');
  });

  test('is not for pages of other sites', async () => {
    await using site = await StatusSite.start();
    expect(await statusOf(`${site.url}/events`, { host: 'evil.example' })).toBe(403);
  });

  test('has room for so many, and for others when they are gone', async () => {
    await using site = await StatusSite.start();
    const clients: EventClient[] = [];
    for (let i = 0; i < MOST_LISTENERS; i++) clients.push(await EventClient.open(`${site.url}/events`));
    expect(await statusOf(`${site.url}/events`)).toBe(503);
    clients.pop()?.[Symbol.dispose]();
    await waitUntil('room', () => site.feed.listeners < MOST_LISTENERS);
    expect(await statusOf(`${site.url}/events`)).toBe(200);
    for (const client of clients) client[Symbol.dispose]();
    await waitUntil('all to be gone', () => site.feed.listeners === 0);
  });

  test('cuts off who does not read, and keeps little for it', async () => {
    // More than the system keeps for a connection.
    const stats = { version: 'x'.repeat(3 * 1_024 * 1_024) };
    await using site = await StatusSite.start({ stats });
    const socket = connect(Number(new URL(site.url).port), '127.0.0.1');
    const gone = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {
      // It is cut off: that is what is waited for.
      socket.destroy();
    });
    socket.write('GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n');
    socket.pause();
    await waitUntil('it to listen', () => site.feed.listeners === 1);
    await waitUntil('it to be cut off', () => site.feed.listeners === 0);
    socket.resume();
    await gone;
  });

  test('goes on after a look that failed, and says once that it did', async () => {
    await using site = await StatusSite.start();
    using client = await EventClient.open(`${site.url}/events`);
    await client.update('nothing');
    site.parts = new Error('a thread is gone');
    const looks = site.looks;
    await waitUntil('several that fail', () => site.looks > looks + 3);
    expect(site.faults).toEqual([new Error('a thread is gone')]);
    site.parts = { services: [serviceOf('s')] };
    await client.update('the service', ({ services }) => services.length === 1);
  });

  test('says how old it is what it tells of a broker that does not answer any more', async () => {
    await using site = await StatusSite.start();
    await waitUntil('a look', () => site.looks > 1);
    site.parts = new Error('it does not answer');
    await waitUntil('several that fail', () => site.faults.length > 0);
    let ageMs = 0;
    await waitUntil('it to say so to who comes', async () => {
      using client = await EventClient.open(`${site.url}/events`);
      const before = ageMs;
      ({ ageMs } = await client.update('what is known'));
      return ageMs > before && before > 0;
    });
  });

  test('says which page there is, so that one that is open sees whether it is that', async () => {
    await using site = await StatusSite.start();
    await waitUntil('a look', () => site.looks > 1);
    using client = await EventClient.open(`${site.url}/events`);
    await client.update('something');
    const [, page = ''] =
      /<html lang="en" data-page="([0-9a-f]{16})">/.exec(await (await fetch(`${site.url}/`)).text()) ?? [];
    expect(client.begin?.page).toBe(page);
  });

  test('ends what it tells when it is closed, and looks no more', async () => {
    await using site = await StatusSite.start();
    using client = await EventClient.open(`${site.url}/events`);
    await client.update('nothing');
    site.feed.close();
    await waitUntil('the end', () => client.ended);
    expect(await statusOf(`${site.url}/events`)).toBe(503);
    const { looks } = site;
    expect(site.feed.listeners).toBe(0);
    await EventClient.open(`${site.url}/events`).then((other) => other[Symbol.dispose]());
    expect(site.looks).toBe(looks);
  });
});
