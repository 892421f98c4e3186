// SPDX-License-Identifier: Apache-2.0
// load-generator.test - one tiny run through the bare loop, with real processes; nothing here depends on how fast it is

import { afterAll, expect, test } from '@jest/globals';
import type { Dialect } from '@mdp/protocol';
import { DIALECTS } from '@mdp/protocol';
import { Child } from '../../src/children.js';
import type { Contestant } from '../../src/contestants.js';
import { BARE, MDP, mdpWith } from '../../src/contestants.js';
import type { Load, LoadReport } from '../../src/load-generator.js';
import { LoadGenerator } from '../../src/load-generator.js';

const generator = await LoadGenerator.compile();
if (typeof generator === 'string') process.stderr.write(`the load generator is not tested: ${generator}\n`);
const testLoad = typeof generator === 'string' ? test.skip : test;

afterAll(() => {
  if (typeof generator !== 'string') generator.remove();
});

function tiny(dialect: Dialect, more: Partial<Load> = {}): Load {
  return {
    dialect,
    clients: 4,
    window: 2,
    bodyBytes: 200,
    workers: 3,
    warmSeconds: 0.05,
    measureSeconds: 0.1,
    ...more,
  };
}

function loadBare(dialect: Dialect, load: Load, brokers = 1): Promise<LoadReport[]> {
  return loadAll(BARE, dialect, load, brokers);
}

async function loadAll(contestant: Contestant, dialect: Dialect, load: Load, brokers = 1): Promise<LoadReport[]> {
  if (typeof generator === 'string') throw new Error(generator);
  const running = await Promise.all(Array.from({ length: brokers }, () => contestant.start(dialect)));
  try {
    return await generator.run(running, load);
  } finally {
    for (const { child } of running) await child.kill();
  }
}

for (const dialect of DIALECTS) {
  testLoad(`the bare loop forwards every request and reply of ${dialect}`, async () => {
    const [report] = await loadBare(dialect, tiny(dialect));
    expect(report?.requests).toBeGreaterThan(0);
    expect(report).toMatchObject({ errors: 0, lost: 0 });
    expect(report?.rssKiB).toBeGreaterThan(0);
  });
}

testLoad('idle workers and many services are registered before the load begins', async () => {
  const [report] = await loadBare(
    'rfc18',
    tiny('rfc18', { workers: 20, services: 5, idleWorkers: 300, idleServices: 7 }),
  );
  expect(report?.requests).toBeGreaterThan(0);
});

testLoad('several brokers are loaded in turns, and each gets its own report', async () => {
  const reports = await loadBare('rfc18', tiny('rfc18', { warmSeconds: 0.1, measureSeconds: 0.2 }), 2);
  expect(reports).toHaveLength(2);
  for (const report of reports) expect(report.requests).toBeGreaterThan(0);
});

for (const dialect of ['rfc18', 'majortomo'] as const) {
  testLoad(`every PARTIAL of ${dialect} is counted before its FINAL`, async () => {
    const [report] = await loadAll(MDP, dialect, tiny(dialect, { window: 1, partials: 7 }));
    expect(report?.requests).toBeGreaterThan(0);
    expect(report).toMatchObject({ errors: 0, lost: 0 });
  });
}

testLoad('a long queue is served to its end', async () => {
  const broker = mdpWith({ maxQueuedPerClient: 2000 });
  const [report] = await loadAll(broker, 'rfc18', tiny('rfc18', { window: 1500, measureSeconds: 0.5 }));
  expect(report).toMatchObject({ errors: 0, lost: 0 });
});

testLoad('without clients the workers only beat, and nothing is missing', async () => {
  const [report] = await loadAll(MDP, 'rfc18', tiny('rfc18', { clients: 0, workers: 50 }));
  expect(report).toMatchObject({ requests: 0, errors: 0, lost: 0 });
  expect(report?.rssKiB).toBeGreaterThan(0);
});

testLoad('a broker that answers nothing is a failure and not a figure', async () => {
  // The loop waits for the frames of another dialect.
  await expect(loadBare('mdp01', tiny('rfc18', { warmSeconds: 0 }))).rejects.toThrow();
});

test('a missing compiler is told and not thrown', async () => {
  const before = process.env['CC'];
  process.env['CC'] = 'no-such-compiler';
  try {
    expect(await LoadGenerator.compile()).toMatch(/^there is no C compiler \(no-such-compiler\)$|needs Linux/);
  } finally {
    if (before === undefined) delete process.env['CC'];
    else process.env['CC'] = before;
  }
});

test('a process that ends before it is ready is an error that says so', async () => {
  const child = Child.fork('bare-router', []);
  await expect(child.message('ready')).rejects.toThrow(/bare-router ended with \d+ before it said ready/);
});
