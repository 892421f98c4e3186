// SPDX-License-Identifier: Apache-2.0
// top-screen.test - the page of top on terminals of any size

import { describe, expect, test } from '@jest/globals';
import { displayWidth } from '../src/display-width.js';
import { readFigures } from '../src/top-figures.js';
import type { BrokerAnswer, TopSample } from '../src/top-sample.js';
import { TopHistory } from '../src/top-sample.js';
import { topScreen } from '../src/top-screen.js';
import { firstView } from '../src/top-view.js';

const AT = new Date(2026, 0, 31, 14, 5, 9);
const VIEW = firstView('req/s');

function service(name: string, requests: number): object {
  const counts = Array.from({ length: 21 }, (_, bucket) => (bucket === 3 ? requests : 0));
  const histogram = { count: requests, sumMs: requests, counts };
  const counted = { requests, finals: requests, failed: {}, bytesIn: requests * 32, bytesOut: requests * 64 };
  return {
    name,
    workers: 2,
    waiting: 1,
    busy: 1,
    queued: 7,
    oldestMs: 42,
    ...counted,
    waitMs: histogram,
    serviceMs: histogram,
  };
}

function answer(atMs: number, services: readonly object[], broker = 'tcp://127.0.0.1:5555'): BrokerAnswer {
  return { broker, version: '0.1.0', snapshot: { atMs, services: readFigures(services), uptimeMs: 60_000 + atMs } };
}

/** After two rounds, a second apart. */
function sampleOf(...names: readonly string[]): TopSample {
  const history = new TopHistory();
  history.add(AT, [
    answer(
      0,
      names.map((name) => service(name, 0)),
    ),
  ]);
  return history.add(AT, [
    answer(
      1000,
      names.map((name, nth) => service(name, (nth + 1) * 100)),
    ),
  ]);
}

function textOf(sample: TopSample | undefined, columns: number, rows: number, view = VIEW): string[] {
  return topScreen(sample, view, { columns, rows }).lines.map(({ text }) => text);
}

test('on a usual terminal', () => {
  const lines = textOf(sampleOf('resize', 'report'), 80, 14);
  expect(lines).toEqual([
    'mdp-broker 0.1.0 at tcp://127.0.0.1:5555, up for 1 min                  14:05:09',
    '2 services, 4 workers (2 waiting, 2 busy), 14 requests queued',
    `a second: 300 requests, 0 fail, 9.4k in, 19k out${' '.repeat(31)}█`,
    '',
    'SERVICE       WORKERS  BUSY  QUEUED    REQ/S  FAIL/S     P50     P99       TREND',
    'report              2     1       7      200       0  0.75ms   1.0ms           █',
    'resize              2     1       7      100       0  0.75ms   1.0ms           █',
    ...['', '', '', '', '', ''],
    'by REQ/S  q quit  s sort  r reverse  p pause  ↑↓ scroll',
  ]);
});

test('before there is anything', () => {
  expect(textOf(undefined, 80, 24)).toEqual(['waiting for the first answer']);
});

test('after the first answer there are no rates, and no trend', () => {
  const sample = new TopHistory().add(AT, [answer(0, [service('resize', 5)])]);
  const lines = textOf(sample, 80, 14);
  expect(lines[2]).toBe('rates come with the next answer, of a broker that tells them');
  expect(lines[5]).toBe('resize              2     1       7        -       -       -       -            ');
});

test('more rows than there is room for', () => {
  const names = Array.from({ length: 50 }, (_, i) => `s${String(i).padStart(2, '0')}`);
  const sample = sampleOf(...names);
  const view = { ...firstView('service'), offset: 10 };
  const { lines, shown } = topScreen(sample, view, { columns: 80, rows: 24 });
  expect(shown).toBe(18);
  expect(lines[5]?.text).toMatch(/^s10 /);
  expect(lines[22]?.text).toMatch(/^s27 /);
  expect(lines[23]?.text).toMatch(/^11 to 28 of 50, by SERVICE {2}q quit/);
  const beyond = textOf(sampleOf(...names.slice(0, 20)), 80, 24, view);
  expect(beyond[5]).toMatch(/^s02 /);
  expect(beyond[23]).toMatch(/^3 to 20 of 20, /);
});

describe('fits', () => {
  const sample = sampleOf('x'.repeat(255), '日本語'.repeat(20), '\u001b[2J\u202e', 'e\u0301'.repeat(100));

  test.each([1, 2, 3, 5, 10, 20, 33, 80, 200])('%d columns, with any number of rows', (columns) => {
    for (let rows = 1; rows < 40; rows++) {
      const lines = textOf(sample, columns, rows);
      expect(lines.length).toBeLessThanOrEqual(rows);
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    }
  });

  test('names cannot move the cursor', () => {
    const text = textOf(sample, 200, 24).join('\n');
    expect(text).toContain('\\u001b[2J\\u202e');
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });
});

describe('several brokers', () => {
  const failing = (n: number): BrokerAnswer => ({
    broker: `tcp://10.0.0.${String(n)}:5555`,
    failure: 'no reply within 2s',
  });

  test('how many answer, and why others do not', () => {
    const sample = new TopHistory().add(AT, [answer(0, []), failing(2)]);
    const { lines } = topScreen(sample, VIEW, { columns: 100, rows: 24 });
    expect(lines[0]?.text).toMatch(/^1 of 2 brokers answer: tcp:\/\/127.0.0.1:5555, tcp:\/\/10.0.0.2:5555 /);
    expect(lines[3]).toEqual({ text: 'tcp://10.0.0.2:5555: no reply within 2s', style: 'bad' });
  });

  test('many that do not answer leave room for the table', () => {
    const sample = new TopHistory().add(AT, [answer(0, []), failing(2), failing(3), failing(4), failing(5)]);
    const bad = topScreen(sample, VIEW, { columns: 100, rows: 24 }).lines.filter(({ style }) => style === 'bad');
    expect(bad.map(({ text }) => text)).toEqual([
      'tcp://10.0.0.2:5555: no reply within 2s',
      'tcp://10.0.0.3:5555: no reply within 2s',
      '2 more brokers do not answer',
    ]);
  });
});

describe('what went before', () => {
  test('a trend for each service that is there, of the last rounds, and none over a gap', () => {
    const history = new TopHistory();
    let sample = history.add(AT, [answer(0, [service('a', 0), service('gone', 0)])]);
    for (let round = 1; round <= 200; round++)
      sample = history.add(AT, [answer(round * 1000, [service('a', round * round)])]);
    const before = sample;
    sample = history.add(AT, [{ broker: 'tcp://127.0.0.1:5555', failure: 'no reply' }]);
    expect(sample.totalTrend.at(-1)).toBeUndefined();
    sample = history.add(AT, [answer(300_000, [service('a', 90_000)])]);
    expect(sample.rows).toMatchObject([{ name: 'a', requests: undefined }]);
    // What was handed out stays as it was.
    expect(before.trends.size).toBe(1);
    expect(before.trends.get('a')?.length).toBe(120);
    expect(before.trends.get('a')?.at(-1)).toBe(399);
  });
});
