// SPDX-License-Identifier: Apache-2.0
// flatness - whether what a process holds stays as it is: the first third of many samples against the last

import { renderTable } from '@mdp/benchmarks';
import { quantile } from './statistics.js';

/** What was seen at one time, by name. */
export type Sample = Readonly<Record<string, number>>;

/** What one thing was in the first third, and in the last. */
export interface Course {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  /** Whether it has grown by no more than it may. */
  readonly flat: boolean;
}

/** By how much a median may grow, whatever it was: what a garbage collection, or one connection more, makes. */
export type Slack = Readonly<Record<string, number>>;

/** And by which share of what it was. */
const SHARE = 0.1;

/**
 * Compare the medians of the first and the last third.
 *
 * @param samples - in the order of time; all with the same names
 * @param slack - by name; 0 for what is not in it
 */
export function coursesOf(samples: readonly Sample[], slack: Slack): Course[] {
  const third = Math.floor(samples.length / 3);
  const median = (name: string, part: readonly Sample[]): number =>
    quantile(
      part.map((sample) => sample[name] ?? NaN),
      0.5,
    );
  return Object.keys(samples[0] ?? {}).map((name) => {
    const first = median(name, samples.slice(0, third));
    const last = median(name, samples.slice(samples.length - third));
    return { name, first, last, flat: last <= first * (1 + SHARE) + (slack[name] ?? 0) };
  });
}

const COLUMNS = [
  { title: 'what', align: 'left' },
  { title: 'first third' },
  { title: 'last third' },
  { title: 'flat' },
] as const;

/** As a table. */
export function courseTable(courses: readonly Course[]): string {
  const shown = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 1 });
  const rows = courses.map(({ name, first, last, flat }) => [name, shown(first), shown(last), flat ? 'yes' : 'NO']);
  return renderTable(COLUMNS, rows);
}
