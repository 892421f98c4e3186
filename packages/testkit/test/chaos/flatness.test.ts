// SPDX-License-Identifier: Apache-2.0
// flatness.test - what grows from the first third of samples to the last is found, and nothing else

import { describe, expect, test } from '@jest/globals';
import { courseTable, coursesOf } from '../../src/chaos/flatness.js';

/** So many samples of one thing. */
function samples(count: number, value: (i: number) => number): { heap: number }[] {
  return Array.from({ length: count }, (_, i) => ({ heap: value(i) }));
}

describe('a course', () => {
  test('that goes up and down is flat', () => {
    expect(
      coursesOf(
        samples(30, (i) => 100 + (i % 5) * 10),
        {},
      ),
    ).toEqual([{ name: 'heap', first: 120, last: 120, flat: true }]);
  });

  test('that climbs is not', () => {
    expect(
      coursesOf(
        samples(30, (i) => 100 + i),
        {},
      ),
    ).toMatchObject([{ first: 104, last: 124, flat: false }]);
  });

  test('may climb by a tenth, or by its slack', () => {
    const climbs = samples(30, (i) => (i < 15 ? 100 : 110));
    expect(coursesOf(climbs, {})).toMatchObject([{ flat: true }]);
    const more = samples(30, (i) => (i < 15 ? 100 : 119));
    expect(coursesOf(more, {})).toMatchObject([{ flat: false }]);
    expect(coursesOf(more, { heap: 10 })).toMatchObject([{ flat: true }]);
  });

  test('does not care for what happens once, or for what was before the last third', () => {
    expect(
      coursesOf(
        samples(30, (i) => (i === 25 ? 10_000 : 100)),
        {},
      ),
    ).toMatchObject([{ flat: true }]);
    expect(
      coursesOf(
        samples(30, (i) => (i > 10 && i < 19 ? 10_000 : 100)),
        {},
      ),
    ).toMatchObject([{ flat: true }]);
  });

  test('is not known to be flat with too few samples', () => {
    expect(
      coursesOf(
        samples(2, () => 100),
        {},
      ),
    ).toMatchObject([{ flat: false }]);
    expect(coursesOf([], {})).toEqual([]);
  });
});

test('courses become a table', () => {
  const table = courseTable(
    coursesOf(
      samples(30, (i) => 1000 + 100 * i),
      {},
    ),
  );
  expect(table.split('\n').at(-1)).toMatch(/\| heap +\| +1,400 \| +3,400 \| +NO \|/);
});
