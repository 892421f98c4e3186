// SPDX-License-Identifier: Apache-2.0
// status-page-lost.test - the status page in a real browser while the broker is gone, back, another one, or stands still

import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { freePort, waitUntil } from '@mdp/testkit';
import { eventText } from '../../src/status-page/feed.js';
import { busyBroker } from '../support/busy-broker.js';
import type { BrowserPage } from '../support/chromium.js';
import { Chromium, findChromium } from '../support/chromium.js';
import type { RunningBroker } from '../support/cli.js';
import { HAS_SIGNALS, said, startBroker } from '../support/cli.js';
import { serviceOf } from '../support/snapshots.js';
import { StatusSite } from '../support/status-site.js';

const program = findChromium();
const inBrowser = program === undefined ? describe.skip : describe;

const textOf = (id: string): string => `document.getElementById('${id}').textContent`;
const isLink = (link: string): string => `document.body.dataset.link === '${link}'`;
const SERVICES = `[...document.querySelectorAll('#services tbody th')].map((cell) => cell.textContent).join()`;

/** What is lost when the page is loaded anew. */
const MARK = 'window.marked = true';

/** A broker with its admin interface, and its URL. */
async function brokerAt(address: string): Promise<{ broker: RunningBroker; url: string }> {
  const broker = await startBroker(['--admin', address]);
  const [, url = ''] = await said(broker.process, /metrics and health checks on (http:\/\/[\d.:]+)/);
  return { broker, url };
}

