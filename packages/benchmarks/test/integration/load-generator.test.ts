// SPDX-License-Identifier: Apache-2.0
// load-generator.test - tiny runs through the bare loop and the broker, with real processes; nothing here depends on how
// fast it is

import { afterAll, expect, test } from '@jest/globals';
import type { Dialect } from '@mdp/protocol';
import { DIALECTS, bytes } from '@mdp/protocol';
import { Router } from 'zeromq';
import { Child } from '../../src/children.js';
import type { Contestant } from '../../src/contestants.js';
import { BARE, MDP, MDP_MX, mdpWith, overMx } from '../../src/contestants.js';
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

function loadBare(dialect: Dialect, load: Load): Promise<LoadReport[]> {
  return loadAll([BARE], dialect, load);
}

async function loadAll(contestants: readonly Contestant[], dialect: Dialect, load: Load): Promise<LoadReport[]> {
  if (typeof generator === 'string') throw new Error(generator);
  const running = await Promise.all(contestants.map((contestant) => contestant.start(dialect)));
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
  const load = tiny('rfc18', { warmSeconds: 0.1, measureSeconds: 0.2 });
  const reports = await loadAll([BARE, MDP, MDP_MX], 'rfc18', load);
  expect(reports).toHaveLength(3);
  for (const report of reports) {
    expect(report.requests).toBeGreaterThan(0);
    expect(report.generatorShare).toBeGreaterThan(0);
  }
});

for (const dialect of ['rfc18', 'majortomo'] as const) {
  testLoad(`every PARTIAL of ${dialect} is counted before its FINAL`, async () => {
    const [report] = await loadAll([MDP], dialect, tiny(dialect, { window: 1, partials: 7 }));
    expect(report?.requests).toBeGreaterThan(0);
    expect(report).toMatchObject({ errors: 0, lost: 0 });
  });
}

testLoad('PARTIALs beside other requests of a client are refused where nothing tells them apart', async () => {
  await expect(loadAll([MDP], 'rfc18', tiny('rfc18', { partials: 7 }))).rejects.toThrow('need a window of 1, or mx');
});

testLoad.each<{ what: string; more: Partial<Load> }>([
  { what: 'requests that are gathered', more: { window: 100 } },
  { what: 'bodies that stand apart', more: { bodyBytes: 10_000 } },
  { what: 'streams that wait for credit', more: { partials: 1000, measureSeconds: 0.5 } },
  { what: 'PARTIALs that are larger than all that is granted', more: { bodyBytes: 100_000, partials: 3 } },
  { what: 'many services, most of which wait for a worker', more: { services: 3, idleWorkers: 10, idleServices: 700 } },
])('over MX: $what', async ({ more }) => {
  const [report] = await loadAll([MDP_MX], 'rfc18', tiny('rfc18', more));
  expect(report?.requests).toBeGreaterThan(0);
  expect(report).toMatchObject({ errors: 0, lost: 0 });
});

testLoad('what is no MX message is told at once, and why', async () => {
  if (typeof generator === 'string') throw new Error(generator);
  const socket = new Router({ linger: 0 });
  try {
    await socket.bind('tcp://127.0.0.1:*');
    const broker = { child: { pid: process.pid } as Child, endpoint: socket.lastEndpoint ?? '', wire: 'mx' as const };
    const run = generator.run([broker], tiny('rfc18'));
    const [worker] = await socket.receive();
    await socket.send([worker as Buffer, bytes('MDPX01 and so on')]);
    await expect(run).rejects.toThrow('a message of the broker is no MX: bad-length');
  } finally {
    socket.close();
  }
});

for (const wire of [(contestant: Contestant) => contestant, overMx]) {
  const name = wire(MDP).name;

  testLoad(`a long queue is served to its end: ${name}`, async () => {
    const broker = wire(mdpWith({ maxQueuedPerClient: 2000 }));
    const [report] = await loadAll([broker], 'rfc18', tiny('rfc18', { window: 1500, measureSeconds: 0.5 }));
    expect(report).toMatchObject({ errors: 0, lost: 0 });
  });

  testLoad(`without clients the workers only beat, and nothing is missing: ${name}`, async () => {
    const [report] = await loadAll([wire(MDP)], 'rfc18', tiny('rfc18', { clients: 0, workers: 50 }));
    expect(report).toMatchObject({ requests: 0, errors: 0, lost: 0 });
    expect(report?.rssKiB).toBeGreaterThan(0);
  });
}

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
