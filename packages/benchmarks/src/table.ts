// SPDX-License-Identifier: Apache-2.0
// table - rows become a Markdown table that reads as well in a terminal, laid out as prettier lays it out

/** A column: what stands over it, and on which side its cells are flush. */
export interface Column {
  readonly title: string;
  /** Default `right`, as for numbers. */
  readonly align?: 'left' | 'right';
}

/**
 * Lay out a table.
 *
 * @param columns - from left to right
 * @param rows - cells as they are shown; a missing one is empty
 * @returns lines joined by newlines, without one at the end
 */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, i) =>
    Math.max(3, column.title.length, ...rows.map((row) => (row[i] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${columns
      .map((column, i) => {
        const cell = cells[i] ?? '';
        const width = widths[i] ?? 0;
        return column.align === 'left' ? cell.padEnd(width) : cell.padStart(width);
      })
      .join(' | ')} |`;
  const rule = columns.map((column, i) => {
    const width = widths[i] ?? 0;
    return column.align === 'left' ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`;
  });
  return [line(columns.map((column) => column.title)), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** A number for a cell, with thousands set apart; `-` for what was not measured. */
export function shown(value: number | undefined, digits = 0): string {
  if (value === undefined || !Number.isFinite(value)) return '-';
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A share as a percentage without decimals; `-` for what was not measured. */
export function shownShare(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '-' : `${(value * 100).toFixed(0)} %`;
}

/** Bytes as `32 B` or `64 KiB`. */
export function shownBytes(bytes: number): string {
  return bytes >= 1024 ? `${shown(bytes / 1024)} KiB` : `${shown(bytes)} B`;
}
