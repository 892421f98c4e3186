// SPDX-License-Identifier: Apache-2.0
// charts.test - fixed figures give the same picture each time, and nothing of them is missing

import { describe, expect, test } from '@jest/globals';
import { barChart } from '../../src/charts/bar-chart.js';
import { lineChart } from '../../src/charts/line-chart.js';
import { escaped } from '../../src/charts/svg.js';

const PANEL = {
  title: 'body of 32 B',
  xLabel: 'requests in flight',
  yLabel: 'round trips a second',
  series: [
    {
      name: 'fast & good',
      points: [
        { x: 1, y: 1000 },
        { x: 64, y: 50_000 },
      ],
    },
    {
      name: 'slow',
      points: [
        { x: 1, y: 500 },
        { x: 64, y: NaN },
      ],
    },
  ],
};
const LINES = [PANEL];

const BARS = [
  {
    title: 'body of 32 B',
    label: 'µs of CPU for each request',
    bars: [
      { name: 'three', parts: [10, 20, 30] },
      { name: 'two', parts: [5, NaN, 5] },
    ],
  },
];

/** Every element that is opened is closed, in order. */
function wellFormed(svg: string): boolean {
  const open: string[] = [];
  for (const [, end, name = '', empty] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
    if (end === '/') {
      if (open.pop() !== name) return false;
    } else if (empty !== '/') open.push(name);
  }
  return open.length === 0;
}

function texts(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text);
}

describe('lineChart', () => {
  const svg = lineChart('Throughput', LINES);

  test('is the same each time, and well-formed', () => {
    expect(lineChart('Throughput', LINES)).toBe(svg);
    expect(wellFormed(svg)).toBe(true);
  });

  test('says what it shows, in which units, and who is who', () => {
    expect(texts(svg)).toEqual(
      expect.arrayContaining([
        'Throughput',
        'body of 32 B',
        'requests in flight',
        'round trips a second',
        'fast &amp; good',
        'slow',
        '500',
        '50k',
        '64',
      ]),
    );
  });

  test('draws a dot for each figure, and none for what was not measured', () => {
    expect(svg.match(/<circle/g)).toHaveLength(3);
    expect(svg).not.toContain('NaN');
  });

  test('puts more above less, over the whole height', () => {
    const [line = ''] = svg.match(/<polyline points="[^"]*"/) ?? [];
    // 500 is the bottom and 50,000 the top of the axis; 1 is its left end and 64 its right one.
    expect(line).toMatch(/"62,[\d.]+ 362,64"$/);
    expect(Number(line.match(/62,([\d.]+)/)?.[1])).toBeCloseTo(324 - 260 * (Math.log(2) / Math.log(100)), 1);
  });

  test('puts three panels beside one another and the next ones below', () => {
    const four = lineChart(
      'Four',
      Array.from({ length: 4 }, (_, i) => ({ ...PANEL, title: `panel ${i}` })),
    );
    const places = [...four.matchAll(/<text x="(\d+)" y="(\d+)"[^>]*>panel/g)].map(([, x, y]) => [x, y]);
    expect(places).toEqual([
      ['62', '52'],
      ['432', '52'],
      ['802', '52'],
      ['62', '416'],
    ]);
  });

  test('has colours for light pages and for dark ones', () => {
    expect(svg).toContain('prefers-color-scheme:dark');
  });

  test('of nothing is a picture all the same', () => {
    const empty = lineChart('Nothing', [{ title: 'a', xLabel: 'b', yLabel: 'c', series: [] }]);
    expect(wellFormed(empty)).toBe(true);
    expect(empty).not.toContain('NaN');
  });
});

describe('barChart', () => {
  const svg = barChart('CPU', ['client', 'server', 'worker'], BARS);

  test('is the same each time, and well-formed', () => {
    expect(barChart('CPU', ['client', 'server', 'worker'], BARS)).toBe(svg);
    expect(wellFormed(svg)).toBe(true);
    expect(svg).not.toContain('NaN');
  });

  test('puts the parts of a bar behind one another, and says what they come to', () => {
    const bars = [...svg.matchAll(/<rect x="([\d.]+)" y="64" width="([\d.]+)"/g)].map(([, x, width]) => [x, width]);
    // The axis of 260 goes to 60.
    expect(bars).toEqual([
      ['170', '43.3'],
      ['213.3', '86.7'],
      ['300', '130'],
    ]);
    expect(texts(svg)).toEqual(expect.arrayContaining(['60', '10', 'client', 'server', 'worker', 'three', 'two']));
  });

  test('leaves out a part that is not there', () => {
    expect(svg.match(/<title>/g)).toHaveLength(5);
  });
});

test('text is safe in XML', () => {
  expect(escaped('<a & "b">')).toBe('&lt;a &amp; &quot;b&quot;&gt;');
});
