// SPDX-License-Identifier: Apache-2.0
// metrics - the text that Prometheus reads, written by prom-client from snapshots

import { setImmediate } from 'node:timers/promises';
import type { LatencyHistogram } from '@mdp/broker';
import { LATENCY_BOUNDS_MS } from '@mdp/broker';
import type { Metric, RegistryContentType } from 'prom-client';
import { Registry, collectDefaultMetrics } from 'prom-client';
import { ServiceLabels } from './service-labels.js';
import type { Labels, MetricRow, MetricSource } from './metric-table.js';
import { METRICS } from './metric-table.js';

/** A value as prom-client writes it. */
interface Value {
  readonly metricName?: string;
  readonly labels: Labels;
  readonly value: number;
}

const SECOND = 1_000;
const BOUNDS = LATENCY_BOUNDS_MS.map((ms) => String(ms / SECOND));

/** The buckets of a histogram, added up as Prometheus wants them. */
function* bucketsOf(name: string, { count, sumMs, counts }: LatencyHistogram, labels: Labels): Iterable<Value> {
  let sum = 0;
  for (const [i, le] of BOUNDS.entries()) {
    sum += counts[i] ?? 0;
    yield { metricName: `${name}_bucket`, labels: { ...labels, le }, value: sum };
  }
  yield { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count };
  yield { metricName: `${name}_sum`, labels, value: sumMs / SECOND };
  yield { metricName: `${name}_count`, labels, value: count };
}

/**
 * A metric that is read from the snapshot at hand. Those of prom-client keep values of their own, which would have to be
 * set anew, and its histograms take single durations only.
 */
class SnapshotMetric {
  /** prom-client takes `_total` off here, and puts it on again, where OpenMetrics wants that. */
  name: string;
  readonly help: string;
  readonly type: MetricRow['type'];
  readonly #row: MetricRow;
  readonly #source: () => MetricSource;
  readonly #turn: () => Promise<void>;

  constructor(row: MetricRow, source: () => MetricSource, turn: () => Promise<void>) {
    this.name = row.name;
    this.help = row.help;
    this.type = row.type;
    this.#row = row;
    this.#source = source;
    this.#turn = turn;
  }

  async get(): Promise<{ name: string; help: string; type: MetricRow['type']; values: readonly Value[] }> {
    // All metrics are asked for at once, so that what is told of them is the same snapshot; the next may be at hand when it is read.
    const source = this.#source();
    await this.#turn();
    const { name, help, type } = this;
    const values: Value[] = [];
    for (const [value, labels = {}] of this.#row.read(source)) {
      if (typeof value === 'number') values.push({ labels, value });
      else values.push(...bucketsOf(name, value, labels));
    }
    return { name, help, type, values };
  }
}

/** A metric that prom-client brings, with a name of its own: the one of `metric` would change for both forms. */
class ProcessMetric {
  name: string;
  readonly type: string;
  readonly #metric: Metric;

  constructor(metric: Metric) {
    const { name, type } = metric as unknown as { readonly name: string; readonly type: string };
    this.name = name;
    this.type = type;
    this.#metric = metric;
  }

  async get(): Promise<unknown> {
    return { ...(await this.#metric.get()), name: this.name };
  }
}

/** The two forms in which Prometheus reads metrics. */
export type MetricForm = 'prometheus' | 'openmetrics';

/** What is to be told. */
export type Figures = Omit<MetricSource, 'services'>;

/** Writes metrics: those of the table, and what prom-client tells of the process. */
export class Metrics {
  readonly #labels = new ServiceLabels();
  readonly #forms: Readonly<Record<MetricForm, Registry<RegistryContentType>>> = {
    prometheus: new Registry<RegistryContentType>(),
    openmetrics: new Registry<RegistryContentType>(),
  };
  #source: MetricSource | undefined;
  #lastTurn: Promise<void> = Promise.resolve();

  constructor() {
    this.#forms.openmetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
    const source = (): MetricSource => {
      if (this.#source === undefined) throw new Error('there is nothing to be told yet');
      return this.#source;
    };
    // One metric is written in each turn of the event loop: between them the broker goes on with its work.
    const turn = (): Promise<void> => (this.#lastTurn = this.#lastTurn.then(() => setImmediate()));
    for (const form of Object.values(this.#forms)) {
      for (const row of METRICS) form.registerMetric(new SnapshotMetric(row, source, turn) as unknown as Metric);
      for (const metric of ofProcess.getMetricsAsArray()) {
        const own = new ProcessMetric(metric as unknown as Metric);
        // Sums of other ones, with names that only counters may have.
        if (own.type === 'gauge' && own.name.endsWith('_total')) continue;
        form.registerMetric(own as unknown as Metric);
      }
    }
  }

  /** The media type of a form, with its version. */
  contentType(form: MetricForm): string {
    return this.#forms[form].contentType;
  }

  /** Write them. */
  async write(figures: Figures, form: MetricForm): Promise<string> {
    this.#source = { ...figures, services: this.#labels.limit(figures.stats.services) };
    return this.#forms[form].metrics();
  }
}
