// SPDX-License-Identifier: Apache-2.0
// curves.test - what grows, and what is told of it

import { describe, expect, test } from '@jest/globals';
import type { CurveEntry } from '../src/curves-suite.js';
import { curveTable, latencyCurves, throughputCurves } from '../src/curves-suite.js';
import { CURVES } from '../src/curves.js';
import type { LoadReport } from '../src/load-generator.js';

describe('CURVES', () => {
  test.each(CURVES)('$name grows from point to point, by a load that the generator takes', ({ points }) => {
    const numbers = points.map(({ x }) => x);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    for (const { load } of points) {
      for (const number of [load.clients, load.window, load.workers]) expect(Number.isInteger(number)).toBe(true);
      // Every service has a worker, or its requests would wait for ever.
      expect(load.workers).toBeGreaterThanOrEqual(load.services ?? 1);
      expect(load.bodyBytes).toBeGreaterThanOrEqual(8);
      if ((load.partials ?? 0) > 0) expect(load.window).toBe(1);
    }
  });

  test.each(CURVES)('$name is drawn on the strict wire and over MX', ({ contestants }) => {
    const names = contestants.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['@mdp/broker', '@mdp/broker, mx']));
    expect(new Set(names).size).toBe(names.length);
  });

  test('reach as far as they are to', () => {
    const most = Object.fromEntries(CURVES.map(({ name, points }) => [name, points.at(-1)?.x]));
    expect(most).toMatchObject({ workers: 10_000, services: 10_000, clients: 5000, queue: 100_000 });
  });
});

describe('what was found', () => {
  const report = { perSecond: 20_000, p50Ms: 1, p99Ms: 3, cpuUs: 40, mainUs: 20, rssKiB: 102_400 } as LoadReport;
  const [curve] = CURVES;
  const entries = (curve?.points ?? []).map((point): CurveEntry => {
    const trial = { name: String(point.x), measure: () => Promise.resolve(report) };
    return { curve: CURVES[0] as CurveEntry['curve'], point, contestant: { name: 'a broker' }, trial };
  });
  const findings = new Map(entries.map(({ trial }) => [trial, [report, undefined, report]]));

  test('has a row for each point', () => {
    const rows = curveTable(entries, findings).split('\n').slice(2);
    expect(rows).toHaveLength(5);
    expect(rows[4]).toMatch(/^\| workers \| +10,000 \| a broker \| +20,000 \| +1\.00 \| +3\.00 \| .* 100 \|$/);
  });

  test('is drawn, a dot for each point', () => {
    expect(throughputCurves(entries, findings).match(/<circle/g)).toHaveLength(5);
    expect(latencyCurves(entries, findings)).toContain('p99, ms');
  });
});
