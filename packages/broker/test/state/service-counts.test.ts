// SPDX-License-Identifier: Apache-2.0
// service-counts.test - what is counted for each service, and for how long it is kept

import { describe, expect, test } from '@jest/globals';
import { LATENCY_BOUNDS_MS, STATUS } from '@mdp/protocol';
import { describeServices } from '../../src/state/mmi.js';
import type { ServiceStats } from '../../src/stats.js';
import { MxTestPeer } from '../support/state-mx.js';
import type { TestWorker } from '../support/state-peers.js';
import { Bench, INTERVAL } from '../support/state-peers.js';

/** A service as the broker describes it. */
function described(bench: Bench, name: string): ServiceStats {
  const service = describeServices(bench.now, bench.state.dispatcher.services).find((each) => each.name === name);
  if (service === undefined) throw new Error(`the broker does not know ${name}`);
  return service;
}

/** A worker answers the request that it was sent last. */
function answer(worker: TestWorker, type: 'partial' | 'final', ...body: string[]): void {
  worker.take();
  worker[type](...body);
}

/** How many durations there were by the upper bound of their bucket, without those that there were none in. */
function byBound({ counts }: ServiceStats['waitMs']): Record<string, number> {
  const bounds = [...LATENCY_BOUNDS_MS, Infinity];
  const found = counts.map((count, i) => [String(bounds[i]), count] as const).filter(([, count]) => count !== 0);
  return Object.fromEntries<number>(found);
}

describe('the counts of a service', () => {
  test('are at zero when it has a worker and nothing else', () => {
    const bench = new Bench();
    bench.worker('w').ready('s');
    const nothing = { count: 0, sumMs: 0, counts: [] };
    expect(described(bench, 's')).toEqual({
      ...{ name: 's', workers: 1, waiting: 1, busy: 0, queued: 0, oldestMs: 0 },
      ...{ requests: 0, dispatched: 0, partials: 0, finals: 0, failed: {}, cancelled: 0, abandoned: 0, recovered: 0 },
      ...{ bytesIn: 0, bytesOut: 0, waitMs: nothing, serviceMs: nothing },
    });
  });

  test('tell of requests, attempts, replies and the bytes of both', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    const client = bench.client('c');
    client.request('s', 'four', 'x');
    answer(worker, 'partial', 'ab');
    answer(worker, 'final', 'c', 'de');
    bench.worker('v').ready('other');
    expect(described(bench, 's')).toMatchObject({
      ...{ requests: 1, dispatched: 1, partials: 1, finals: 1, failed: {}, bytesIn: 5, bytesOut: 5 },
    });
    expect(described(bench, 'other')).toMatchObject({ requests: 0, bytesIn: 0 });
  });

  test('tell of errors by status: of the worker, of time and of a full queue', () => {
    const bench = new Bench({ services: { s: { maxQueued: 1, queueTimeoutMs: 2 * INTERVAL } } });
    const worker = bench.worker('w').ready('s');
    const client = bench.client('c');
    for (const body of ['runs', 'waits', 'is refused']) client.request('s', body);
    bench.advance(2 * INTERVAL);
    answer(worker, 'final', 'MDPE01', '500', 'it failed');
    const { requests, finals, failed } = described(bench, 's');
    expect({ requests, finals, failed }).toEqual({
      ...{ requests: 3, finals: 0 },
      failed: { [STATUS.OVERLOADED]: 1, [STATUS.DEADLINE]: 1, [STATUS.HANDLER_FAILED]: 1 },
    });
  });

  test('tell of requests that were taken back, whose clients are gone, and that were recovered', () => {
    const bench = new Bench({ services: { s: { maxAttempts: 2 } } });
    const lost = bench.worker('w').ready('s');
    const client = bench.client('c');
    client.request('s', 'recovered');
    lost.disconnect();
    bench.worker('v').ready('s');
    new MxTestPeer(bench, 'm').tell({ request: 's', id: 1 }, { cancel: 1 });
    bench.client('d').request('s', 'abandoned');
    bench.state.unreachable(bench.now, bench.client('d').connection, []);
    expect(described(bench, 's')).toMatchObject({
      requests: 3,
      dispatched: 2,
      recovered: 1,
      cancelled: 1,
      abandoned: 1,
    });
  });

  test('leave out what is refused before it comes to a service', () => {
    const bench = new Bench({ maxBodyBytes: 4 });
    bench.worker('w').ready('s');
    bench.client('c').request('s', 'too large');
    expect(described(bench, 's')).toMatchObject({ requests: 0, failed: {} });
    expect(bench.counters.failed[STATUS.TOO_LARGE]).toBe(1);
  });
});

