// SPDX-License-Identifier: Apache-2.0
// past.test - what the status page remembers when the broker was gone meanwhile

import { describe, expect, test } from '@jest/globals';
import { Past } from '../../src/page/past.js';
import type { StatusBegin, StatusPoint, StatusUpdate } from '../../src/page/update.js';
import { snapshotOf, serviceOf } from '../support/snapshots.js';
import { StatusHistory } from '../../src/status-page/history.js';

const SPAN_MS = 300_000;

const point = (at: number): StatusPoint => ({ ...update(at).point, at });

function update(at: number, requests = 0): StatusUpdate {
  const history = new StatusHistory();
  const look = (atMs: number, made: number): void => {
    const snapshot = snapshotOf({ services: [serviceOf('s', { requests: made })] });
    history.add({ atMs, date: at, snapshot, memory: 0 });
  };
  look(0, 0);
  look(1_000, requests);
  return history.update('ready', [], 1_000) as StatusUpdate;
}

const begin = (points: readonly number[], trend: readonly number[] = []): StatusBegin => ({
  page: '',
  everyMs: 2_000,
  spanMs: SPAN_MS,
  points: points.map(point),
  trends: [['s', trend]],
});

const times = (past: Past): number[] => past.points.map(({ at }) => at);

describe('the past', () => {
  test('is that of the broker, and goes on', () => {
    const past = new Past();
    past.begin(begin([1_000, 3_000, 5_000], [1, 2]));
    past.add(update(5_000, 7));
    past.add(update(7_000, 8));
    expect(times(past)).toEqual([1_000, 3_000, 5_000, 7_000]);
    expect(past.trend('s')).toEqual([1, 7, 8]);
    expect(past.trend('unknown')).toEqual([]);
  });

  test('has each moment once when the connection was lost and the broker was not', () => {
    const past = new Past();
    past.begin(begin([1_000, 3_000]));
    past.add(update(3_000));
    past.begin(begin([1_000, 3_000, 5_000, 7_000]));
    past.add(update(7_000));
    expect(times(past)).toEqual([1_000, 3_000, 5_000, 7_000]);
  });

  test('is kept when the broker was started anew, which does not know it', () => {
    const past = new Past();
    past.begin(begin([1_000, 3_000]));
    past.add(update(3_000));
    past.begin(begin([60_000]));
    past.add(update(60_000));
    expect(times(past)).toEqual([1_000, 3_000, 60_000]);
    past.begin(begin([]));
    expect(times(past)).toEqual([1_000, 3_000, 60_000]);
  });

  test('ends where the charts do', () => {
    const past = new Past();
    past.begin(begin([1_000, 3_000]));
    past.add(update(3_000));
    past.add(update(2_000 + SPAN_MS));
    expect(times(past)).toEqual([3_000, 2_000 + SPAN_MS]);
  });

  test('does not run backwards when a clock was set back', () => {
    const past = new Past();
    past.begin(begin([10_000, 12_000]));
    past.add(update(12_000));
    past.add(update(5_000));
    expect(times(past)).toEqual([5_000]);
  });
});
