// SPDX-License-Identifier: Apache-2.0
// line-chart - how a figure goes with a number: some panels beside one another, the same series in each

import type { Scale } from './scale.js';
import { linearScale, logScale, shownTick } from './scale.js';
import type { Svg } from './svg.js';
import { COLOURS, gridLine, label, picture, px } from './svg.js';

/** One figure at one number; what was not measured is no number and leaves a gap. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What one line shows. */
export interface Series {
  readonly name: string;
  /** In order of `x`. */
  readonly points: readonly Point[];
}

/** One of the panels, with axes of its own. */
export interface LinePanel {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** Default `log`. */
  readonly yScale?: 'log' | 'linear';
}

const WIDTH = 300;
const HEIGHT = 260;
const LEFT = 62;
const TOP = 64;
const GAP = 70;
const RIGHT = 24;
const ROW = 20;
/** So many panels stand beside one another; the next ones below them. */
const ABREAST = 3;
/** From the top of one panel to that of the one below. */
const STEP = HEIGHT + 104;
const LEGEND_WIDTH = 190;

/** Draw it: `x` is logarithmic, and its ticks are the numbers that were measured. */
export function lineChart(title: string, panels: readonly LinePanel[]): Svg {
  const names = [...new Set(panels.flatMap(({ series }) => series.map(({ name }) => name)))];
  const rows = Math.ceil(panels.length / ABREAST);
  const width = LEFT + Math.min(panels.length, ABREAST) * (WIDTH + GAP) - GAP + RIGHT;
  const perRow = Math.max(1, Math.floor((width - LEFT) / LEGEND_WIDTH));
  const legendTop = TOP + (rows - 1) * STEP + HEIGHT + 66;
  const height = legendTop + Math.ceil(names.length / perRow) * ROW;
  const parts = [
    ...panels.flatMap((panel, i) =>
      drawPanel(panel, LEFT + (i % ABREAST) * (WIDTH + GAP), TOP + Math.floor(i / ABREAST) * STEP, names),
    ),
    ...names.map((name, i) =>
      legendEntry(name, i, LEFT + (i % perRow) * LEGEND_WIDTH, legendTop + Math.floor(i / perRow) * ROW),
    ),
  ];
  return picture(width, height, title, parts);
}

function drawPanel(panel: LinePanel, left: number, top: number, names: readonly string[]): Svg[] {
  const points = panel.series.flatMap((series) => series.points).filter(isShown);
  const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  const x = logScale(xs, [left, left + WIDTH], xs);
  const ys = points.map((point) => point.y);
  const range = [top + HEIGHT, top] as const;
  const y = panel.yScale === 'linear' ? linearScale(ys, range) : logScale(ys, range);
  const middle = top + HEIGHT / 2;
  const turned = `transform="rotate(-90 ${px(left - 46)} ${px(middle)})" class="faint"`;
  return [
    label(left, top - 12, panel.title, 'start', 'class="text" font-weight="600"'),
    ...y.ticks.flatMap((tick) => [
      gridLine(left, y.at(tick), left + WIDTH, y.at(tick)),
      label(left - 6, y.at(tick) + 4, shownTick(tick), 'end', 'class="faint"'),
    ]),
    ...x.ticks.map((tick) => label(x.at(tick), top + HEIGHT + 18, shownTick(tick), 'middle', 'class="faint"')),
    label(left + WIDTH / 2, top + HEIGHT + 38, panel.xLabel, 'middle', 'class="faint"'),
    label(left - 46, middle, panel.yLabel, 'middle', turned),
    ...panel.series.map((series) => drawSeries(series, names.indexOf(series.name), x, y)),
  ];
}

function isShown({ x, y }: Point): boolean {
  return Number.isFinite(x) && x > 0 && Number.isFinite(y) && y > 0;
}

function drawSeries({ points }: Series, index: number, x: Scale, y: Scale): Svg {
  const places = points.filter(isShown).map((point) => [px(x.at(point.x)), px(y.at(point.y))] as const);
  const line = `<polyline points="${places.map((place) => place.join(',')).join(' ')}" class="line"${dash(index)}/>`;
  const dots = places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3.5" class="dot"/>`);
  return `<g class="${colour(index)}">${[line, ...dots].join('')}</g>`;
}

function legendEntry(name: string, index: number, x: number, y: number): Svg {
  const line = `<line x1="${px(x)}" y1="${px(y - 4)}" x2="${px(x + 22)}" y2="${px(y - 4)}" class="line"${dash(index)}/>`;
  return `<g class="${colour(index)}">${line}${label(x + 28, y, name)}</g>`;
}

/** Every other line is broken, so that colour is not all that tells them apart. */
function dash(index: number): string {
  return index % 2 === 1 ? ' stroke-dasharray="6 3"' : '';
}

function colour(index: number): string {
  return `c${String(index % COLOURS)}`;
}
