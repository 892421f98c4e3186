// SPDX-License-Identifier: Apache-2.0
// bar-chart - what a figure is made of: bars in parts, some panels beside one another

import { linearScale, shownTick } from './scale.js';
import type { Svg } from './svg.js';
import { COLOURS, escaped, gridLine, label, picture, px } from './svg.js';

/** One bar; a part that is no number is not there. */
export interface Bar {
  readonly name: string;
  readonly parts: readonly number[];
}

/** One of the panels, with an axis of its own. */
export interface BarPanel {
  readonly title: string;
  /** What the axis measures, with its unit. */
  readonly label: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 260;
const NAMES = 170;
const TOP = 64;
const BAR = 16;
const STEP = 26;
/** Room for what a bar comes to, behind its end. */
const GAP = 60;
const LEGEND_WIDTH = 110;

/**
 * Draw it.
 *
 * @param parts - what the parts of each bar are, in order
 * @param panels - the same bars in each
 */
export function barChart(title: string, parts: readonly string[], panels: readonly BarPanel[]): Svg {
  const names = [...new Set(panels.flatMap(({ bars }) => bars.map(({ name }) => name)))];
  const bottom = TOP + names.length * STEP;
  const width = NAMES + panels.length * (WIDTH + GAP);
  return picture(width, bottom + 84, title, [
    ...names.map((name, row) => label(NAMES - 10, TOP + row * STEP + BAR - 3, name, 'end')),
    ...panels.flatMap((panel, i) => drawPanel(panel, NAMES + i * (WIDTH + GAP), names, bottom, parts)),
    ...parts.map((part, i) => legendEntry(part, i, NAMES + i * LEGEND_WIDTH, bottom + 66)),
  ]);
}

function drawPanel(
  panel: BarPanel,
  left: number,
  names: readonly string[],
  bottom: number,
  parts: readonly string[],
): Svg[] {
  const x = linearScale(panel.bars.map(total), [left, left + WIDTH]);
  return [
    label(left, TOP - 12, panel.title, 'start', 'class="text" font-weight="600"'),
    ...x.ticks.flatMap((tick) => [
      gridLine(x.at(tick), TOP - 4, x.at(tick), bottom),
      label(x.at(tick), bottom + 16, shownTick(tick), 'middle', 'class="faint"'),
    ]),
    label(left + WIDTH / 2, bottom + 36, panel.label, 'middle', 'class="faint"'),
    ...panel.bars.map((bar) => drawBar(bar, x.at, TOP + names.indexOf(bar.name) * STEP, parts)),
  ];
}

function total({ parts }: Bar): number {
  return parts.reduce((sum, part) => sum + (Number.isFinite(part) ? part : 0), 0);
}

function drawBar(bar: Bar, at: (value: number) => number, y: number, names: readonly string[]): Svg {
  let sum = 0;
  const drawn = bar.parts.map((part, i) => {
    if (!Number.isFinite(part)) return '';
    const from = at(sum);
    sum += part;
    const size = `x="${px(from)}" y="${px(y)}" width="${px(at(sum) - from)}" height="${px(BAR)}"`;
    const title = `<title>${escaped(`${names[i] ?? ''}: ${part.toFixed(1)}`)}</title>`;
    return `<rect ${size} class="bar c${String(i % COLOURS)}">${title}</rect>`;
  });
  const end = sum > 0 ? label(at(sum) + 5, y + BAR - 4, sum.toFixed(sum < 10 ? 1 : 0)) : '';
  return `<g>${drawn.join('')}${end}</g>`;
}

function legendEntry(name: string, index: number, x: number, y: number): Svg {
  const box = `<rect x="${px(x)}" y="${px(y - 10)}" width="12" height="12" class="bar c${String(index % COLOURS)}"/>`;
  return `<g>${box}${label(x + 18, y, name)}</g>`;
}
