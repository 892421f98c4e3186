// SPDX-License-Identifier: Apache-2.0
// history.test - what the status page is told: rates, percentiles, the past, and how it stays bounded

import { describe, expect, test } from '@jest/globals';
import { Broker } from '@mdp/broker';
import { MOST_SERVICES, SPAN_MS, StatusHistory } from '../../src/status-page/history.js';
import type { StatusUpdate } from '../../src/page/update.js';
import type { SnapshotParts } from '../support/snapshots.js';
import { durations, serviceOf, snapshotOf, workerOf } from '../support/snapshots.js';

/** A history that is looked at every two seconds. */
class Bench {
  readonly history = new StatusHistory();
  #looks = 0;

  add(parts: SnapshotParts = {}): StatusUpdate {
    const atMs = this.#looks++ * 2_000;
    this.history.add({ atMs, date: 1_000_000 + atMs, snapshot: snapshotOf(parts), memory: 7 });
    const update = this.history.update('ready', [], atMs);
    if (update === undefined) throw new Error('there was a look, and there is nothing to tell');
    // As it comes to the page.
    return JSON.parse(JSON.stringify(update)) as StatusUpdate;
  }
}

const counted = new Broker().stats().counters;

describe('a history', () => {
  test('has nothing to tell before the first look, and no rates after it', () => {
    const bench = new Bench();
    expect(bench.history.update('ready', [], 0)).toBeUndefined();
    expect(bench.history.begin(2_000)).toEqual({ everyMs: 2_000, spanMs: SPAN_MS, points: [], trends: [] });
    const { point, services } = bench.add({ services: [serviceOf('s', { requests: 9 })], counters: { requests: 9 } });
    expect(point).toMatchObject({ requests: null, failed: null, p50: null, p99: null, waitP99: null });
    expect(services).toMatchObject([{ name: 's', requests: null, failed: null, p99: null, total: { requests: 9 } }]);
  });

  test('tells how much there is in a second, of the broker and of each service', () => {
    const bench = new Bench();
    const failed = { ...counted.failed, 504: 1 };
    bench.add({ services: [serviceOf('s', { requests: 10 })], counters: { requests: 110, mmi: 100, failed } });
    const { point, services } = bench.add({
      services: [serviceOf('s', { requests: 30, failed: { 404: 1, 504: 2 }, bytesIn: 2_048, bytesOut: 1 })],
      counters: { requests: 230, mmi: 200, failed: { ...failed, 404: 1, 504: 3 } },
    });
    expect(point).toMatchObject({ requests: 10, failed: 1.5 });
    expect(services).toMatchObject([{ requests: 10, failed: 1.5, bytesIn: 1_024, bytesOut: 0.5 }]);
  });

  test('tells percentiles of what ended since the last look for the whole, and of the last minute for a service', () => {
    const bench = new Bench();
    const look = (took: Record<number, number>, waited: Record<number, number> = {}): StatusUpdate =>
      bench.add({ services: [serviceOf('s', { serviceMs: durations(took), waitMs: durations(waited) })] });
    look({ 1: 1_000 });
    const first = look({ 1: 1_000, 64: 100 }, { 8: 1 });
    expect(first.point).toMatchObject({ p50: 48, waitP99: 8 });
    expect(first.services).toMatchObject([{ p50: 48, waitP99: 8 }]);
    const second = look({ 1: 1_000, 64: 100 }, { 8: 1 });
    expect(second.point).toMatchObject({ p50: null, p99: null, waitP99: null });
    expect(second.services).toMatchObject([{ p50: 48, waitP99: 8 }]);
    for (let i = 0; i < 40; i++) look({ 1: 1_000, 64: 100 }, { 8: 1 });
    expect(look({ 1: 1_000, 64: 100 }, { 8: 1 }).services).toMatchObject([{ p50: null, waitP99: null }]);
  });

  test('tells no rates of counters that began anew', () => {
    const bench = new Bench();
    bench.add({ services: [serviceOf('s', { requests: 50 })], counters: { requests: 50 } });
    const { point, services } = bench.add({ services: [serviceOf('s', { requests: 2 })], counters: { requests: 2 } });
    expect(point.requests).toBeNull();
    expect(services).toMatchObject([{ requests: null, total: { requests: 2 } }]);
  });

  test('forgets a service that is gone', () => {
    const bench = new Bench();
    bench.add({ services: [serviceOf('s')] });
    expect(bench.add().services).toEqual([]);
    expect(bench.history.begin(2_000).trends).toEqual([]);
  });

  test('goes back five minutes, and as far as sixty rates for a service', () => {
    const bench = new Bench();
    for (let i = 0; i < 400; i++) bench.add({ services: [serviceOf('s', { requests: 2 * i })] });
    const { points, trends } = bench.history.begin(2_000);
    expect(points).toHaveLength(150);
    expect((points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0)).toBe(SPAN_MS - 2_000);
    expect(trends).toEqual([['s', new Array<number>(60).fill(1)]]);
  });

  test('tells of so many services at the most, and names that nobody serves push out none that somebody does', () => {
    const bench = new Bench();
    const invented = Array.from({ length: 3 * MOST_SERVICES }, (_, i) =>
      serviceOf(`invented ${String(i)}`, { workers: 0, waiting: 0, queued: 5, requests: 5 }),
    );
    const update = bench.add({ services: [...invented, serviceOf('idle'), serviceOf('other')] });
    expect(update.services).toHaveLength(MOST_SERVICES);
    expect(update.servicesInAll).toBe(3 * MOST_SERVICES + 2);
    expect(update.services.slice(0, 2).map(({ name }) => name)).toEqual(['idle', 'other']);
  });

  test('tells of workers, of what was counted when it is not nothing, and of the latest of several event loops', () => {
    const { keysRefused, dropped } = counted;
    const update = new Bench().add({
      workers: [workerOf('s', '00ff', { ageMs: 5, held: 2, credit: 8 })],
      counters: { keysAccepted: 3, keysRefused: { ...keysRefused, unknownKey: 2 }, dropped: { ...dropped, banned: 1 } },
      lagsMs: [1, 5, 2],
    });
    expect(update.workers).toEqual([
      { name: 's', peer: '00ff', dialect: 'mx', ageMs: 5, silentMs: 0, held: 2, credit: 8 },
    ]);
    expect(update).toMatchObject({
      keysAccepted: 3,
      keysRefused: { unknownKey: 2 },
      dropped: { banned: 1 },
      failed: {},
    });
    expect(update.keysRefused).toEqual({ unknownKey: 2 });
    expect(update).toMatchObject({ threads: 3, point: { lagMs: 5, memory: 7 } });
  });

  test.each([
    ['<script>alert(1)</script>', undefined],
    ['naïve 名前 🦊', undefined],
    ['evil\u202egpj.exe', 'evil\\u202egpj.exe'],
    ['a\u0000b\u001b[2J', 'a\\u0000b\\u001b[2J'],
    ['zero\u200bwidth', 'zero\\u200bwidth'],
    ['half \ud83e', 'half \\ud83e'],
  ])('a name that could deceive comes with one that can be shown: %j', (name, shown) => {
    const { services, workers } = new Bench().add({ services: [serviceOf(name)], workers: [workerOf(name, '01')] });
    for (const row of [...services, ...workers]) {
      expect(row.name).toBe(name);
      expect(row.shown).toBe(shown);
    }
  });
});
