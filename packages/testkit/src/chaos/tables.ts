// SPDX-License-Identifier: Apache-2.0
// tables - what runs found, as Markdown, and where in docs/reliability.md it stands

import type { Counts, FaultReport } from './check.js';
import { addCounts, noCounts } from './check.js';
import type { FindingName } from './findings.js';
import type { Run } from './run.js';
import { spreadOf } from './statistics.js';

const TITLES = [
  'fault',
  'times',
  'requests',
  'failed',
  'lost',
  'misdelivered',
  'gaps',
  'begun twice',
  'noticed ms',
  'made good ms',
  'slowest ms',
  'rate back ms',
  'dip',
] as const;

/**
 * A table of what each kind of fault of one scenario did, over all its runs, and a line for all of them.
 *
 * Times are p50 / p99 / max over all faults of the kind.
 */
export function scenarioTable(runs: readonly Run[]): string {
  const kinds = new Map<string, FaultReport[]>();
  const all = noCounts();
  for (const { report } of runs) {
    addCounts(all, report.all);
    for (const fault of report.faults) {
      const known = kinds.get(fault.fault.kind);
      if (known === undefined) kinds.set(fault.fault.kind, [fault]);
      else known.push(fault);
    }
  }
  const every = [...kinds].sort(([a], [b]) => a.localeCompare(b)).map(([kind, faults]) => rowOf(kind, faults));
  const times = runs.reduce((sum, { report }) => sum + report.faults.length, 0);
  return renderTable(TITLES, [...every, ['in all', shown(times), ...cellsOf(all), '', '', '', '', '']]);
}

function rowOf(kind: string, faults: readonly FaultReport[]): string[] {
  const counts = noCounts();
  for (const fault of faults) addCounts(counts, fault.counts);
  const times = (pick: (fault: FaultReport) => number | undefined): string => spreadCell(faults.map(pick));
  const depths = faults.flatMap(({ depth }) => (depth === undefined ? [] : [depth]));
  return [
    kind,
    shown(faults.length),
    ...cellsOf(counts),
    times(({ detectedMs }) => detectedMs),
    times(({ recoveredMs }) => recoveredMs),
    times(({ slowestMs }) => slowestMs),
    times(({ backMs }) => backMs),
    depths.length === 0 ? '-' : `${(spreadOf(depths).p50 * 100).toFixed(0)} %`,
  ];
}

function cellsOf(counts: Counts): string[] {
  const sum = (...names: FindingName[]): string =>
    shown(names.reduce((total, name) => total + counts.findings[name], 0));
  const failed = Object.entries(counts.failed).sort(([a], [b]) => a.localeCompare(b));
  return [
    shown(counts.requests),
    failed.length === 0 ? '0' : failed.map(([outcome, count]) => `${shown(count)} ${outcome}`).join(', '),
    sum('lost'),
    sum('misdelivered', 'damaged'),
    sum('gapped', 'reordered', 'mixed'),
    sum('duplicated'),
  ];
}

/** The middle, the 99th percentile and the most; `-` when there is nothing, `late` for what did not come before the next fault. */
function spreadCell(values: readonly (number | undefined)[]): string {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return '-';
  const { p50, p99, max } = spreadOf(known);
  return [p50, p99, max].map((value) => (value === Infinity ? 'late' : shown(value))).join(' / ');
}

function shown(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** Lay out a Markdown table as prettier does; the first column is flush left, the others right. */
export function renderTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = titles.map((title, i) => Math.max(3, title.length, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? '').padEnd(width) : (cells[i] ?? '').padStart(width))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(titles), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** What all scenarios found, one after the other. */
export function chapter(runs: readonly Run[]): string {
  const names = [...new Set(runs.map(({ scenario }) => scenario.name))];
  return names
    .map((name) => {
      const own = runs.filter(({ scenario }) => scenario.name === name);
      const wires = [...new Set(own.map((run) => run.wires))].join(' and ');
      return `**${name}** (${wires}): ${own[0]?.scenario.promise ?? ''}.\n\n${scenarioTable(own)}`;
    })
    .join('\n\n');
}

/**
 * Replace one generated section of a document: what stands between `<!-- chaos:NAME -->` and `<!-- /chaos:NAME -->`.
 *
 * @throws Error when the document does not have both marks, once each and in this order
 */
export function replaceSection(document: string, name: string, content: string): string {
  const open = `<!-- chaos:${name} -->`;
  const close = `<!-- /chaos:${name} -->`;
  const [before, inside, ...more] = document.split(open);
  const [, after, ...rest] = (inside ?? '').split(close);
  if (before === undefined || after === undefined || more.length > 0 || rest.length > 0) {
    throw new Error(`the document must have ${open} and ${close}, once each and in this order`);
  }
  return `${before}${open}\n\n${content}\n\n${close}${after}`;
}
