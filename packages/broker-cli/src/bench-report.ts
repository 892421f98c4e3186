// SPDX-License-Identifier: Apache-2.0
// bench-report - what a run of bench found, for people and for programs

import { bar } from './bars.js';
import { counted } from './counted.js';
import { formatElapsed, formatLatency } from './durations.js';
import type { Failures } from './failures.js';
import type { Latencies } from './latencies.js';
import { printable, printableJson } from './printable.js';
import { formatSize } from './sizes.js';
import { textTable } from './text-table.js';

/** The percentiles that are told, and what they are called. */
const SHARES = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999 } as const;

const BAR_WIDTH = 40;

/** What was asked of whom, and what came of it. */
export interface BenchReport {
  readonly service: string;
  readonly brokers: readonly string[];
  /** By what the requests went in the end: a dialect, or `mx`. */
  readonly wire: string;
  readonly concurrency: number;
  readonly clients: number;
  /** Requests that were due each second; `undefined` when each began with the end of another. */
  readonly perSecond: number | undefined;
  /** Sizes of the frames of each request, in bytes. */
  readonly frames: readonly number[];
  /** Whether replies were read part by part. */
  readonly stream: boolean;
  readonly elapsedMs: number;
  readonly answered: number;
  readonly answeredInTime: number;
  readonly wrong: number;
  readonly unsent: number;
  readonly parts: number;
  readonly bytes: number;
  readonly latencies: Latencies;
  readonly firsts: Latencies;
  readonly failures: Failures;
}

/** For people: lines, each with its end. */
export function reportText(report: BenchReport): string {
  const { failures, latencies, wrong, unsent } = report;
  const percentiles = Object.values(SHARES).map((share) => formatLatency(latencies.percentile(share)));
  const summary = textTable(
    ['REQUESTS', 'A SECOND', 'FAILED', 'P50', 'P90', 'P99', 'P99.9', 'MAX'],
    [
      [
        report.answered.toLocaleString('en-US'),
        amount(perSecond(report, report.answeredInTime)),
        failures.count.toLocaleString('en-US'),
        ...percentiles,
        latencies.count === 0 ? '-' : formatLatency(latencies.maxMs),
      ],
    ],
    new Set([0, 1, 2, 3, 4, 5, 6, 7]),
  );
  const notes = [
    ...(report.stream ? [streamText(report)] : []),
    ...failures.kinds.map(
      ({ code, status, message, count }) =>
        `${counted(count, 'request')} failed: ${code}${status === undefined ? '' : ` ${String(status)}`}, ${printable(message)}`,
    ),
    ...(wrong === 0 ? [] : [`${counted(wrong, 'reply').replace(/replys$/, 'replies')} not what was sent`]),
    ...(unsent === 0
      ? []
      : [
          `${counted(unsent, 'request')} due and never sent: ${String(report.concurrency)} were under way all the time`,
        ]),
  ];
  const parts = [`${headline(report)}\n`, summary, notes.map((note) => `${note}\n`).join(''), chart(latencies)];
  return parts.filter((part) => part !== '').join('\n');
}

function headline({ service, brokers, wire, concurrency, clients, frames, elapsedMs, ...report }: BenchReport): string {
  const sizes = new Set(frames);
  const [size = 0] = frames;
  const sum = frames.reduce((total, length) => total + length, 0);
  const of = (bytes: number): string => (bytes < 1024 ? counted(bytes, 'byte') : formatSize(bytes));
  const body =
    sizes.size === 1
      ? `${counted(frames.length, 'frame')} of ${of(size)}`
      : `${of(sum)} in ${counted(frames.length, 'frame')}`;
  const pace = report.perSecond === undefined ? '' : `, ${counted(report.perSecond, 'request')} due a second`;
  const from = clients === 1 ? '' : ` from ${counted(clients, 'client')}`;
  return (
    `${printable(service, 255)} at ${brokers.map((broker) => printable(broker)).join(', ')} by ${wire}: ` +
    `${body}, ${String(concurrency)} under way${from}${pace}, ${formatElapsed(elapsedMs)}`
  );
}

function streamText(report: BenchReport): string {
  const { firsts, parts } = report;
  const first = [0.5, 0.99].map((share) => formatLatency(firsts.percentile(share)));
  return `${counted(parts, 'part')}, ${amount(perSecond(report, parts))} a second; the first one after ${first[0] ?? '-'} (p50), ${first[1] ?? '-'} (p99)`;
}

function chart(latencies: Latencies): string {
  if (latencies.count === 0) return '';
  const rows = latencies.rows();
  const most = Math.max(...rows.map(({ count }) => count));
  const cells = rows.map(({ fromMs, toMs, count }) => [
    `${shortTime(fromMs)} to ${shortTime(toMs)}`,
    count.toLocaleString('en-US'),
    `${((count / latencies.count) * 100).toFixed(1)} %`,
    bar(count / most, BAR_WIDTH),
  ]);
  return textTable(['TOOK', 'REQUESTS', 'SHARE', ''], cells, new Set([0, 1, 2]));
}

/** A bound of a row: `0.15 ms`, `2 ms`, `1.5 s`. */
function shortTime(ms: number): string {
  return ms < 1000 ? `${String(ms)} ms` : `${String(ms / 1000)} s`;
}

/** So many a second, of the time that was meant for it. */
function perSecond({ elapsedMs }: BenchReport, count: number): number {
  return elapsedMs === 0 ? 0 : (count / elapsedMs) * 1000;
}

function amount(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 });
}

/** For programs: one object in one line, with its end. Times are in milliseconds. */
export function reportJson(report: BenchReport): string {
  const { service, brokers, wire, concurrency, clients, frames, answered, wrong, unsent, parts, bytes } = report;
  const { latencies, firsts, failures } = report;
  const value = {
    service,
    brokers,
    wire,
    concurrency,
    clients,
    ...(report.perSecond === undefined ? {} : { rate: report.perSecond }),
    frames,
    seconds: rounded(report.elapsedMs / 1000),
    requests: answered,
    perSecond: rounded(perSecond(report, report.answeredInTime)),
    latencyMs: latencyJson(latencies),
    failed: failures.count,
    failures: failures.kinds,
    wrong,
    unsent,
    bytes,
    ...(report.stream ? { parts, firstPartMs: latencyJson(firsts) } : {}),
    histogram: latencies.count === 0 ? [] : latencies.rows(),
  };
  return `${printableJson(JSON.stringify(value))}\n`;
}

function latencyJson(latencies: Latencies): Record<string, number> | null {
  if (latencies.count === 0) return null;
  const { maxMs: max, meanMs: mean } = latencies;
  const percentiles = Object.entries(SHARES).map(([name, share]) => [name, latencies.percentile(share)] as const);
  const all = [...percentiles, ['max', max], ['mean', mean]] as const;
  return Object.fromEntries(all.map(([name, ms]) => [name, rounded(ms)]));
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
