// SPDX-License-Identifier: Apache-2.0
// alternatives-charts - what was found about the alternatives, drawn

import type { Entry } from './alternatives-tables.js';
import { barChart } from './charts/bar-chart.js';
import { lineChart } from './charts/line-chart.js';
import type { Svg } from './charts/svg.js';
import type { RoundTrips } from './round-trips.js';
import type { Findings } from './rounds.js';
import { medianOf } from './suite.js';
import { shownBytes } from './table.js';

/** So many in flight is where the CPU is compared: enough to keep everybody at work. */
const CROWD = 64;

/** Those with a handler that answers at once, by body. */
function byBody(entries: readonly Entry[]): ReadonlyMap<number, readonly Entry[]> {
  const bodies = new Map<number, Entry[]>();
  for (const entry of entries) {
    if (entry.cell.handlerMs > 0) continue;
    const { bodyBytes } = entry.cell;
    bodies.set(bodyBytes, [...(bodies.get(bodyBytes) ?? []), entry]);
  }
  return bodies;
}

/** Round trips a second by how many are in flight: a panel for each body. */
export function throughputChart(entries: readonly Entry[], findings: Findings<RoundTrips>): Svg {
  const names = [...new Set(entries.map(({ alternative }) => alternative.name))];
  const panels = [...byBody(entries)].map(([bodyBytes, ofBody]) => ({
    title: `body of ${shownBytes(bodyBytes)}`,
    xLabel: 'requests in flight',
    yLabel: 'round trips a second',
    series: names.map((name) => ({
      name,
      points: ofBody
        .filter(({ alternative }) => alternative.name === name)
        .map(({ cell, trial }) => ({ x: cell.inFlight, y: medianOf(findings, trial, (found) => found.perSecond) })),
    })),
  }));
  return lineChart('Round trips a second (both axes logarithmic)', panels);
}

/** CPU time for each request by process: a panel for each body. */
export function cpuChart(entries: readonly Entry[], findings: Findings<RoundTrips>): Svg {
  const panels = [...byBody(entries)].map(([bodyBytes, ofBody]) => ({
    title: `body of ${shownBytes(bodyBytes)}`,
    label: 'µs of CPU for each request',
    bars: ofBody
      .filter(({ cell }) => cell.inFlight === CROWD)
      .map(({ alternative, trial }) => ({
        name: alternative.name,
        parts: [
          medianOf(findings, trial, ({ client }) => client.cpuUs),
          medianOf(findings, trial, ({ server }) => server?.cpuUs ?? NaN),
          medianOf(findings, trial, ({ worker }) => worker.cpuUs),
        ],
      })),
  }));
  return barChart(`CPU for each request, ${String(CROWD)} in flight`, ['client', 'server', 'worker'], panels);
}
