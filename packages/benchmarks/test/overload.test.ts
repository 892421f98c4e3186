// SPDX-License-Identifier: Apache-2.0
// overload.test - what is told of an overload, and a load that waits for nobody

import { describe, expect, test } from '@jest/globals';
import { REPLIED, openLoad } from '../src/open-load.js';
import type { Outage } from '../src/outage.js';
import { outageTable, phasesOf } from '../src/outage.js';
import type { Overloaded } from '../src/overload-suite.js';
import { endsTable, goodputTable, heldTable, sharesTable } from '../src/overload-suite.js';

const usage = (mebibytes: number): { cpuUs: number; rssBytes: number; heapBytes: number } => ({
  cpuUs: 1,
  rssBytes: mebibytes * 2 ** 20,
  heapBytes: (mebibytes / 2) * 2 ** 20,
});

const found: Overloaded = {
  name: '8 clients, mx',
  peak: 1_000,
  during: {
    seconds: 10,
    usualFromMs: Infinity,
    ends: {
      MDP_TIMEOUT: { count: 20_000, p50Ms: 1_000, p99Ms: 1_001 },
      [REPLIED]: { count: 9_000, p50Ms: 8, p99Ms: 700 },
    },
  },
  after: { seconds: 10, usualFromMs: 400, ends: { [REPLIED]: { count: 1, p50Ms: 1, p99Ms: 1 } } },
  held: [{ process: 'broker', before: usage(50), during: usage(90), after: usage(70) }],
  alone: { perSecond: 1_000, p50Ms: 90, p99Ms: 100 },
  beside: [
    { perSecond: 990, p50Ms: 91, p99Ms: 110 },
    { perSecond: 10, p50Ms: 900, p99Ms: 990 },
  ],
};

const cells = (table: string, row: number): string[] =>
  (table.split('\n')[2 + row] ?? '').split('|').map((cell) => cell.trim());

describe('the tables', () => {
  test('say what is still done, and of what', () => {
    const [, ...row] = cells(goodputTable([found]), 0);
    expect(row.slice(0, 9)).toEqual([
      '8 clients, mx',
      '1,000',
      '3,000',
      '900',
      '90 %',
      '≥ 80 %',
      '8.0',
      '700.0',
      '0.4',
    ]);
  });

  test('say how the rest ended, the most frequent end first', () => {
    expect(cells(endsTable([found]), 0).slice(2, 5)).toEqual(['`MDP_TIMEOUT`', '20,000', '69 %']);
    expect(cells(endsTable([found]), 1).slice(2, 5)).toEqual(['reply', '9,000', '31 %']);
  });

  test('say what was held', () => {
    expect(cells(heldTable([found]), 0).slice(2, 9)).toEqual([
      'broker',
      '50.0',
      '25.0',
      '90.0',
      '45.0',
      '70.0',
      '35.0',
    ]);
  });

  test('say what the modest get', () => {
    expect(cells(sharesTable([found]), 1).slice(1, 7)).toEqual([
      'mx',
      '100 modest, beside the greedy one',
      '990',
      '91.0',
      '110.0',
      '99 %',
    ]);
  });
});

describe('an outage', () => {
  const end = { count: 100, p50Ms: 1, p99Ms: 1 };
  const phase = (replies: number) => ({
    seconds: 1,
    usualFromMs: 500,
    ends: { [REPLIED]: { ...end, count: replies }, MDP_TIMEOUT: { ...end, count: 100 - replies } },
  });
  const counts = [
    { requests: 7, dispatched: 5 },
    { requests: 107, dispatched: 105 },
    { requests: 607, dispatched: 155 },
    { requests: 732, dispatched: 275 },
  ];
  const phases = phasesOf([phase(100), phase(10), phase(90)], counts);

  test('is what the broker counted between the begins of its phases', () => {
    expect(phases).toEqual([
      { asked: 100, replies: 100, count: { requests: 100, dispatched: 100 } },
      { asked: 100, replies: 10, count: { requests: 500, dispatched: 50 } },
      { asked: 100, replies: 90, count: { requests: 125, dispatched: 120 } },
    ]);
  });

  test('is told by what was sent for each request', () => {
    const worker = { concurrency: 8, handlerMs: 5 };
    const job: Outage['job'] = {
      wire: 'mx',
      clients: 8,
      peak: 1_000,
      seconds: 1,
      bodyBytes: 32,
      worker,
      budget: false,
    };
    const [, ...row] = cells(outageTable([{ job, phases, usualFromMs: 500 }]), 0);
    expect(row.slice(0, 3)).toEqual(['8 clients, mx', 'none', '500']);
    expect(row.slice(3, 6)).toEqual(['1.00', '5.00', '1.25']);
    expect(row.slice(6, 9)).toEqual(['1.00', '0.50', '1.20']);
    expect(row.slice(9, 13)).toEqual(['100 %', '10 %', '90 %', '0.5']);
  });
});

describe('openLoad', () => {
  test('makes all that is due, and counts each end for the phase in which it was due', async () => {
    const begun: number[] = [];
    const waiting: ((word: string) => void)[] = [];
    const phase = { perSecond: 200, seconds: 0.05, usualMs: 10_000 };
    const results = await openLoad(
      [phase, { ...phase, perSecond: 400 }],
      // All of the first phase end in the second one, with its first.
      () =>
        new Promise((resolve) => {
          if (begun.length === 1) waiting.push(resolve);
          else {
            for (const end of waiting.splice(0)) end('late');
            resolve(REPLIED);
          }
        }),
      (index) => begun.push(index),
    );
    expect(begun).toEqual([0, 1]);
    expect(results.map(({ ends }) => Object.entries(ends).map(([word, { count }]) => [word, count]))).toEqual([
      [['late', 10]],
      [[REPLIED, 20]],
    ]);
    expect(results.map(({ usualFromMs }) => usualFromMs)).toEqual([Infinity, 0]);
  });
});
