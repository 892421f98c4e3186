// SPDX-License-Identifier: Apache-2.0
// text-table - rows of cells in columns, for a terminal or a pager

import { displayWidth } from './display-width.js';

/**
 * Lay out a table with two spaces between columns.
 *
 * @param right - which columns are aligned to the right, from 0
 * @returns lines, each with its end
 */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number>,
): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => displayWidth(row[column] ?? ''))));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const fill = ' '.repeat(Math.max(0, (widths[column] ?? 0) - displayWidth(cell)));
        return right.has(column) ? `${fill}${cell}` : `${cell}${fill}`;
      })
      .join('  ')
      .trimEnd();
  return all.map((row) => `${line(row)}\n`).join('');
}
