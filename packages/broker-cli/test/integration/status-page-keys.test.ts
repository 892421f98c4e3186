// SPDX-License-Identifier: Apache-2.0
// status-page-keys.test - the status page in a real browser for those who have a keyboard alone, do not see it, or want nothing to move

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { busyBroker } from '../support/busy-broker.js';
import type { BrowserPage } from '../support/chromium.js';
import { Chromium, findChromium } from '../support/chromium.js';
import type { SnapshotParts } from '../support/snapshots.js';
import { StatusSite } from '../support/status-site.js';

const program = findChromium();
const inBrowser = program === undefined ? describe.skip : describe;

/** So many services that there is more of the page than can be seen at once. */
function fewServices(): SnapshotParts {
  const all = busyBroker(50);
  const services = (all.services ?? []).slice(0, 3);
  const workers = (all.workers ?? []).filter(({ service }) => services.some(({ name }) => name === service));
  return { ...all, services, workers };
}

/** What has the focus; whether that can be seen, and is not under something else. */
const FOCUSED = `(() => {
  const focused = document.activeElement;
  const { left, top, width, height } = focused.getBoundingClientRect();
  const { outlineStyle, outlineWidth } = getComputedStyle(focused);
  const above = document.elementFromPoint(left + Math.min(width, innerWidth) / 2, top + Math.min(height, 40) / 2);
  const name = focused.getAttribute('aria-label') ?? focused.labels?.[0]?.textContent ??
    document.getElementById(focused.getAttribute('aria-labelledby'))?.textContent ?? focused.textContent;
  return {
    name: focused.localName + ' ' + name.trim(),
    outlined: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
    seen: focused === above || focused.contains(above),
  };
})()`;

interface Focused {
  readonly name: string;
  readonly outlined: boolean;
  readonly seen: boolean;
}