inBrowser(
  `the status page in ${program ?? 'a browser: skipped, for there is no Chromium (Debian package chromium)'}`,
  () => {
    let browser: Chromium;
    let page: BrowserPage;
    /** Where the broker comes back. */
    let port: number;

    beforeAll(async () => {
      browser = await Chromium.start(program ?? '');
    });
    afterAll(() => browser[Symbol.asyncDispose]());
    beforeEach(async () => {
      port = await freePort();
      page = await browser.open();
      await page.look(1280, 900, 'light');
    });

    async function open(url: string): Promise<void> {
      await page.goTo(`${url}/`);
      await page.until(`${isLink('live')} && !document.getElementById('content').hidden`);
      await page.value(MARK);
    }

    async function lost(): Promise<void> {
      await page.until(isLink('lost'));
      expect(await page.value(textOf('old-text'))).toMatch(
        /^No connection: [^.]+\. What is shown is of \d\d:\d\d:\d\d\.$/,
      );
      expect(await page.value(`document.getElementById('old').hidden`)).toBe(false);
      expect(await page.value('document.title')).toBe('No connection – mdp-broker');
      expect(await page.value(textOf('link'))).toBe('no connection');
    }

    /** It is not loaded anew for that. */
    async function live(): Promise<void> {
      await page.until(isLink('live'));
      expect(await page.value('window.marked')).toBe(true);
      expect(await page.value(`document.getElementById('old').hidden`)).toBe(true);
      expect(await page.value('document.title')).not.toContain('No connection');
    }

    test('goes on when the broker was killed and started again', async () => {
      const address = `127.0.0.1:${String(port)}`;
      const first = await brokerAt(address);
      await using killed = first.broker;
      await open(first.url);
      await killed.process.kill();
      await lost();
      const again = await brokerAt(address);
      await using started = again.broker;
      await live();
      expect(await page.value(textOf('about'))).toMatch(/up for \d+ s/);
      expect(await page.value(textOf('listening'))).toContain(started.endpoint);
    });

    (HAS_SIGNALS ? test : test.skip)('says that it was lost when the broker has drained', async () => {
      const { broker, url } = await brokerAt('127.0.0.1:*');
      await using stopped = broker;
      await open(url);
      stopped.process.signal('SIGTERM');
      await lost();
      await stopped.process.exited;
      await page.until(`${textOf('old-text')}.includes('the broker cannot be reached')`);
    });

    test('keeps what was typed, sorted and seen, and the past, while the broker is another one', async () => {
      const past = Array.from({ length: 60 }, (_, i) => busyBroker(i));
      await using site = await StatusSite.start(busyBroker(60), { past, port });
      await open(site.url);
      await page.value(`document.getElementById('filter').focus()`);
      await page.type('search');
      await page.value(`document.querySelector('#services thead button').click()`);
      await page.until(`${SERVICES} === 'search.index,search.query'`);
      const line = `document.querySelector('path.line0').getAttribute('d')`;
      await site[Symbol.asyncDispose]();
      await lost();
      const before = (await page.value<string>(line)).split('L').length;
      const services = ['search.new', 'search.index', 'other'].map((name) => serviceOf(name));
      await using back = await StatusSite.start({ services }, { port });
      await live();
      expect(back.feed.listeners).toBe(1);
      await page.until(`${SERVICES} === 'search.index,search.new'`);
      expect(await page.value('document.activeElement.id')).toBe('filter');
      expect((await page.value<string>(line)).split('L').length).toBeGreaterThan(before / 2);
      expect(await page.value(`document.getElementById('other').hidden`)).toBe(true);
    });

    test('goes on with fresh figures when the broker has another page, and offers that', async () => {
      await using site = await StatusSite.start({ services: [serviceOf('before')] }, { port });
      await open(site.url);
      await site[Symbol.asyncDispose]();
      await lost();
      await using other = await StatusSite.start({ services: [serviceOf('after')] }, { port, page: 'another one' });
      await live();
      await page.until(`${SERVICES} === 'after'`);
      expect(await page.value(`!document.getElementById('other').hidden && ${textOf('other-text')}`)).toBe(
        'The broker has another page now.',
      );
      // What it does not understand does not end it.
      other.parts = { stats: { listening: null as never } };
      await page.until(`${textOf('other-text')} === 'This page cannot show what the broker tells.'`);
      other.parts = { services: [serviceOf('understood')] };
      await page.until(`${SERVICES} === 'understood'`);
      await page.value(`document.getElementById('load').click()`);
      await page.until(`window.marked === undefined && ${isLink('live')}`);
    });

    test('offers another page also when it does not understand how that begins', async () => {
      await using site = await StatusSite.start({ services: [serviceOf('before')] }, { port });
      await open(site.url);
      await site[Symbol.asyncDispose]();
      await lost();
      const other = createServer((_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(eventText('begin', { page: 'another one' }));
      });
      await once(other.listen(port, '127.0.0.1'), 'listening');
      try {
        await page.until(`!document.getElementById('other').hidden`);
      } finally {
        other.close();
        other.closeAllConnections();
      }
    });

    test('asks for the token when the broker has one now, and says how old it is what is still shown', async () => {
      await using site = await StatusSite.start({ services: [serviceOf('s')] }, { port });
      await open(site.url);
      await site[Symbol.asyncDispose]();
      await lost();
      await using back = await StatusSite.start(
        { services: [serviceOf('t')] },
        { port, token: 'a-token-that-nobody-guesses' },
      );
      await page.until(isLink('locked'));
      expect(await page.value(textOf('old-text'))).toMatch(
        /^The broker asks for its token\. What is shown is of [\d:]+\.$/,
      );
      expect(await page.value('document.activeElement.id')).toBe('token');
      await page.type('a-token-that-nobody-guesses');
      await page.press('Enter');
      await live();
      expect(back.feed.listeners).toBe(1);
      await page.until(`${SERVICES} === 't'`);
    });

    test('can be told to try at once, by keys', async () => {
      await using site = await StatusSite.start(busyBroker(1));
      await open(site.url);
      await site[Symbol.asyncDispose]();
      await lost();
      // The bar lies over the page, not under it.
      expect(
        await page.value(`document.elementFromPoint(innerWidth / 2, innerHeight - 4).closest('#old') !== null`),
      ).toBe(true);
      const asked = page.requests.length;
      await page.value(`document.getElementById('try').focus()`);
      await page.press('Enter');
      await waitUntil('it to ask', () => page.requests.length > asked);
      const folder = process.env['MDP_SCREENSHOTS'];
      await page.picture(folder === undefined ? undefined : join(folder, 'lost.png'));
    });
  },
);
