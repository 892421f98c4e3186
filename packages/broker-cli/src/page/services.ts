// SPDX-License-Identifier: Apache-2.0
// services - the table of services, and what a service opens

import type { ServiceRow, WorkerRow } from './update.js';
import { sparkline } from './chart.js';
import type { Column } from './data-table.js';
import { DataTable, textCell } from './data-table.js';
import { make } from './elements.js';
import { UNKNOWN, age, amount, bytes, duration, latency, rate } from './format.js';

/** So many workers are named where a service is opened. */
const MOST_NAMED = 20;

/** A service, and what the page itself remembers of it. */
export interface ShownService extends ServiceRow {
  readonly trend: readonly (number | null)[];
  readonly ofIt: readonly WorkerRow[];
}

/** A name that can be shown. */
export function label({ name, shown = name }: Pick<ServiceRow, 'name' | 'shown'>): string {
  return shown;
}

/** Requests wait for a worker, and none is there. */
const isStarved = ({ workers, queued }: ServiceRow): boolean => workers === 0 && queued > 0;

/** @param points - so many rates make a whole trend */
function serviceColumns(points: number): readonly Column<ShownService>[] {
  return [
    { key: 'name', title: 'Service', value: label, show: textCell(label, () => 'name') },
    {
      key: 'workers',
      title: 'Busy',
      hint: 'Workers that hold something, of all that are registered',
      figure: true,
      value: ({ workers }) => workers,
      show: textCell(
        ({ busy, workers }) => (workers === 0 ? 'none' : `${amount(busy)} of ${amount(workers)}`),
        (row) => (isStarved(row) ? 'bad' : ''),
      ),
    },
    {
      key: 'queued',
      title: 'Queued',
      hint: 'Requests that wait for a worker',
      figure: true,
      value: ({ queued }) => queued,
      show: textCell(
        ({ queued }) => amount(queued),
        ({ queued }) => (queued > 0 ? 'some' : ''),
      ),
    },
    {
      key: 'oldest',
      title: 'Oldest',
      hint: 'How long the request waits that was queued first',
      figure: true,
      minor: true,
      value: ({ oldestMs }) => oldestMs,
      show: textCell(({ queued, oldestMs }) => (queued === 0 ? UNKNOWN : duration(oldestMs))),
    },
    {
      key: 'requests',
      title: 'Req/s',
      hint: 'Requests a second',
      figure: true,
      value: ({ requests }) => requests,
      show: textCell(({ requests }) => rate(requests)),
    },
    {
      key: 'failed',
      title: 'Fail/s',
      hint: 'Requests a second that end with an error',
      figure: true,
      minor: true,
      value: ({ failed }) => failed,
      show: textCell(
        ({ failed }) => rate(failed),
        ({ failed }) => ((failed ?? 0) > 0 ? 'bad' : ''),
      ),
    },
    ...percentiles(),
    {
      key: 'trend',
      title: 'Trend',
      hint: 'Requests a second over the last minutes, each service by its own measure',
      minor: true,
      show: ({ trend }, cell) => {
        sparkline(cell, trend, points);
      },
    },
  ];
}

function percentiles(): readonly Column<ShownService>[] {
  const column = (
    key: 'p50' | 'p99' | 'waitP99',
    title: string,
    hint: string,
    minor: boolean,
  ): Column<ShownService> => ({
    key,
    title,
    hint: `${hint}, in the last minute`,
    figure: true,
    minor,
    value: (row) => row[key],
    show: textCell((row) => latency(row[key])),
  });
  return [
    column('p50', 'p50', 'Half of the replies took the workers no longer', true),
    column('p99', 'p99', '99 of 100 replies took the workers no longer', false),
    column('waitP99', 'Wait p99', '99 of 100 requests waited no longer for a worker', true),
  ];
}

/** Make the table. */
export function serviceTable(table: HTMLElement, points: number): DataTable<ShownService> {
  return new DataTable<ShownService>({
    table,
    columns: serviceColumns(points),
    keyOf: ({ name }) => name,
    sort: { key: 'requests', descending: true },
    empty: 'No service is known: none has a worker, and none is asked for.',
    details: showService,
  });
}

/** All that is known of one. */
function showService(row: ShownService, cell: HTMLElement): void {
  const { total, p50, p90, p99, waitP99, bytesIn, bytesOut, oldestMs, queued, workers, ofIt } = row;
  const failed = Object.entries(total.failed).map(([status, count]) => `${amount(count)} × ${status}`);
  const facts: readonly (readonly [string, string])[] = [
    ['Workers took, last minute', `p50 ${latency(p50)}, p90 ${latency(p90)}, p99 ${latency(p99)}`],
    ['Requests waited, last minute', `p99 ${latency(waitP99)}`],
    ['Queued', queued === 0 ? 'none' : `${amount(queued)}, the oldest for ${duration(oldestMs)}`],
    ['Bodies', `${perSecond(bytesIn)} of requests, ${perSecond(bytesOut)} of replies`],
    ['Requests so far', amount(total.requests)],
    ['Answered', amount(total.finals)],
    ['Failed', failed.length === 0 ? 'none' : failed.join(', ')],
    ['Taken back or left by clients', `${amount(total.cancelled)} taken back, ${amount(total.abandoned)} left`],
    ['Given to another worker', amount(total.recovered)],
  ];
  const named = ofIt.slice(0, MOST_NAMED).map((worker) => make('li', { text: workerText(worker) }));
  const more = workers - named.length;
  if (more > 0) named.push(make('li', { text: `and ${amount(more)} more` }));
  const list = make(
    'dl',
    {},
    ...facts.flatMap(([term, fact]) => [make('dt', { text: term }), make('dd', { text: fact })]),
  );
  const whose = make('ul', { class: 'named' }, ...named);
  // Nothing in it can have the focus or be typed into.
  const whole = make('p', { class: 'whole', text: label(row) });
  cell.replaceChildren(whole, list, ...(workers === 0 ? [] : [make('h3', { text: 'Its workers' }), whose]));
}

function perSecond(count: number | null): string {
  return count === null ? UNKNOWN : `${bytes(count)}/s`;
}

function workerText({ peer, dialect, ageMs, held, credit }: WorkerRow): string {
  return `${peer} (${dialect}): there for ${age(ageMs)}, holds ${amount(held)} of ${amount(credit)}`;
}
