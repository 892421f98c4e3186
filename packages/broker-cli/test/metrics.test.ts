// SPDX-License-Identifier: Apache-2.0
// metrics.test - the metrics that are written are right, whatever services are called

import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { METRICS } from '../src/metric-table.js';
import { Metrics } from '../src/metrics.js';
import { MOST_SERVICES, OTHERS } from '../src/service-labels.js';
import { readExposition } from './support/exposition.js';
import { durations, figures, serviceStats } from './support/figures.js';

const HOSTILE = [
  'plain',
  'with "quotes" and \\ and \\n',
  '{le="+Inf"} 1',
  'line\nend 1\n# EOF',
  '# TYPE x counter',
  '日本語 – ünï',
  '__proto__',
  '<script>alert(1)</script>',
  'x'.repeat(255),
  OTHERS,
];

const SERVICES = [
  serviceStats('s', {
    ...{ workers: 3, waiting: 1, busy: 2, queued: 4, oldestMs: 1_500, requests: 20, dispatched: 16, partials: 5 },
    ...{ finals: 9, failed: { 404: 1, 500: 2, 599: 3, 777: 4 }, cancelled: 1, abandoned: 2, recovered: 3 },
    ...{ bytesIn: 1_000, bytesOut: 2_000, waitMs: durations(3, 0, 0, 4), serviceMs: durations(70_000, 20) },
  }),
  serviceStats('idle', { workers: 1, waiting: 1 }),
];

test('every metric of the table is written, with its type, in both forms', async () => {
  const metrics = new Metrics();
  for (const form of ['prometheus', 'openmetrics', 'prometheus'] as const) {
    const written = readExposition(await metrics.write(figures(SERVICES), form), form === 'openmetrics');
    for (const { name, type, help } of METRICS) {
      const told = form === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
      expect(written.get(told)).toMatchObject({ type, help });
    }
    expect([...written.keys()]).toEqual(
      expect.arrayContaining(['process_resident_memory_bytes', 'nodejs_version_info']),
    );
  }
});

