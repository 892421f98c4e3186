// SPDX-License-Identifier: Apache-2.0
// chart - lines over the last minutes, and small ones in a cell of a table

import { draw, make, setText } from './elements.js';
import { clock } from './format.js';

const WIDTH = 600;
const HEIGHT = 120;

/** A value at a place: from 0, left, to 1, right. */
export interface Place {
  readonly x: number;
  readonly value: number | null;
}

/** Where nothing was told for longer than this, in milliseconds, nothing is known: lines are broken there. */
const LONGEST_GAP_MS = 15_000;

/** Where a moment is. @param until - the moment at the right; all in milliseconds */
function xOf(at: number, until: number, spanMs: number): number {
  return 1 - (until - at) / spanMs;
}

/**
 * Where values are, and that there are none where nothing was told.
 *
 * @param spanMs - how far left is from right, in milliseconds
 */
export function placesOf<P extends { readonly at: number }>(
  points: readonly P[],
  read: (point: P) => number | null,
  spanMs: number,
): Place[] {
  const until = points.at(-1)?.at ?? 0;
  return points.flatMap((point, i) => {
    const place = { x: xOf(point.at, until, spanMs), value: read(point) };
    const gap = point.at - (points[i - 1]?.at ?? point.at) > LONGEST_GAP_MS;
    return gap ? [{ x: place.x, value: null }, place] : [place];
  });
}

/** A round number that is not less than another: 1, 2 or 5 times a power of ten. */
export function roundAbove(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10;
  return step * power;
}

/** What stands at the upper edge, in the middle and at the lower edge; in the middle only what is not said already. */
export function scaleOf(top: number, show: (value: number) => string): readonly [string, string, string] {
  const [upper, middle, lower] = [show(top), show(top / 2), show(0)] as const;
  return [upper, middle === upper || middle === lower ? '' : middle, lower];
}

/**
 * The line through places, as SVG writes it; it is broken where a value is missing, and a value that stands alone is a dot.
 *
 * @param top - the value at the upper edge
 */
export function pathOf(places: readonly Place[], top: number, width: number, height: number): string {
  const short = (n: number): string => String(Math.round(n * 10) / 10);
  let path = '';
  let drawing = false;
  for (const [i, { x, value }] of places.entries()) {
    if (value !== null) {
      const at = `${short(x * width)} ${short(height - (Math.min(value, top) / top) * height)}`;
      path += `${drawing ? 'L' : 'M'}${at}`;
      if (!drawing && (places[i + 1]?.value ?? null) === null) path += `L${at}`;
    }
    drawing = value !== null;
  }
  return path;
}

/** One line of a chart. */
export interface Series<P> {
  readonly name: string;
  readonly read: (point: P) => number | null;
}

/** What a chart is made of. */
export interface ChartParts<P> {
  readonly title: string;
  /** Up to three. */
  readonly series: readonly Series<P>[];
  readonly show: (value: number | null) => string;
}

/** A chart. */
export class Chart<P extends { readonly at: number }> {
  readonly element: HTMLElement;
  readonly #parts: ChartParts<P>;
  readonly #lines: readonly SVGPathElement[];
  readonly #values: readonly HTMLElement[];
  readonly #drawing: SVGSVGElement;
  readonly #cursor = draw('path', { class: 'cursor', d: '' });
  /** What the upper edge stands for, the middle and the lower one. */
  readonly #scale = [make('span'), make('span'), make('span')];
  readonly #time = make('span');
  readonly #from = make('span');
  #points: readonly P[] = [];
  #spanMs = 1;
  /** Where the pointer is: 0 is left, 1 is right. */
  #pointed: number | undefined;