inBrowser(
  `the status page in ${program ?? 'a browser: skipped, for there is no Chromium (Debian package chromium)'}`,
  () => {
    let browser: Chromium;
    let page: BrowserPage;

    beforeAll(async () => {
      browser = await Chromium.start(program ?? '');
    });
    afterAll(() => browser[Symbol.asyncDispose]());
    beforeEach(async () => {
      page = await browser.open();
      await page.look(1280, 600, 'light');
    });

    async function open(site: StatusSite): Promise<void> {
      await page.goTo(`${site.url}/`);
      await page.until(`document.body.dataset.link === 'live' && !document.getElementById('content').hidden`);
    }

    async function tab(): Promise<Focused> {
      await page.press('Tab');
      return page.value<Focused>(FOCUSED);
    }

    /** Go on by Tab until something has the focus. */
    async function tabTo(name: string): Promise<void> {
      for (let i = 0; i < 100; i++) if ((await tab()).name === name) return;
      throw new Error(`Tab does not come to ${name}`);
    }

    test('is gone through by Tab from above to below, and it can be seen where one is, also while a bar lies over it', async () => {
      await using site = await StatusSite.start(fewServices());
      await open(site);
      const stops = [await tab()];
      for (let i = 0; i < 4; i++) stops.push(await tab());
      await page.value(`document.activeElement.blur()`);
      expect(stops.map(({ name }) => name)).toEqual([
        'a Services',
        'a Errors',
        'a Connections',
        'a Workers',
        'button Pause',
      ]);
      // A bar says that it stands still.
      await page.value(`document.getElementById('pause').focus()`);
      await page.press('Enter');
      await page.until(`!document.getElementById('old').hidden`);
      for (;;) {
        const stop = await tab();
        if (stop.name.startsWith('body') || stops.length > 100) break;
        stops.push(stop);
      }
      expect(stops.filter(({ outlined, seen }) => !outlined || !seen)).toEqual([]);
      expect(stops.slice(5).map(({ name }) => name)).toEqual([
        'input Filter',
        'div Services 3',
        ...['Service', 'Busy', 'Queued', 'Oldest', 'Req/s', 'Fail/s', 'p50', 'p99', 'Wait p99'].map(
          (name) => `button ${name}`,
        ),
        ...['image.resize', 'mail.send', 'report.monthly'].map((name) => `button ${name}`),
        'select Show',
        'div Recent errors and refusals',
        'div Endpoints',
        'div Workers 9 of 32',
        ...['Service', 'Peer', 'Speaks', 'There for', 'Silent for', 'Holds'].map((name) => `button ${name}`),
      ]);
    });

    test('is sorted, opened and paused by Enter, and links lead to its parts', async () => {
      await using site = await StatusSite.start(fewServices());
      await open(site);
      const sorted = `[...document.querySelectorAll('#services thead th[aria-sort]')].map((th) => th.textContent + ' ' + th.ariaSort).join()`;
      expect(await page.value(sorted)).toBe('Req/s descending');
      await tabTo('button Queued');
      await page.press('Enter');
      await page.until(`${sorted} === 'Queued descending'`);
      await page.press('Enter');
      await page.until(`${sorted} === 'Queued ascending'`);
      expect((await page.value<Focused>(FOCUSED)).name).toBe('button Queued');
      await tabTo('button mail.send');
      await page.press('Enter');
      await page.until(`document.activeElement.ariaExpanded === 'true'`);
      expect((await page.spoken()).filter(({ expanded }) => expanded === true)).toMatchObject([
        { role: 'button', name: 'mail.send' },
      ]);
      await tabTo('a Workers');
      await page.press('Enter');
      await tabTo('div Workers 9 of 32');
      expect(await page.value('scrollY > 0')).toBe(true);
    });

    test('has a name for all that can have the focus, and for charts what they show', async () => {
      await using site = await StatusSite.start(fewServices());
      await open(site);
      const spoken = await page.spoken();
      expect(
        spoken.filter(({ focusable, name, role }) => focusable === true && name === '' && role !== 'RootWebArea'),
      ).toEqual([]);
      const named = (role: string): string[] => spoken.filter((one) => one.role === role).map(({ name }) => name);
      expect(named('image').map((name) => name.replace(/now: .*/, 'now'))).toEqual(
        ['Requests a second', 'Requests at a time', 'Latency', 'Workers'].map((title) => `${title}, now`),
      );
      expect(named('table')).toEqual(['Services 3', 'Recent errors and refusals', 'Endpoints', 'Workers 9 of 32']);
      expect(named('rowheader')).toEqual(expect.arrayContaining(['image.resize', 'mail.send', 'report.monthly']));
      expect(named('navigation')).toEqual(['On this page']);
      expect(named('heading').length).toBe(5);
      expect(page.complaints).toEqual([]);
    });

    test('says aloud that it is old, and what goes on from second to second does not', async () => {
      await using site = await StatusSite.start(fewServices());
      await open(site);
      await site[Symbol.asyncDispose]();
      await page.until(`document.body.dataset.link === 'lost'`);
      expect((await page.spoken()).filter(({ role }) => role === 'alert')).toHaveLength(1);
      expect(await page.value(`document.getElementById('old-age').closest('[role], [aria-live]')`)).toBeNull();
      // What helps comes before all that is old.
      await page.value(`document.activeElement.blur()`);
      await tabTo('button Try now');
      await tabTo('input Filter');
    });

    test('moves nothing for those who do not want that', async () => {
      await using site = await StatusSite.start(fewServices());
      await open(site);
      const moving = `[...document.querySelectorAll('*')].filter((one) => {
        const { transitionDuration, animationName } = getComputedStyle(one);
        return transitionDuration !== '0s' || animationName !== 'none';
      }).map(({ localName }) => localName).join()`;
      await page.prefer({ 'prefers-reduced-motion': 'no-preference' });
      expect(await page.value(moving)).toBe('main');
      await page.prefer({ 'prefers-reduced-motion': 'reduce' });
      expect(await page.value(moving)).toBe('');
    });
  },
);
