// SPDX-License-Identifier: Apache-2.0
// data-table - a table that is sorted by its headings, and keeps its rows where they are while their figures change

import { make, setText } from './elements.js';
import { amount } from './format.js';

/** One column. */
export interface Column<R> {
  readonly key: string;
  readonly title: string;
  /** What it means, in a sentence. */
  readonly hint?: string;
  /** Figures stand to the right, and the greatest comes first. */
  readonly figure?: boolean;
  /** Left out where there is little room. */
  readonly minor?: boolean;
  /** By what rows are sorted. Left out: they cannot be sorted by it. */
  readonly value?: (row: R) => number | string | null;
  /** Fills a cell; it has what the same row had in it before. */
  readonly show: (row: R, cell: HTMLElement) => void;
}

/** How a table is sorted. */
export interface Sort {
  readonly key: string;
  readonly descending: boolean;
}

/** What a table is made of. */
export interface TableParts<R> {
  readonly table: HTMLElement;
  readonly columns: readonly Column<R>[];
  readonly keyOf: (row: R) => string;
  readonly sort: Sort;
  /** What stands in place of rows when there are none. */
  readonly empty: string;
  /** Fills what a row opens; the first cell is its button then. */
  readonly details?: (row: R, cell: HTMLElement) => void;
}

/** So many rows are in the page at once: more is nothing for eyes, and slow. */
export const MOST_ROWS = 200;

/** Sort rows; those with nothing to sort by come last in any case, and equal ones by their key. */
export function sortRows<R>(
  rows: readonly R[],
  value: (row: R) => number | string | null,
  descending: boolean,
  keyOf: (row: R) => string,
): R[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null) || compared(keyOf(a), keyOf(b));
    return sign * compared(x, y) || compared(keyOf(a), keyOf(b));
  });
}

function compared(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether a name has all words of a filter in it, whatever their case. */
export function matches(name: string, filter: string): boolean {
  const text = name.toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** A cell that shows a text. */
export function textCell<R>(text: (row: R) => string, name?: (row: R) => string): Column<R>['show'] {
  return (row, cell) => {
    setText(cell, text(row));
    if (name !== undefined) cell.className = name(row);
  };
}

/** A row in the page. */
interface Line {
  readonly row: HTMLTableRowElement;
  /** What the columns fill. */
  readonly cells: readonly HTMLElement[];
}

/** Shows rows. */
export class DataTable<R> {
  readonly #parts: TableParts<R>;
  readonly #headings = new Map<string, HTMLTableCellElement>();
  readonly #body = make('tbody');
  readonly #note: HTMLElement;
  readonly #lines = new Map<string, Line>();
  readonly #details: Line;
  #sort: Sort;
  #rows: readonly R[] = [];
  #open: string | undefined;

  constructor(parts: TableParts<R>) {
    this.#parts = parts;
    this.#sort = parts.sort;
    const cell = make('td', { attributes: { colspan: String(parts.columns.length) } });
    this.#details = { row: make('tr', { class: 'details' }, cell), cells: [cell] };
    this.#note = make('p', { class: 'note' });
    parts.table.append(make('thead', {}, make('tr', {}, ...parts.columns.map((column) => this.#heading(column)))));
    parts.table.append(this.#body);
    parts.table.parentElement?.after(this.#note);
  }

  #heading({ key, title, hint, figure, minor, value }: Column<R>): HTMLTableCellElement {
    const heading = make('th', { class: classOf(figure, minor), attributes: { scope: 'col' } });
    this.#headings.set(key, heading);
    const look = { text: title, ...(hint === undefined ? {} : { title: hint }) };
    if (value === undefined) heading.append(make('span', look));
    else {
      const button = make('button', { ...look, attributes: { type: 'button' } });
      button.addEventListener('click', () => {
        this.#sort = { key, descending: this.#sort.key === key ? !this.#sort.descending : figure === true };
        this.#render();
      });
      heading.append(button);
    }
    return heading;
  }

  /** Show these, and no others. */
  show(rows: readonly R[]): void {
    this.#rows = rows;
    this.#render();
  }

  #render(): void {
    const { columns, keyOf, empty } = this.#parts;
    const { key, descending } = this.#sort;
    for (const [name, heading] of this.#headings) {
      if (name === key) heading.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      else heading.removeAttribute('aria-sort');
    }
    const value = columns.find((column) => column.key === key)?.value ?? keyOf;
    const shown = sortRows(this.#rows, value, descending, keyOf).slice(0, MOST_ROWS);
    const more = this.#rows.length - shown.length;
    const of = `${amount(shown.length)} of ${amount(this.#rows.length)} are shown: sort or filter to see others`;
    setText(this.#note, shown.length === 0 ? empty : more > 0 ? of : '');
    this.#place(shown.flatMap((row) => this.#fill(row)));
  }

  /** The rows of the page for one. */
  #fill(row: R): HTMLTableRowElement[] {
    const { columns, keyOf, details } = this.#parts;
    const key = keyOf(row);
    let line = this.#lines.get(key);
    if (line === undefined) this.#lines.set(key, (line = this.#newLine(key)));
    const { row: element, cells } = line;
    columns.forEach((column, i) => {
      const cell = cells[i];
      if (cell !== undefined) column.show(row, cell);
    });
    if (details === undefined) return [element];
    const open = this.#open === key;
    cells[0]?.setAttribute('aria-expanded', String(open));
    if (!open) return [element];
    for (const cell of this.#details.cells) details(row, cell);
    return [element, this.#details.row];
  }

  #newLine(key: string): Line {
    const { columns, details } = this.#parts;
    const line = columns.map(({ figure, minor }, i) => {
      const cell = i === 0 ? make('th', { attributes: { scope: 'row' } }) : make('td');
      cell.className = classOf(figure, minor);
      const inside =
        i === 0 && details !== undefined ? make('button', { attributes: { type: 'button' } }) : make('span');
      cell.append(inside);
      return { cell, inside };
    });
    if (details !== undefined) {
      line[0]?.inside.addEventListener('click', () => {
        this.#open = this.#open === key ? undefined : key;
        this.#render();
      });
    }
    return { row: make('tr', {}, ...line.map(({ cell }) => cell)), cells: line.map(({ inside }) => inside) };
  }

  /** Put rows in order, and forget the others; what stands right is not touched. */
  #place(rows: readonly HTMLTableRowElement[]): void {
    const wanted = new Set<Element>(rows);
    for (const [key, { row }] of this.#lines) if (!wanted.has(row)) this.#lines.delete(key);
    const focused = document.activeElement;
    for (const old of [...this.#body.children]) if (!wanted.has(old)) old.remove();
    rows.forEach((row, i) => {
      const there = this.#body.children[i];
      if (there !== row) this.#body.insertBefore(row, there ?? null);
    });
    // What is moved loses the focus.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.#body.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
  }
}

function classOf(figure: boolean | undefined, minor: boolean | undefined): string {
  return [figure === true ? 'figure' : '', minor === true ? 'minor' : ''].filter((name) => name !== '').join(' ');
}
