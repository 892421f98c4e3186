// SPDX-License-Identifier: Apache-2.0
// tables - what runs found, as Markdown

import type { Column } from '@mdp/benchmarks';
import { renderTable } from '@mdp/benchmarks';
import type { Counts, FaultReport } from './check.js';
import { addCounts, noCounts } from './check.js';
import type { FindingName } from './findings.js';
import type { Run } from './run.js';
import { spreadOf } from './statistics.js';

const COLUMNS: readonly Column[] = [
  { title: 'fault', align: 'left' },
  { title: 'times' },
  { title: 'requests' },
  { title: 'failed' },
  { title: 'lost' },
  { title: 'misdelivered' },
  { title: 'gaps' },
  { title: 'begun twice' },
  { title: 'noticed ms' },
  { title: 'made good ms' },
  { title: 'slowest ms' },
  { title: 'rate back ms' },
  { title: 'dip' },
];

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
  return renderTable(COLUMNS, [...every, ['in all', shown(times), ...cellsOf(all), '', '', '', '', '']]);
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
