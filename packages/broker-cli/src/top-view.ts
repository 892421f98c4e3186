// SPDX-License-Identifier: Apache-2.0
// top-view - what the person at the terminal has asked to see, and what keys change of it

import { SORT_COLUMNS, columnNamed } from './top-columns.js';
import type { TopColumn } from './top-columns.js';

/** How the table is looked at. */
export interface TopView {
  readonly sort: TopColumn;
  readonly reversed: boolean;
  /** How many rows stand above the first that is shown. */
  readonly offset: number;
  /** Whether what is shown stands still. */
  readonly paused: boolean;
}

/** Ctrl-C, which a terminal in raw mode hands over like any key. */
export const CTRL_C = '\u0003';
/** Ctrl-Z. */
export const CTRL_Z = '\u001a';

const KEY = /\u001b[[O][0-9;]*[A-Za-z~]|[^]/gu;

/** Names of the keys that send more than a character, as most terminals send them. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['\u001b[A', 'up'],
  ['\u001bOA', 'up'],
  ['\u001b[B', 'down'],
  ['\u001bOB', 'down'],
  ['\u001b[C', 'right'],
  ['\u001bOC', 'right'],
  ['\u001b[D', 'left'],
  ['\u001bOD', 'left'],
  ['\u001b[5~', 'page up'],
  ['\u001b[6~', 'page down'],
  ['\u001b[H', 'home'],
  ['\u001bOH', 'home'],
  ['\u001b[1~', 'home'],
  ['\u001b[F', 'end'],
  ['\u001bOF', 'end'],
  ['\u001b[4~', 'end'],
]);

/** The keys in what a terminal sent at once: names, and characters for themselves. */
export function readKeys(sent: string): string[] {
  return Array.from(sent.matchAll(KEY), ([key]) => NAMES.get(key) ?? key);
}

/** How far it can be scrolled. */
export interface Extent {
  /** Rows in all. */
  readonly rows: number;
  /** Rows that are shown at once. */
  readonly shown: number;
}

/**
 * What a key makes of the view.
 *
 * @returns the same view for a key that means nothing
 */
export function press(view: TopView, key: string, { rows, shown }: Extent): TopView {
  const last = Math.max(0, rows - shown);
  const scrolled = (offset: number): TopView => ({ ...view, offset: Math.max(0, Math.min(last, offset)) });
  const page = Math.max(1, shown - 1);
  switch (key) {
    case 's':
    case 'right':
      return { ...view, sort: nextSort(view.sort, 1), reversed: false, offset: 0 };
    case 'S':
    case 'left':
      return { ...view, sort: nextSort(view.sort, -1), reversed: false, offset: 0 };
    case 'r':
      return { ...view, reversed: !view.reversed, offset: 0 };
    case 'p':
    case ' ':
      return { ...view, paused: !view.paused };
    case 'up':
    case 'k':
      return scrolled(view.offset - 1);
    case 'down':
    case 'j':
      return scrolled(view.offset + 1);
    case 'page up':
      return scrolled(view.offset - page);
    case 'page down':
      return scrolled(view.offset + page);
    case 'home':
      return scrolled(0);
    case 'end':
      return scrolled(last);
    default:
      return view;
  }
}

function nextSort(sort: TopColumn, step: number): TopColumn {
  const count = SORT_COLUMNS.length;
  return SORT_COLUMNS[(SORT_COLUMNS.indexOf(sort) + step + count) % count] ?? sort;
}

/** The view at the beginning. */
export function firstView(sortBy: string): TopView {
  return { sort: columnNamed(sortBy), reversed: false, offset: 0, paused: false };
}
