// SPDX-License-Identifier: Apache-2.0
// curves-suite - how the broker bears more and more: workers, services, clients, waiting requests, PARTIALs, bytes

import type { LinePanel } from './charts/line-chart.js';
import { lineChart } from './charts/line-chart.js';
import type { Contestant } from './contestants.js';
import type { Curve, CurvePoint } from './curves.js';
import { CURVES } from './curves.js';
import type { LoadGenerator, LoadReport } from './load-generator.js';
import { loadTrial } from './load-trial.js';
import { undisturbed } from './quiet.js';
import type { Findings, Trial } from './rounds.js';
import { measureInRounds } from './rounds.js';
import type { SuiteContext } from './suite.js';
import { WARM_SECONDS, describeGenerator, describeOthers, medianOf } from './suite.js';
import { renderTable, shown } from './table.js';

/** Workers beat every 2.5 s: a shorter measurement would miss some of it. */
const LEAST_SECONDS = 2.5;
/** A queue is full when so many requests a second have come: the warm-up lasts as long. */
const FILLED_PER_SECOND = 10_000;
/** Points of each curve with `--quick`. */
const QUICK_POINTS = 2;

/** One contestant at one point of a curve. */
export interface CurveEntry {
  readonly curve: Curve;
  readonly point: CurvePoint;
  readonly contestant: Pick<Contestant, 'name'>;
  readonly trial: Trial<LoadReport>;
}

/**
 * Measure.
 *
 * @returns Markdown, without a newline at its ends
 */
export async function curvesSuite({ given, generator, progress, draw }: SuiteContext): Promise<string> {
  if (typeof generator === 'string') return `Skipped: ${generator}.`;
  const seconds = given.quick ? given.seconds : Math.max(LEAST_SECONDS, given.seconds);
  const groups = CURVES.flatMap((curve) =>
    curve.points.slice(0, given.quick ? QUICK_POINTS : undefined).map((point) =>
      curve.contestants.map((contestant): CurveEntry => {
        const trial = pointTrial(curve, point, contestant, generator, seconds);
        return { curve, point, contestant, trial: undisturbed(trial, given.patience * 1000, progress) };
      }),
    ),
  );
  const findings = await measureInRounds(
    groups.map((entries) => entries.map(({ trial }) => trial)),
    given.rounds,
    progress,
  );
  const entries = groups.flat();
  const reports = [...findings.values()].flat().filter((report) => report !== undefined);
  return [
    `${describeOthers(findings)} ${describeGenerator(reports)}`,
    draw('curves-throughput', throughputCurves(entries, findings)),
    draw('curves-latency', latencyCurves(entries, findings)),
    curveTable(entries, findings),
  ].join('\n\n');
}

function pointTrial(
  { name }: Curve,
  { x, load }: CurvePoint,
  contestant: Contestant,
  generator: LoadGenerator,
  measureSeconds: number,
): Trial<LoadReport> {
  const warmSeconds = WARM_SECONDS + (load.clients * load.window) / FILLED_PER_SECOND;
  return loadTrial(`${name} ${shown(x)}`, contestant, generator, { ...load, warmSeconds, measureSeconds });
}

/** Replies a second: a panel for each curve. */
export function throughputCurves(entries: readonly CurveEntry[], findings: Findings<LoadReport>): string {
  const panels = curvePanels(entries, findings, 'replies a second', (report) => report.perSecond);
  return lineChart('Replies a second (both axes logarithmic)', panels);
}

/** The latency that 99 of 100 do not exceed: a panel for each curve. */
export function latencyCurves(entries: readonly CurveEntry[], findings: Findings<LoadReport>): string {
  const panels = curvePanels(entries, findings, 'p99, ms', (report) => report.p99Ms);
  return lineChart('Time to the whole reply, 99th percentile (both axes logarithmic)', panels);
}

function curvePanels(
  entries: readonly CurveEntry[],
  findings: Findings<LoadReport>,
  yLabel: string,
  pick: (report: LoadReport) => number,
): LinePanel[] {
  const curves = [...new Set(entries.map(({ curve }) => curve))];
  return curves.map((curve) => {
    const own = entries.filter((entry) => entry.curve === curve);
    const names = [...new Set(own.map(({ contestant }) => contestant.name))];
    const series = names.map((name) => ({
      name,
      points: own
        .filter(({ contestant }) => contestant.name === name)
        .map(({ point, trial }) => ({ x: point.x, y: medianOf(findings, trial, pick) })),
    }));
    return { title: curve.name, xLabel: curve.label, yLabel, series };
  });
}

/** Every point of every curve. */
export function curveTable(entries: readonly CurveEntry[], findings: Findings<LoadReport>): string {
  const rows = entries.map(({ curve, point, contestant, trial }) => {
    const of = (digits: number, pick: (report: LoadReport) => number): string =>
      shown(medianOf(findings, trial, pick), digits);
    return [
      curve.name,
      shown(point.x),
      contestant.name,
      of(0, (report) => report.perSecond),
      of(2, (report) => report.p50Ms),
      of(2, (report) => report.p99Ms),
      of(1, (report) => report.cpuUs),
      of(1, (report) => report.mainUs),
      of(0, (report) => report.rssKiB / 1024),
    ];
  });
  return renderTable(
    [
      { title: 'more', align: 'left' },
      { title: 'number' },
      { title: 'broker', align: 'left' },
      { title: 'replies/s' },
      { title: 'p50 ms' },
      { title: 'p99 ms' },
      { title: 'CPU µs/reply' },
      { title: 'main µs/reply' },
      { title: 'RSS MiB' },
    ],
    rows,
  );
}
