// SPDX-License-Identifier: Apache-2.0
// operations.test - what docs/operations.md, its dashboard and its alerts name is what the exporter has
//
// UPDATE_REFERENCES=1 npm test -- packages/broker-cli/test/operations.test.ts writes the table of metrics anew.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { METRICS } from '../src/metric-table.js';
import { Metrics } from '../src/metrics.js';
import { ROOT } from './support/cli.js';
import { complaintsOf } from './support/compiler.js';
import { readExposition } from './support/exposition.js';
import { figures, serviceStats } from './support/figures.js';
import { withMetrics } from './support/references.js';

const DOCUMENT = join(ROOT, 'docs/operations.md');
const DASHBOARD = join(ROOT, 'docs/operations/grafana-dashboard.json');
const ALERTS = join(ROOT, 'docs/operations/alerts.yaml');
const update = (process.env['UPDATE_REFERENCES'] ?? '') !== '';

const read = (path: string): string => readFileSync(path, 'utf8').replaceAll('\r\n', '\n');

/** Every series, by what it is called in a query; the labels that it has. */
const series = new Map<string, ReadonlySet<string>>();

beforeAll(async () => {
  const failed = { 500: 1 };
  const written = readExposition(
    await new Metrics().write(figures([serviceStats('s', { workers: 1, failed })]), 'prometheus'),
  );
  for (const { values } of written.values()) {
    for (const key of values.keys()) {
      const [name = key] = key.split('{', 1);
      const labels = Array.from(key.matchAll(/(\w+)="/g), ([, label = '']) => label);
      series.set(name, new Set([...(series.get(name) ?? []), ...labels]));
    }
  }
});

/** What Prometheus adds by itself. */
const ADDED = ['job', 'instance'];

/** What a query names that there is not. */
function strangers(query: string): string[] {
  const found = [...query.matchAll(/\b((?:mdp|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)];
  expect([query, found.length > 0 || query.startsWith('up{')]).toEqual([query, true]);
  const unknown = found.flatMap(([, name = '', selector = '']) => {
    const labels = series.get(name);
    if (labels === undefined) return [name];
    const named = Array.from(selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g), ([, label = '']) => label);
    return named.filter((label) => !labels.has(label) && !ADDED.includes(label)).map((label) => `${name}{${label}}`);
  });
  const known = new Set([...ADDED, ...found.flatMap(([, name = '']) => [...(series.get(name) ?? [])])]);
  const grouped = Array.from(query.matchAll(/\b(?:by|on) \(([^)]*)\)/g), ([, list = '']) => list.split(/, */)).flat();
  return [...unknown, ...grouped.filter((label) => !known.has(label))];
}

test('the table of metrics is that of the exporter', () => {
  const document = read(DOCUMENT);
  if (update) writeFileSync(DOCUMENT, withMetrics(document));
  else expect(document).toBe(withMetrics(document));
});

test('a query that names what there is not is found', () => {
  expect(strangers('rate(mdp_requests_total[5m])')).toEqual([]);
  expect(strangers('sum by (nobody) (mdp_workers{state="busy", colour=~"red"}) / mdp_nothing')).toEqual([
    'mdp_workers{colour}',
    'mdp_nothing',
    'nobody',
  ]);
});

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly id: number;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

describe('the dashboard', () => {
  const dashboard = JSON.parse(read(DASHBOARD)) as {
    panels: Panel[];
    templating: { list: { name: string; query: string | { query: string } }[] };
  };
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');

  test('asks for what there is', () => {
    const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(queries.length).toBeGreaterThan(20);
    expect(queries.flatMap(strangers)).toEqual([]);
    for (const { name, query } of dashboard.templating.list) {
      const [, asked = '', label = ''] = /^label_values\(([^,]+(?:\{[^}]*\})?), (\w+)\)$/.exec(
        typeof query === 'string' ? '' : query.query,
      ) ?? [undefined, 'mdp_ready', 'instance'];
      expect([name, strangers(asked)]).toEqual([name, []]);
      expect([...ADDED, ...(series.get(asked.replace(/\{.*/, '')) ?? [])]).toContain(label);
    }
  });

  test('has the fields that Grafana knows', () => {
    const typed = (text: string): string =>
      `import type { Dashboard } from '@grafana/schema';\nexport const dashboard: Dashboard = ${text};\n`;
    expect(complaintsOf(typed(read(DASHBOARD)))).toEqual([]);
    expect(complaintsOf(typed('{ "schemaVersion": 41, "pannels": [] }'))).toEqual([expect.stringContaining('pannels')]);
  }, 60_000);

  test('says of each panel what it shows, and lets none cover another', () => {
    for (const { title, description, targets } of panels) {
      expect([title, description === undefined || description === '', targets?.length === 0]).toEqual([
        title,
        false,
        false,
      ]);
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          const place = `${String(x)} ${String(y)}`;
          expect([title, taken.has(place)]).toEqual([title, false]);
          taken.add(place);
        }
      }
    }
  });
});

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

describe('the alerts', () => {
  const { groups } = parse(read(ALERTS)) as { groups: { rules: Rule[] }[] };
  const rules = groups.flatMap((group) => group.rules);

  test('ask for what there is, and say what it means', () => {
    expect(rules.length).toBeGreaterThan(10);
    for (const { alert, expr, labels, annotations } of rules) {
      expect([alert, strangers(expr)]).toEqual([alert, []]);
      expect([alert, labels.severity]).toEqual([alert, expect.stringMatching(/^(?:warning|critical)$/)]);
      expect([annotations.summary.length > 10, annotations.description.length > 10]).toEqual([true, true]);
    }
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });

  test('tell of all that is refused, dropped or lost', () => {
    const told = METRICS.map(({ name }) => name).filter((name) => /_(?:refused|dropped|lost)_total$/.test(name));
    expect(told.length).toBeGreaterThan(3);
    expect(told.filter((name) => !rules.some(({ expr }) => expr.includes(name)))).toEqual([]);
  });

  const promtool = spawnSync('promtool', ['--version']).status === 0;
  if (!promtool) process.stderr.write('promtool is not installed (Debian package prometheus): one test is skipped\n');
  (promtool ? test : test.skip)('promtool takes them', () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', ALERTS], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`SUCCESS: ${String(rules.length)} rules found`);
  });
});

test('every metric is on the dashboard, in an alert, or of use to few', () => {
  const shown = read(DASHBOARD) + read(ALERTS);
  const unseen = METRICS.map(({ name }) => name).filter((name) => !shown.includes(name));
  expect(unseen.length).toBeLessThan(METRICS.length / 2);
});
