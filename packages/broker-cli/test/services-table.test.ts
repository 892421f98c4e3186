// SPDX-License-Identifier: Apache-2.0
// services-table.test - how things stand and what was counted, of one broker, of several, of one that does not count

import { expect, test } from '@jest/globals';
import { servicesTable } from '../src/services-table.js';
import type { FoundService } from '../src/services-table.js';
import { readFigures } from '../src/top-figures.js';

const REPORT = {
  ...{ name: 'report', workers: 2, waiting: 1, busy: 1, queued: 3, oldestMs: 1_234 },
  ...{ requests: 12_345, finals: 12_339, failed: { 404: 1, 500: 2 } },
  // Nine took up to 0.125 ms, one longer than any bound.
  serviceMs: { count: 10, sumMs: 70_000, counts: [9, ...new Array<number>(19).fill(0), 1] },
};

/** As a broker answers. */
function found(broker: string, ...answer: readonly object[]): FoundService[] {
  return Array.from(readFigures(answer).values(), (figures) => ({ broker, figures }));
}

test('how things stand now, and what was counted since the broker knows the service', () => {
  const idle = { name: 'résumé', workers: 1, waiting: 1, busy: 0, queued: 0, oldestMs: 0, requests: 0, failed: {} };
  expect(
    servicesTable(found('ipc://a', REPORT, { ...idle, serviceMs: { count: 0, sumMs: 0, counts: [] } }), false),
  ).toBe(
    [
      'SERVICE  WORKERS  WAITING  BUSY  QUEUED  OLDEST  REQUESTS  FAILED     P50   P99',
      'report         2        1     1       3    1.2s    12,345       3  0.07ms  >65s',
      'résumé         1        1     0       0       0         0       0       -     -',
      '',
    ].join('\n'),
  );
});

test('a row names its broker when there are several; what one does not count is not known', () => {
  const old = { name: 'report', workers: 2, waiting: 0, busy: 2, queued: 17 };
  expect(servicesTable([...found('ipc://a', REPORT), ...found('ipc://old', old)], true)).toBe(
    [
      'SERVICE  WORKERS  WAITING  BUSY  QUEUED  OLDEST  REQUESTS  FAILED     P50   P99  BROKER',
      'report         2        1     1       3    1.2s    12,345       3  0.07ms  >65s  ipc://a',
      'report         2        0     2      17       -         -       -       -     -  ipc://old',
      '',
    ].join('\n'),
  );
});

test('a name that would move the cursor is escaped', () => {
  const named = { name: '\u001b[2J', workers: 0, waiting: 0, busy: 0, queued: 1 };
  expect(servicesTable(found('ipc://a', named), false)).not.toContain('\u001b');
});

test('no services: the titles alone', () => {
  expect(servicesTable([], false).split('\n')).toEqual([expect.stringMatching(/^SERVICE .* P99$/), '']);
});