test('the event loop turns after each metric', async () => {
  let turns = 0;
  const count = (): void => {
    turns++;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  await new Metrics().write(figures(SERVICES), 'prometheus');
  clearImmediate(next);
  expect(turns).toBeGreaterThanOrEqual(METRICS.length - 1);
});

test('what is written at the same time is of one snapshot each', async () => {
  const metrics = new Metrics();
  const requests = [1, 2].map((n) => figures([serviceStats('s', { workers: 1, requests: n, bytesIn: n })]));
  const written = await Promise.all(requests.map((one) => metrics.write(one, 'prometheus')));
  for (const [i, text] of written.entries()) {
    const values = readExposition(text);
    for (const name of ['mdp_service_requests_total', 'mdp_service_request_bytes_total']) {
      expect([...(values.get(name)?.values ?? [])]).toEqual([[`${name}{service="s"}`, i + 1]]);
    }
  }
});

test('the values are those of the snapshot', async () => {
  const written = readExposition(await new Metrics().write(figures(SERVICES), 'prometheus'));
  const values = Object.assign(
    {},
    ...Array.from(written.values(), ({ values: own }) => Object.fromEntries(own)),
  ) as object;
  expect(values).toMatchObject({
    mdp_ready: 1,
    mdp_services: 2,
    'mdp_admin_refused_total{reason="token"}': 2,
    'mdp_event_loop_lag_seconds{thread="1",stat="max"}': 0.03,
    'mdp_service_requests_total{service="s"}': 20,
    'mdp_service_requests_ended_total{service="s",outcome="ok",status=""}': 9,
    'mdp_service_requests_ended_total{service="s",outcome="error",status="404"}': 1,
    'mdp_service_requests_ended_total{service="s",outcome="error",status="500"}': 2,
    'mdp_service_requests_ended_total{service="s",outcome="error",status="other"}': 7,
    'mdp_service_requests_ended_total{service="s",outcome="cancelled",status=""}': 1,
    'mdp_service_requests_ended_total{service="s",outcome="abandoned",status=""}': 2,
    'mdp_service_attempts_total{service="s"}': 16,
    'mdp_service_request_bytes_total{service="s"}': 1_000,
    'mdp_service_reply_bytes_total{service="s"}': 2_000,
    'mdp_service_queue_length{service="s"}': 4,
    'mdp_service_queue_oldest_seconds{service="s"}': 1.5,
    'mdp_service_workers{service="s",state="busy"}': 2,
    'mdp_service_wait_seconds_bucket{service="s",le="0.000125"}': 2,
    'mdp_service_wait_seconds_bucket{service="s",le="0.001"}': 2,
    'mdp_service_wait_seconds_bucket{service="s",le="0.002"}': 3,
    'mdp_service_wait_seconds_bucket{service="s",le="65.536"}': 3,
    'mdp_service_wait_seconds_sum{service="s"}': 0.003,
    'mdp_service_wait_seconds_count{service="s"}': 3,
    'mdp_service_duration_seconds_bucket{service="s",le="65.536"}': 0,
    'mdp_service_duration_seconds_bucket{service="s",le="+Inf"}': 1,
    'mdp_service_duration_seconds_sum{service="s"}': 70,
    'mdp_service_wait_seconds_count{service="idle"}': 0,
    'mdp_requests_ended_total{outcome="error",status="429"}': 0,
    'mdp_messages_dropped_total{cause="slowReader"}': 0,
  });
});

describe('names', () => {
  test('of services cannot break out of their labels', async () => {
    const services = HOSTILE.map((name, i) => serviceStats(name, { workers: 1, queued: i }));
    for (const form of ['prometheus', 'openmetrics'] as const) {
      const written = readExposition(await new Metrics().write(figures(services), form), form === 'openmetrics');
      expect(written.size).toBeGreaterThanOrEqual(METRICS.length);
      expect(written.get('mdp_service_queue_length')?.values.size).toBe(HOSTILE.length);
      const [quoted] = [...(written.get('mdp_service_queue_length')?.values ?? [])].filter(([, value]) => value === 1);
      expect(quoted?.[0]).toBe('mdp_service_queue_length{service="with \\"quotes\\" and \\\\ and \\\\n"}');
    }
  });

  test('of so many services have labels, and no more', async () => {
    const services = Array.from({ length: MOST_SERVICES + 500 }, (_, i) =>
      serviceStats(`s${String(i)}`, { workers: 1 }),
    );
    const written = readExposition(await new Metrics().write(figures(services), 'prometheus'));
    const { values } = written.get('mdp_service_workers') ?? { values: new Map<string, number>() };
    expect(values.size).toBe(2 * (MOST_SERVICES + 1));
    expect(written.get('mdp_services')?.values.get('mdp_services')).toBe(MOST_SERVICES + 500);
  });

  test('and labels of metrics are those that the table says', async () => {
    const written = readExposition(await new Metrics().write(figures(SERVICES), 'prometheus'));
    for (const { name, labels } of METRICS) {
      for (const key of written.get(name)?.values.keys() ?? []) {
        const found = Array.from(key.matchAll(/(\w+)="/g), ([, label]) => label).filter((label) => label !== 'le');
        expect([name, found]).toEqual([name, labels]);
      }
    }
  });

  test('follow the rules: units, _total for what only grows, and mdp_ before all', () => {
    for (const { name, type, help } of METRICS) {
      expect(name).toMatch(/^mdp_[a-z]+(_[a-z]+)*$/);
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
      expect(help).not.toMatch(/\.$|[\n\\"]/);
    }
    expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length);
  });
});

const promtool = spawnSync('promtool', ['--version']).status === 0;
if (!promtool) process.stderr.write('promtool is not installed (Debian package prometheus): one test is skipped\n');

(promtool ? test : test.skip)('promtool has nothing to complain about', async () => {
  const services = HOSTILE.map((name) => serviceStats(name, { ...SERVICES[0], name }));
  const input = await new Metrics().write(figures(services), 'prometheus');
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
  expect([status, stdout, stderr]).toEqual([0, '', '']);
});
