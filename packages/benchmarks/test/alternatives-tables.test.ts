// SPDX-License-Identifier: Apache-2.0
// alternatives-tables.test - rows, ratios and charts of figures that are made up

import { describe, expect, test } from '@jest/globals';
import { cpuChart, throughputChart } from '../src/alternatives-charts.js';
import type { Entry } from '../src/alternatives-tables.js';
import { preparedTable, ratioTables, shownCell, tripsTable } from '../src/alternatives-tables.js';
import { STRICT } from '../src/alternatives.js';
import type { RoundTrips } from '../src/round-trips.js';

function trips(perSecond: number, cpuUs: number, server = true): RoundTrips {
  const share = { cpuUs, rssBytes: 2 ** 26 };
  const found = { perSecond, p50Ms: 1, p99Ms: 2, othersShare: 0, client: share, worker: share };
  return server ? { ...found, server: share } : found;
}

const CELL = { inFlight: 64, bodyBytes: 1024, handlerMs: 0 };
const ALONE = { inFlight: 1, bodyBytes: 1024, handlerMs: 0 };
const SLOW = { inFlight: 64, bodyBytes: 1024, handlerMs: 4 };

function entry(name: string, cell: Entry['cell']): Entry {
  return { cell, alternative: { name }, trial: { name, measure: () => Promise.reject(new Error('not measured')) } };
}

const ours = entry(STRICT, CELL);
const theirs = entry('theirs', CELL);
const alone = entry(STRICT, ALONE);
const slow = entry(STRICT, SLOW);
const entries = [alone, ours, theirs, slow];
const findings = new Map([
  [ours.trial, [trips(3000, 10), trips(2000, 10), undefined]],
  // The machine was slow in the second round, for both.
  [theirs.trial, [trips(1500, 10, false), trips(1000, 10, false), trips(9000, 1, false)]],
  [alone.trial, [trips(100, 50)]],
  [slow.trial, [undefined]],
]);

test('a cell says what is asked, and how long the handler takes', () => {
  expect(shownCell(CELL)).toBe('64 in flight, 1 KiB');
  expect(shownCell(SLOW)).toBe('64 in flight, 1 KiB, 0-4 ms');
});

describe('ratioTables', () => {
  const tables = ratioTables(entries, findings);

  test('compare round by round, and leave out cells with one request in flight or a slow handler', () => {
    expect(tables).toHaveLength(1);
    expect(tables[0]?.split('\n').at(0)).toMatch(/@mdp, rfc18.* \| +64 × 1 KiB \|$/);
    // 30 µs in three processes against 20 µs in two.
    expect(tables[0]?.split('\n').at(-1)).toMatch(/^\| theirs +\| +2\.00 \/ 1\.50 \|$/);
  });
});

describe('tripsTable', () => {
  const rows = tripsTable(entries, findings).split('\n').slice(2);

  test('has a row for each, with medians', () => {
    expect(rows).toHaveLength(4);
    expect(rows[1]).toMatch(/at once \|.*1 KiB \|.*64 \| @mdp, rfc18 \|.*2,500 \|.*30\.0 \|/);
  });

  test('has no figure for a server that is not there', () => {
    expect(rows[2]?.split('|').map((cell) => cell.trim())[10]).toBe('-');
  });

  test('has no figure for what failed in every round', () => {
    expect(rows[3]).toMatch(/0-4 ms \|.*@mdp, rfc18 \| +- \|/);
  });
});

test('who did not take part is told with the reason', () => {
  const prepare = (): Promise<string> => Promise.resolve('');
  const table = preparedTable([{ alternative: { name: 'a', path: 'b', prepare }, contender: 'c is not installed' }]);
  expect(table).toContain('not measured: c is not installed');
});

test('the charts show handlers that answer at once', () => {
  const throughput = throughputChart(entries, findings);
  expect(throughput).toContain('body of 1 KiB');
  expect(throughput.match(/<circle/g)).toHaveLength(3);
  // Three processes with this project's broker, two without a server.
  expect(cpuChart(entries, findings).match(/<title>/g)).toHaveLength(5);
});
