// SPDX-License-Identifier: Apache-2.0
// long-jobs.test - jobs that last longer than every heartbeat timeout: done once, answered, and nobody is lost

import { afterEach, describe, expect, test } from '@jest/globals';
import { findMajortomo, waitUntil } from '@mdp/testkit';
import { majortomoBroker, majortomoClient, majortomoWorker } from './majortomo.js';
import { hex, lostWorkers, ourBroker, ourClient, ourWorker } from './sides.js';

const majortomo = await findMajortomo();
const python = majortomo.python ?? '';
const suite = majortomo.python === undefined ? describe.skip : describe;

/** 125 ms and 500 ms: a job of 5.5 s lasts 11 timeouts. */
const HEARTBEATS = { heartbeat: 0.125, timeout: 0.5 };
const OURS = { heartbeatIntervalMs: 125, heartbeatLiveness: 4 };
const LONG = '5.5';

suite('a job that lasts eleven heartbeat timeouts', () => {
  const open: { close: () => Promise<void> }[] = [];

  function keep<T extends { close: () => Promise<void> }>(side: T): T {
    open.unshift(side);
    return side;
  }

  afterEach(async () => {
    for (const side of open.splice(0)) await side.close();
  });

  test("runs once on Majortomo's worker, which is silent meanwhile, and our broker gives it the next one at once", async () => {
    const { broker, endpoint } = keep(await ourBroker(OURS));
    const worker = keep(await majortomoWorker(python, endpoint, 'slow', HEARTBEATS));
    const idle = keep(await majortomoWorker(python, endpoint, 'other', HEARTBEATS));
    const client = keep(await majortomoClient(python, endpoint));
    const ours = keep(ourClient(endpoint, 'rfc18'));

    const long = client.ask('slow', [hex('sleep'), hex(LONG)]);
    await worker.process.event('job');
    // It waits in the queue: there is no second worker for it, and the busy one is not given it.
    const next = ours.ask('slow', [hex('echo'), hex('next')]);
    await waitUntil('the next request to be queued', () => broker.stats().requests.queued === 1);

    expect(await long).toEqual([[hex(LONG)]]);
    expect(await next).toEqual([[hex('next')]]);
    // And one for an idle worker: the first request after a long job is the one that Majortomo's own broker loses.
    const after = await Promise.all(
      ['one', 'two', 'three'].map((text) => ours.ask('slow', [hex('echo'), hex(text)], 5_000)),
    );
    expect(after).toEqual([[[hex('one')]], [[hex('two')]], [[hex('three')]]]);
    expect(worker.jobs('sleep')).toBe(1);
    expect(await ours.ask('other', [hex('echo'), hex('idle')])).toEqual([[hex('idle')]]);
    await waitUntil('the idle worker to report its job', () => idle.jobs('echo') === 1);
    // Neither the busy worker nor the idle one was taken for lost, nor took the broker for lost.
    expect(broker.stats().counters).toMatchObject({ workersReady: 2, recovered: 0, dispatched: 6 });
    expect(lostWorkers(broker)).toBe(0);
  });

  test('runs once on our worker with the broker of Majortomo, which is silent meanwhile', async () => {
    const { endpoint } = keep(await majortomoBroker(python, HEARTBEATS));
    const worker = keep(await ourWorker(endpoint, 'slow', { ...OURS, dialect: 'majortomo' }));
    const client = keep(await majortomoClient(python, endpoint));
    expect(await client.ask('slow', [hex('sleep'), hex(LONG)])).toEqual([[hex(LONG)]]);
    expect(worker.jobs('sleep')).toBe(1);
    expect(await client.ask('slow', [hex('echo'), hex('next')])).toEqual([[hex('next')]]);
  });

  test('runs once on our worker with our broker, and Majortomo asks', async () => {
    const { broker, endpoint } = keep(await ourBroker(OURS));
    const worker = keep(await ourWorker(endpoint, 'slow', { ...OURS, dialect: 'rfc18' }));
    const client = keep(await majortomoClient(python, endpoint));
    expect(await client.ask('slow', [hex('sleep'), hex(LONG)])).toEqual([[hex(LONG)]]);
    expect(worker.jobs('sleep')).toBe(1);
    expect(broker.stats().counters.workersReady).toBe(1);
    expect(lostWorkers(broker)).toBe(0);
  });
});
