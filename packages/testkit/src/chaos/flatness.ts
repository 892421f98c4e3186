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

/** By how much a median may grow, whatever it was: what a garbage collection, or one connection more, makes. By name. */
export type Slack = (name: string) => number;

/** And by which share of what it was. */
const SHARE = 0.1;

/**
 * Compare the medians of the first and the last third.
 *
 * @param samples - in the order of time; what is not in a sample was 0 then
 * @returns everything that is in any of them
 */
export function coursesOf(samples: readonly Sample[], slack: Slack): Course[] {
  const third = Math.floor(samples.length / 3);
  const median = (name: string, part: readonly Sample[]): number =>
    quantile(
      part.map((sample) => sample[name] ?? 0),
      0.5,
    );
  return [...new Set(samples.flatMap((sample) => Object.keys(sample)))].map((name) => {
    const first = median(name, samples.slice(0, third));
    const last = median(name, samples.slice(samples.length - third));
    return { name, first, last, flat: last <= first * (1 + SHARE) + slack(name) };
  });
}

/** The courses of one process. */
export interface Watched {
  readonly who: string;
  readonly courses: readonly Course[];
}

/** Several processes as one table, a column for each: the first third, the last, and `GROWS` where that is not flat. */
export function courseTable(watched: readonly Watched[]): string {
  const shown = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 1 });
  const cell = ({ first, last, flat }: Course): string => `${shown(first)} → ${shown(last)}${flat ? '' : ' GROWS'}`;
  const names = new Set(watched.flatMap(({ courses }) => courses.map(({ name }) => name)));
  const rows = Array.from(names, (name) => [
    name,
    ...watched.map(({ courses }) => {
      const course = courses.find((one) => one.name === name);
      return course === undefined ? '' : cell(course);
    }),
  ]);
  return renderTable([{ title: 'what', align: 'left' }, ...watched.map(({ who }) => ({ title: who }))], rows);
}
