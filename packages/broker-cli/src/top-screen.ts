// SPDX-License-Identifier: Apache-2.0
// top-screen - the lines that top shows on a terminal of any size

import { sparkline } from './bars.js';
import { counted } from './counted.js';
import { cut, displayWidth, fit } from './display-width.js';
import { formatElapsed } from './durations.js';
import { printable } from './printable.js';
import type { LaidColumn, ShownRow } from './top-columns.js';
import { GAP, bytesText, layOut, rateText, sortRows } from './top-columns.js';
import type { TopRow } from './top-figures.js';
import type { BrokerAnswer, TopSample } from './top-sample.js';
import type { TopView } from './top-view.js';

/** How a line is drawn. */
export type LineStyle = 'plain' | 'strong' | 'title' | 'faint' | 'bad';

/** One line of the screen. */
export interface ScreenLine {
  readonly text: string;
  readonly style: LineStyle;
}

/** The size of a terminal, in characters. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** What is drawn. */
export interface Screen {
  /** No more than the terminal has, and none of them wider than it is. */
  readonly lines: readonly ScreenLine[];
  /** How many rows of the table are among them. */
  readonly shown: number;
}

/** With fewer lines than that, more of them are for the table. */
const FULL_HEAD_ROWS = 12;

/** Brokers that do not answer are told up to so many lines. */
const MOST_FAILURES = 3;

/**
 * Lay out the screen.
 *
 * @param sample - undefined before the first answer
 */
export function topScreen(sample: TopSample | undefined, view: TopView, size: ScreenSize): Screen {
  if (sample === undefined) return { lines: clipped([line('waiting for the first answer')], size), shown: 0 };
  const full = size.rows >= FULL_HEAD_ROWS;
  const head = full ? fullHead(sample, size.columns) : shortHead(sample, size.columns);
  const room = Math.max(0, size.rows - head.length - 2);
  const sorted = sortRows(sample.rows, view.sort, view.reversed);
  // There may be fewer rows than when it was scrolled.
  const offset = Math.min(view.offset, Math.max(0, sorted.length - room));
  const shown: ShownRow[] = sorted
    .slice(offset, offset + room)
    .map((row) => ({ row, trend: sample.trends.get(row.name) ?? [] }));
  const columns = layOut(shown, size.columns);
  const table = [
    { text: fit(tableTitles(columns), size.columns), style: 'title' as const },
    ...shown.map((row) => line(tableLine(columns, row))),
  ];
  const blanks = Array.from({ length: Math.max(0, room - shown.length) }, () => line(''));
  const foot = { text: footText({ ...view, offset }, sorted.length, room), style: 'faint' as const };
  return { lines: clipped([...head, ...table, ...blanks, foot], size), shown: room };
}

function line(text: string, style: LineStyle = 'plain'): ScreenLine {
  return { text, style };
}

function clipped(lines: readonly ScreenLine[], { columns, rows }: ScreenSize): ScreenLine[] {
  return lines.slice(0, Math.max(1, rows)).map(({ text, style }) => ({ text: cut(text, columns), style }));
}

function fullHead(sample: TopSample, columns: number): ScreenLine[] {
  const { total, totalTrend } = sample;
  const rates = ratesText(total);
  const room = columns - displayWidth(rates) - GAP.length;
  const trend = total.requests === undefined || room < 8 ? '' : `${GAP}${sparkline(totalTrend, Math.min(60, room))}`;
  return [
    line(withTime(brokersText(sample.brokers), sample.at, columns), 'strong'),
    line(countsText(sample)),
    line(`${rates}${trend}`),
    ...failureLines(sample.brokers),
    line(''),
  ];
}

function shortHead(sample: TopSample, columns: number): ScreenLine[] {
  const failed = failureLines(sample.brokers);
  return [line(withTime(countsText(sample), sample.at, columns), 'strong'), ...failed.slice(0, 1)];
}

function withTime(text: string, at: Date, columns: number): string {
  const time = at.toTimeString().slice(0, 8);
  const room = columns - time.length - GAP.length;
  return room < 10 ? text : `${fit(text, room)}${GAP}${time}`;
}

function brokersText(brokers: readonly BrokerAnswer[]): string {
  const [first] = brokers;
  if (first !== undefined && brokers.length === 1) {
    const { broker, snapshot, version } = first;
    const name = version === undefined ? 'the broker' : `mdp-broker ${printable(version, 40)}`;
    const up = snapshot?.uptimeMs === undefined ? '' : `, up for ${formatElapsed(snapshot.uptimeMs)}`;
    return `${name} at ${printable(broker)}${up}`;
  }
  const answering = brokers.filter(({ snapshot }) => snapshot !== undefined).length;
  const all = brokers.map(({ broker }) => printable(broker)).join(', ');
  return `${String(answering)} of ${counted(brokers.length, 'broker')} answer: ${all}`;
}

function countsText({ rows, total }: TopSample): string {
  const { workers, waiting, busy, queued } = total;
  const services = counted(rows.length, 'service');
  return `${services}, ${counted(workers, 'worker')} (${String(waiting)} waiting, ${String(busy)} busy), ${counted(queued, 'request')} queued`;
}

function ratesText({ requests, failed, bytesIn, bytesOut }: TopRow): string {
  if (requests === undefined) return 'rates come with the next answer, of a broker that tells them';
  const failures = failed === undefined ? '' : `, ${rateText(failed)} fail`;
  const bytes =
    bytesIn === undefined || bytesOut === undefined ? '' : `, ${bytesText(bytesIn)} in, ${bytesText(bytesOut)} out`;
  return `a second: ${rateText(requests)} requests${failures}${bytes}`;
}

function failureLines(brokers: readonly BrokerAnswer[]): ScreenLine[] {
  const failures = brokers.flatMap(({ broker, failure }) =>
    failure === undefined ? [] : [line(`${printable(broker)}: ${failure}`, 'bad')],
  );
  if (failures.length <= MOST_FAILURES) return failures;
  const more = failures.length - MOST_FAILURES + 1;
  return [...failures.slice(0, MOST_FAILURES - 1), line(`${String(more)} more brokers do not answer`, 'bad')];
}

/** The titles of columns, in one line. */
export function tableTitles(columns: readonly LaidColumn[]): string {
  return columns.map(({ column, width }) => fit(column.title, width, sideOf(column.title))).join(GAP);
}

/** A row, in one line. */
export function tableLine(columns: readonly LaidColumn[], shown: ShownRow): string {
  return columns.map(({ column, width }) => fit(column.cell(shown, width), width, sideOf(column.title))).join(GAP);
}

function sideOf(title: string): 'left' | 'right' {
  return title === 'SERVICE' ? 'left' : 'right';
}

function footText({ sort, reversed, paused, offset }: TopView, rows: number, room: number): string {
  const state = [
    ...(paused ? ['PAUSED'] : []),
    ...(rows > room ? [`${String(offset + 1)} to ${String(Math.min(rows, offset + room))} of ${String(rows)}`] : []),
    `by ${sort.title}${reversed ? ', reversed' : ''}`,
  ];
  return `${state.join(', ')}${GAP}q quit  s sort  r reverse  p pause  ↑↓ scroll`;
}
