// SPDX-License-Identifier: Apache-2.0
// status-page-browser.test - the status page in a real browser: what it shows, what one can do, and that names do no harm
//
// Needs Chromium on the PATH (Debian package chromium). MDP_SCREENSHOTS=FOLDER keeps pictures of what was seen.

import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { EVERY_MS } from '../../src/status-page/feed.js';
import { HOSTILE_NAMES, busyBroker } from '../support/busy-broker.js';
import type { BrowserPage } from '../support/chromium.js';
import { Chromium, findChromium } from '../support/chromium.js';
import type { SnapshotParts } from '../support/snapshots.js';
import { StatusSite } from '../support/status-site.js';

const program = findChromium();
const inBrowser = program === undefined ? describe.skip : describe;

const TOKEN = 'a-token-that-nobody-guesses';

/** The names in the first column of a table, from above. */
const names = (table: string): string =>
  `[...document.querySelectorAll('#${table} tbody th')].map((cell) => cell.textContent)`;

/** Click what a selector finds. */
const click = (selector: string): string => `document.querySelector(${JSON.stringify(selector)}).click()`;

async function keep(page: BrowserPage, name: string): Promise<void> {
  const folder = process.env['MDP_SCREENSHOTS'];
  const png = await page.picture(folder === undefined ? undefined : join(folder, `${name}.png`));
  expect(png.length).toBeGreaterThan(10_000);
}

