// SPDX-License-Identifier: Apache-2.0
// flatness.test - what grows from the first third of samples to the last is found, and nothing else

import { describe, expect, test } from '@jest/globals';
import { courseTable, coursesOf } from '../../src/chaos/flatness.js';

/** So many samples of one thing. */
function samples(count: number, value: (i: number) => number): { heap: number }[] {
  return Array.from({ length: count }, (_, i) => ({ heap: value(i) }));
}

const NO_SLACK = (): number => 0;

describe('a course', () => {
  test('that goes up and down is flat', () => {
    expect(
      coursesOf(
        samples(30, (i) => 100 + (i % 5) * 10),
        NO_SLACK,
      ),
    ).toEqual([{ name: 'heap', first: 120, last: 120, flat: true }]);
  });

  test('that climbs is not', () => {
    expect(
      coursesOf(
        samples(30, (i) => 100 + i),
        NO_SLACK,
      ),
    ).toMatchObject([{ first: 104, last: 124, flat: false }]);
  });

  test('may climb by a tenth, or by its slack', () => {
    const climbs = samples(30, (i) => (i < 15 ? 100 : 110));
    expect(coursesOf(climbs, NO_SLACK)).toMatchObject([{ flat: true }]);
    const more = samples(30, (i) => (i < 15 ? 100 : 119));
    expect(coursesOf(more, NO_SLACK)).toMatchObject([{ flat: false }]);
    expect(coursesOf(more, () => 10)).toMatchObject([{ flat: true }]);
  });

  test('does not care for what happens once, or for what was before the last third', () => {
    expect(
      coursesOf(
        samples(30, (i) => (i === 25 ? 10_000 : 100)),
        NO_SLACK,
      ),
    ).toMatchObject([{ flat: true }]);
    expect(
      coursesOf(
        samples(30, (i) => (i > 10 && i < 19 ? 10_000 : 100)),
        NO_SLACK,
      ),
    ).toMatchObject([{ flat: true }]);
  });

  test('is not known to be flat with too few samples', () => {
    expect(
      coursesOf(
        samples(2, () => 100),
        NO_SLACK,
      ),
    ).toMatchObject([{ flat: false }]);
    expect(coursesOf([], NO_SLACK)).toEqual([]);
  });
});

test('what is not in the first samples was nothing then', () => {
  const late = samples(30, (i) => i).map(({ heap }) => (heap < 15 ? {} : { heap }));
  expect(coursesOf(late as { heap: number }[], NO_SLACK)).toEqual([{ name: 'heap', first: 0, last: 24, flat: false }]);
});

test('courses become a table with a column for each process', () => {
  const climbs = coursesOf(
    samples(30, (i) => 1000 + 100 * i),
    NO_SLACK,
  );
  const table = courseTable([
    { who: 'broker', courses: climbs },
    { who: 'client', courses: coursesOf([{ files: 7 }, { files: 7 }, { files: 7 }], NO_SLACK) },
  ]);
  const cells = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  expect(cells[0]).toEqual(['', 'what', 'broker', 'client', '']);
  expect(cells.slice(2)).toEqual([
    ['', 'heap', '1,400 → 3,400 GROWS', '', ''],
    ['', 'files', '', '7 → 7', ''],
  ]);
});