describe('durations', () => {
  test('a request that finds a worker has waited for nothing; one that waits, for its time', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    const client = bench.client('c');
    client.request('s', 'first');
    client.request('s', 'second');
    bench.clock.advance(100);
    answer(worker, 'final', 'x');
    bench.clock.advance(300);
    answer(worker, 'final', 'x');
    const { waitMs, serviceMs } = described(bench, 's');
    expect([waitMs.count, waitMs.sumMs, byBound(waitMs)]).toEqual([2, 100, { 0.125: 1, 128: 1 }]);
    expect([serviceMs.count, serviceMs.sumMs, byBound(serviceMs)]).toEqual([2, 400, { 128: 1, 512: 1 }]);
  });

  test('what is recovered waits anew, and its worker begins anew', () => {
    const bench = new Bench({ services: { s: { maxAttempts: 2 } } });
    const lost = bench.worker('w').ready('s');
    bench.client('c').request('s');
    bench.clock.advance(50);
    lost.disconnect();
    bench.clock.advance(7);
    const worker = bench.worker('v').ready('s');
    bench.clock.advance(3);
    answer(worker, 'final', 'x');
    const { waitMs, serviceMs } = described(bench, 's');
    expect([waitMs.sumMs, waitMs.count, serviceMs.sumMs, serviceMs.count]).toEqual([7, 2, 3, 1]);
  });

  test('are told by the same copy until there are more, and by none that can be changed', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    const client = bench.client('c');
    client.request('s');
    const before = described(bench, 's');
    const again = described(bench, 's');
    expect([again.waitMs, again.serviceMs]).toEqual([before.waitMs, before.serviceMs]);
    expect(again.waitMs).toBe(before.waitMs);
    expect(() => ((before.waitMs.counts as number[])[0] = 99)).toThrow(TypeError);
    answer(worker, 'final', 'x');
    client.request('s');
    expect(described(bench, 's').waitMs.count).toBe(2);
    expect(before.waitMs.count).toBe(1);
  });

  test('how long a worker took for what nobody waited for any more is left out', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    const client = bench.client('c');
    client.request('s');
    bench.state.unreachable(bench.now, client.connection, []);
    answer(worker, 'final', 'x');
    expect(described(bench, 's').serviceMs.count).toBe(0);
  });

  test('the oldest that waits tells how long; it was queued first, or again', () => {
    const bench = new Bench({ services: { s: { maxAttempts: 2 } } });
    const worker = bench.worker('w').ready('s');
    const client = bench.client('c');
    client.request('s', 'first');
    client.request('s', 'second');
    bench.clock.advance(40);
    expect(described(bench, 's').oldestMs).toBe(40);
    worker.disconnect();
    bench.clock.advance(2);
    expect(described(bench, 's')).toMatchObject({ queued: 2, oldestMs: 42 });
  });
});

describe('a service that is gone', () => {
  /** One request, served and answered, and the worker goes. */
  function serveOnce(bench: Bench, name: string): void {
    const worker = bench.worker(`w ${name}`).ready(name);
    bench.client('c').request(name);
    answer(worker, 'final', 'x');
    worker.disconnect();
  }

  test('goes on counting where it was when it comes back', () => {
    const bench = new Bench();
    serveOnce(bench, 's');
    expect(bench.state.dispatcher.services.size).toBe(0);
    bench.client('c').request('s');
    expect(described(bench, 's')).toMatchObject({ requests: 2, finals: 1, queued: 1 });
    expect([...bench.state.dispatcher.remembered]).toEqual([]);
  });

  test('begins anew when no worker was ever given a request for it: anybody can invent names', () => {
    const bench = new Bench();
    const client = bench.client('c');
    client.request('invented');
    bench.advance(10 * 60_000);
    expect(bench.state.dispatcher.services.size).toBe(0);
    client.request('invented');
    expect(described(bench, 'invented')).toMatchObject({ requests: 1, failed: {} });
  });

  test('is remembered until 1,000 others are gone since then', () => {
    const bench = new Bench();
    for (const name of ['forgotten', 'kept']) serveOnce(bench, name);
    for (let i = 0; i < 999; i++) serveOnce(bench, `service ${String(i)}`);
    expect([...bench.state.dispatcher.remembered]).toHaveLength(1_000);
    for (const name of ['kept', 'forgotten']) bench.client('c').request(name);
    expect(described(bench, 'kept').requests).toBe(2);
    expect(described(bench, 'forgotten').requests).toBe(1);
  });
});
