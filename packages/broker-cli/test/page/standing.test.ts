// SPDX-License-Identifier: Apache-2.0
// standing.test - what the status page says of how old it is, and its title of trouble

import { describe, expect, test } from '@jest/globals';
import type { Standing } from '../../src/page/standing.js';
import { oldFor, oldText, titleOf } from '../../src/page/standing.js';
import type { StatusUpdate } from '../../src/page/update.js';
import { StatusHistory } from '../../src/status-page/history.js';
import type { SnapshotParts } from '../support/snapshots.js';
import { serviceOf, snapshotOf } from '../support/snapshots.js';

const NOON = new Date(2_026, 4, 20, 12, 0, 0).getTime();
const LIVE: Standing = { link: 'live', why: '', paused: false, shownAt: NOON };
const LOST: Standing = { ...LIVE, link: 'lost', why: 'the broker cannot be reached' };

describe('what is old', () => {
  test.each<[string, Standing, string]>([
    ['live', LIVE, ''],
    ['connecting', { ...LIVE, link: 'connecting', shownAt: undefined }, ''],
    ['paused', { ...LIVE, paused: true }, 'Paused. What is shown is of 12:00:00.'],
    ['lost', LOST, 'No connection: the broker cannot be reached. What is shown is of 12:00:00.'],
    [
      'lost while paused',
      { ...LOST, paused: true },
      'No connection: the broker cannot be reached. What is shown is of 12:00:00.',
    ],
    ['lost before it was there', { ...LOST, shownAt: undefined }, 'No connection: the broker cannot be reached.'],
    ['locked', { ...LIVE, link: 'locked' }, 'The broker asks for its token. What is shown is of 12:00:00.'],
    ['locked from the beginning', { ...LIVE, link: 'locked', shownAt: undefined }, ''],
  ])('%s', (_what, standing, text) => {
    expect(oldText(standing, NOON + 60_000)).toBe(text);
  });

  test('since another day is said so', () => {
    expect(oldText(LOST, NOON + 86_400_000)).toContain('of 2026-05-20 12:00:00.');
  });

  test('for how long, and when it is tried again', () => {
    expect(oldFor(LOST, NOON + 130_000, NOON + 120_001)).toBe('2 min old, next try in 10 s');
    expect(oldFor(LOST, undefined, NOON + 5_000)).toBe('5 s old, trying again');
    expect(oldFor({ ...LOST, shownAt: undefined }, NOON + 500, NOON)).toBe('next try in 1 s');
    expect(oldFor({ ...LIVE, paused: true }, undefined, NOON + 5_000)).toBe('5 s old');
  });
});

describe('the title', () => {
  function update(parts: SnapshotParts, phase: StatusUpdate['phase'] = 'ready'): StatusUpdate {
    const history = new StatusHistory();
    history.add({ atMs: 0, date: NOON, snapshot: snapshotOf(), memory: 0 });
    history.add({ atMs: 1_000, date: NOON + 1_000, snapshot: snapshotOf(parts), memory: 0 });
    return history.update(phase, [], 1_000) as StatusUpdate;
  }
  const starved = serviceOf('s', { workers: 0, queued: 2 });
  const failing = { failed: { 404: 3 } };

  test.each<[string, Standing, StatusUpdate | undefined]>([
    ['mdp-broker', LIVE, undefined],
    ['mdp-broker', LIVE, update({ services: [serviceOf('s')] })],
    ['No connection – mdp-broker', LOST, update({})],
    ['Locked – mdp-broker', { ...LIVE, link: 'locked' }, update({})],
    ['draining – mdp-broker', LIVE, update({}, 'draining')],
    ['1 without workers – mdp-broker', LIVE, update({ services: [starved] })],
    ['3.0 failed/s – mdp-broker', LIVE, update({ counters: failing })],
    ['paused – mdp-broker', { ...LIVE, paused: true }, update({})],
    [
      'paused, draining, 3.0 failed/s – mdp-broker',
      { ...LIVE, paused: true },
      update({ counters: failing }, 'draining'),
    ],
  ])('%s', (title, standing, told) => {
    expect(titleOf(standing, told)).toBe(title);
  });
});