  constructor(parts: ChartParts<P>) {
    this.#parts = parts;
    this.#lines = parts.series.map((_, i) => draw('path', { class: `line line${String(i)}`, d: '' }));
    const grid = draw('path', {
      class: 'grid',
      d: `M0 0H${WIDTH.toFixed(0)}M0 ${String(HEIGHT / 2)}H${WIDTH.toFixed(0)}`,
    });
    this.#drawing = draw(
      'svg',
      { viewBox: `0 0 ${String(WIDTH)} ${String(HEIGHT)}`, preserveAspectRatio: 'none', role: 'img' },
      grid,
      ...this.#lines,
      this.#cursor,
    );
    this.#values = parts.series.map(() => make('b'));
    const legend = parts.series.map(({ name }, i) => {
      const swatch = make('i', { class: `swatch line${String(i)}`, attributes: { 'aria-hidden': 'true' } });
      return make('span', {}, swatch, make('span', { text: `${name} ` }), ...this.#values.slice(i, i + 1));
    });
    this.element = make(
      'figure',
      { class: 'card chart' },
      make('figcaption', {}, make('span', { text: parts.title }), make('span', { class: 'legend' }, ...legend)),
      make(
        'div',
        { class: 'plot' },
        this.#drawing,
        make('div', { class: 'scale', attributes: { 'aria-hidden': 'true' } }, ...this.#scale),
      ),
      make('div', { class: 'axis' }, this.#from, this.#time),
    );
    this.#drawing.addEventListener('pointermove', (event) => {
      const { left, width } = this.#drawing.getBoundingClientRect();
      this.#pointed = (event.clientX - left) / width;
      this.#point();
    });
    this.#drawing.addEventListener('pointerleave', () => {
      this.#pointed = undefined;
      this.#point();
    });
  }

  /**
   * Draw.
   *
   * @param points - the oldest first
   * @param spanMs - how far back it goes, in milliseconds
   */
  show(points: readonly P[], spanMs: number): void {
    this.#points = points;
    this.#spanMs = spanMs;
    const { title, series, show } = this.#parts;
    const top = roundAbove(Math.max(0, ...series.flatMap(({ read }) => points.map((point) => read(point) ?? 0))));
    series.forEach(({ read }, i) => {
      this.#lines[i]?.setAttribute('d', pathOf(placesOf(points, read, spanMs), top, WIDTH, HEIGHT));
    });
    const marks = scaleOf(top, show);
    this.#scale.forEach((mark, i) => {
      setText(mark, marks[i] ?? '');
    });
    setText(this.#from, `${(spanMs / 60_000).toFixed(0)} min ago`);
    const now = series.map(({ name, read }) => `${name} ${show(lastOf(points, read))}`).join(', ');
    this.#drawing.setAttribute('aria-label', `${title}, now: ${now}`);
    this.#point();
  }

  #placeOf({ at }: P): number {
    return xOf(at, this.#points.at(-1)?.at ?? 0, this.#spanMs);
  }

  /** The legend has the values under the pointer, or else the last ones. */
  #point(): void {
    const pointed = this.#pointed;
    const { series, show } = this.#parts;
    const distance = (point: P): number => Math.abs(this.#placeOf(point) - (pointed ?? 1));
    const nearest = this.#points.reduce<P | undefined>(
      (best, point) => (best === undefined || distance(point) <= distance(best) ? point : best),
      undefined,
    );
    series.forEach(({ read }, i) => {
      const value = this.#values[i];
      if (value !== undefined) setText(value, show(nearest === undefined ? null : read(nearest)));
    });
    const shown = pointed !== undefined && nearest !== undefined;
    this.#cursor.setAttribute('d', shown ? `M${String(this.#placeOf(nearest) * WIDTH)} 0V${String(HEIGHT)}` : '');
    setText(this.#time, shown ? clock(nearest.at) : 'now');
  }
}

function lastOf<P>(points: readonly P[], read: Series<P>['read']): number | null {
  const last = points.at(-1);
  return last === undefined ? null : read(last);
}

const SPARK_WIDTH = 120;
const SPARK_HEIGHT = 20;

/** A small line without words into a cell; figures beside it say the same. */
export function sparkline(cell: HTMLElement, values: readonly (number | null)[], most: number): void {
  let line = cell.querySelector('path');
  if (line === null) {
    line = draw('path', { class: 'line line0' });
    const size = `0 0 ${String(SPARK_WIDTH)} ${String(SPARK_HEIGHT)}`;
    cell.append(
      draw('svg', { class: 'spark', viewBox: size, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, line),
    );
  }
  const top = 1.2 * Math.max(1, ...values.map((value) => value ?? 0));
  const places = values.map((value, i) => ({ x: 1 - (values.length - 1 - i) / (most - 1), value }));
  line.setAttribute('d', pathOf(places, top, SPARK_WIDTH, SPARK_HEIGHT));
}
