// SPDX-License-Identifier: Apache-2.0
// overview - the broker at a glance: figures, and charts of the last minutes

import type { StatusPoint, StatusUpdate } from './update.js';
import type { ChartParts } from './chart.js';
import { Chart } from './chart.js';
import { make, setText } from './elements.js';
import { UNKNOWN, amount, bytes, duration, latency, rate } from './format.js';

const whole = (count: number | null): string => (count === null ? UNKNOWN : amount(count));

const CHARTS: readonly ChartParts<StatusPoint>[] = [
  {
    title: 'Requests a second',
    series: [
      { name: 'made', read: ({ requests }) => requests },
      { name: 'failed', read: ({ failed }) => failed },
    ],
    show: rate,
  },
  {
    title: 'Requests at a time',
    series: [
      { name: 'running', read: ({ running }) => running },
      { name: 'queued', read: ({ queued }) => queued },
    ],
    show: whole,
  },
  {
    title: 'Latency',
    series: [
      { name: 'p50', read: ({ p50 }) => p50 },
      { name: 'p99', read: ({ p99 }) => p99 },
      { name: 'wait p99', read: ({ waitP99 }) => waitP99 },
    ],
    show: latency,
  },
  {
    title: 'Workers',
    series: [
      { name: 'registered', read: ({ workers }) => workers },
      { name: 'busy', read: ({ busy }) => busy },
    ],
    show: whole,
  },
];

interface Tile {
  readonly title: string;
  readonly hint: string;
  readonly text: (update: StatusUpdate) => string;
  readonly isBad?: (update: StatusUpdate) => boolean;
}

const TILES: readonly Tile[] = [
  { title: 'Requests/s', hint: 'Requests of clients', text: ({ point }) => rate(point.requests) },
  {
    title: 'Failed/s',
    hint: 'Requests that end with an error, refused ones included',
    text: ({ point }) => rate(point.failed),
    isBad: ({ point }) => (point.failed ?? 0) > 0,
  },
  { title: 'Queued', hint: 'Requests that wait for a worker', text: ({ point }) => amount(point.queued) },
  { title: 'Running', hint: 'Requests that workers hold', text: ({ point }) => amount(point.running) },
  {
    title: 'Workers busy',
    hint: 'Workers that hold something, of all that are registered',
    text: ({ point }) => `${amount(point.busy)} of ${amount(point.workers)}`,
  },
  { title: 'p99', hint: '99 of 100 replies took the workers no longer', text: ({ point }) => latency(point.p99) },
  {
    title: 'Event loop late',
    hint: 'What waits in the broker waits so long, in 99 of 100',
    text: ({ point }) => duration(point.lagMs),
  },
  { title: 'Memory', hint: 'Of the process', text: ({ point }) => bytes(point.memory) },
];

/** The figures and charts. */
export class Overview {
  readonly #tiles: readonly (readonly [tile: Tile, value: HTMLElement])[];
  readonly #charts = CHARTS.map((parts) => new Chart(parts));

  constructor(tiles: HTMLElement, charts: HTMLElement) {
    this.#tiles = TILES.map((tile) => {
      const value = make('dd');
      tiles.append(make('div', { class: 'card tile', title: tile.hint }, make('dt', { text: tile.title }), value));
      return [tile, value];
    });
    charts.append(...this.#charts.map(({ element }) => element));
  }

  /** Show it as it is now. */
  show(update: StatusUpdate, points: readonly StatusPoint[], spanMs: number): void {
    for (const [{ text, isBad }, value] of this.#tiles) {
      setText(value, text(update));
      value.classList.toggle('bad', isBad?.(update) === true);
    }
    for (const chart of this.#charts) chart.show(points, spanMs);
  }
}