inBrowser(
  `the status page in ${program ?? 'a browser: skipped, for there is no Chromium (Debian package chromium)'}`,
  () => {
    let browser: Chromium;
    let site: StatusSite;
    let page: BrowserPage;

    beforeAll(async () => {
      browser = await Chromium.start(program ?? '');
    });
    afterAll(() => browser[Symbol.asyncDispose]());
    beforeEach(async () => {
      const past = Array.from({ length: 140 }, (_, i) => busyBroker(i));
      const begun = performance.now();
      const now = (): SnapshotParts => busyBroker(past.length + (performance.now() - begun) / EVERY_MS);
      site = await StatusSite.start(now, { past, everyMs: 300 });
      page = await browser.open();
      await page.look(1280, 900, 'light');
    });
    afterEach(() => site[Symbol.asyncDispose]());

    /** The page hears of the broker so many times more. */
    async function hear(times: number): Promise<void> {
      const { looks } = site;
      await waitUntil('looks at the broker', () => site.looks > looks + times);
    }

    async function open(): Promise<void> {
      site.log.log('warn', 'requestFailed', 'a request for "charge" failed: 504 no worker took it in time');
      site.log.log('warn', 'connectionRefused', 'a peer at 10.0.0.7 was refused: its key is not allowed there');
      site.log.log('warn', 'workerLost', 'a worker for "mail.send" was lost: nothing came from it for too long');
      site.log.log('error', 'error', '<b onmouseover="window.harmed=1">an error with markup</b>');
      await page.goTo(`${site.url}/`);
      await page.until(`document.body.dataset.link === 'live' && !document.getElementById('content').hidden`);
    }

    test('shows what the broker tells, asks nobody else, and has nothing to complain of', async () => {
      await open();
      await hear(3);
      expect(await page.value(names('services'))).toHaveLength(6 + HOSTILE_NAMES.length);
      expect(await page.value(`document.getElementById('phase').textContent`)).toBe('ready');
      expect(await page.value(`document.getElementById('counts').textContent`)).toContain(
        '9: 7 × unknown key, 2 × expired key',
      );
      expect(await page.value(`document.querySelectorAll('.chart').length`)).toBe(4);
      await page.until(`document.querySelector('.chart path.line0').getAttribute('d').includes('L')`);
      await page.until(`document.querySelectorAll('#recent tr').length === 4`);
      await keep(page, 'desktop-light');
      await page.look(1280, 900, 'dark');
      await page.until(`getComputedStyle(document.body).backgroundColor === 'rgb(18, 21, 27)'`);
      await keep(page, 'desktop-dark');
      for (const url of page.requests)
        expect(url).toMatch(url.startsWith('data:') ? /^data:image/ : new RegExp(`^${site.url}/`));
      expect(page.complaints).toEqual([]);
    });

    test('fits on a phone', async () => {
      for (const scheme of ['light', 'dark'] as const) {
        await page.look(390, 844, scheme);
        await open();
        await hear(2);
        expect(await page.value('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
        await keep(page, `phone-${scheme}`);
        await page.value(click('#services tbody th button'));
        await page.until(`document.querySelector('#services .details') !== null`);
        expect(await page.value('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
        await keep(page, `phone-details-${scheme}`);
      }
    });

    test('shows hostile names as text: none runs, hides, or reaches out of its place', async () => {
      await open();
      const shown = await page.value<string[]>(names('services'));
      for (const name of HOSTILE_NAMES) {
        const visible = name.replace(
          /[\u0000-\u001f\u200b-\u200f\u202e]|(?<=[\u0300-\u036f]{4})[\u0300-\u036f]/g,
          (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
        );
        expect(
          shown.some((text) => text === visible || (name.length > 200 && visible.startsWith(text.slice(0, 200)))),
        ).toBe(true);
      }
      // Everyone of them, opened.
      const count = shown.length;
      for (let i = 0; i < count; i++) {
        await page.value(`document.querySelectorAll('#services tbody th button')[${String(i)}].click()`);
        expect(await page.value('document.documentElement.scrollWidth')).toBeLessThanOrEqual(1280);
        const outside = `[...document.querySelectorAll('#services tbody th > *')].some((name) => name.getBoundingClientRect().height > 60)`;
        expect(await page.value(outside)).toBe(false);
        if (i === 0) await keep(page, 'hostile-details');
      }
      expect(await page.value('window.harmed === undefined')).toBe(true);
      expect(await page.value(`document.querySelectorAll('main img, main script, main b[onmouseover]').length`)).toBe(
        0,
      );
      expect(page.complaints).toEqual([]);
    });

    test('sorts by the headings, filters by parts of names, and opens a service, all by keys', async () => {
      await open();
      await hear(3);
      await page.value(`document.querySelector('#services thead button').focus()`);
      await page.press('Enter');
      await page.until(`document.querySelector('#services thead th').getAttribute('aria-sort') === 'ascending'`);
      const shown = await page.value<string[]>(names('services'));
      expect(shown).toEqual([...shown].sort());
      await page.press('Enter');
      await page.until(`document.querySelector('#services thead th').getAttribute('aria-sort') === 'descending'`);
      await page.value(`document.getElementById('filter').focus()`);
      await page.type('SEARCH');
      await page.until(`${names('services')}.length === 2`);
      expect(await page.value(names('services'))).toEqual(['search.query', 'search.index']);
      expect(await page.value(`document.getElementById('services-count').textContent`)).toBe(
        `2 of ${String(6 + HOSTILE_NAMES.length)}`,
      );
      expect(new Set(await page.value<string[]>(names('workers')))).toEqual(new Set(['search.query', 'search.index']));
      await page.value(`document.querySelector('#services tbody button').focus()`);
      await page.press('Enter');
      await page.until(`document.querySelector('#services tbody button').getAttribute('aria-expanded') === 'true'`);
      await page.until(`document.querySelector('#services .details').textContent.includes('Its workers')`);
      // The rows live on, and the focus stays.
      await hear(3);
      expect(await page.value('document.activeElement.textContent')).toBe('search.query');
      await keep(page, 'filtered');
    });

    test('stands still while it is paused, and shows those of a kind', async () => {
      await open();
      await page.value(click('#pause'));
      site.phase = 'draining';
      await hear(4);
      expect(await page.value(`document.getElementById('phase').textContent`)).toBe('ready');
      expect(await page.value(`document.getElementById('old-text').textContent`)).toMatch(
        /^Paused\. What is shown is of \d\d:\d\d:\d\d\.$/,
      );
      expect(await page.value('document.title')).toMatch(/^paused, .* – mdp-broker$/);
      await page.value(click('#pause'));
      expect(await page.value(`document.getElementById('old').hidden`)).toBe(true);
      await page.until(`document.getElementById('phase').textContent === 'draining'`);
      await page.value(
        `{ const kind = document.getElementById('kind'); kind.value = 'keys'; kind.dispatchEvent(new Event('change')); }`,
      );
      await page.until(`document.querySelectorAll('#recent tr').length === 1`);
      expect(await page.value(`document.getElementById('recent').textContent`)).toContain(
        'its key is not allowed there',
      );
    });

    test('says when the broker stops, and when it is gone', async () => {
      await open();
      site.phase = 'draining';
      await page.until(`document.getElementById('phase').textContent === 'draining'`);
      site.feed.close();
      await page.until(`document.body.dataset.link === 'lost'`);
      expect(await page.value(`document.getElementById('link').textContent`)).toBe('no connection');
      await keep(page, 'lost');
    });

    test('asks for the token where there is one, keeps it for the tab alone, and asks again when it is wrong', async () => {
      await using locked = await StatusSite.start(busyBroker(1), { token: TOKEN });
      await page.goTo(`${locked.url}/`);
      await page.until(`document.body.dataset.link === 'locked'`);
      expect(await page.value(`document.activeElement.id`)).toBe('token');
      await keep(page, 'locked');
      await page.type('not the token');
      await page.press('Enter');
      await page.until(`document.getElementById('unlock-note').textContent === 'that token is not right'`);
      await page.type(TOKEN);
      await page.press('Enter');
      await page.until(`document.body.dataset.link === 'live' && document.getElementById('unlock').hidden`);
      await page.until(`${names('services')}.length > 0`);
      expect(await page.value('document.cookie')).toBe('');
      expect(await page.value('location.href')).toBe(`${locked.url}/`);
      await page.tell('Page.reload');
      await page.until(`document.body.dataset.link === 'live'`);
      // In another tab it is asked for again.
      const other = await browser.open();
      await other.goTo(`${locked.url}/`);
      await other.until(`document.body.dataset.link === 'locked'`);
    });
  },
);
