// SPDX-License-Identifier: Apache-2.0
// heartbeat.test - HEARTBEATs on real sockets: when they are sent, and what their absence means

import { describe, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { Gate, HandBroker, startWorker } from './support.js';

/** Much shorter than the default, and long enough for a machine that has other things to do. */
const INTERVAL_MS = 50;

/** Where a pause of this process, on a machine with other things to do, would be taken for what is tested. */
const PATIENT_INTERVAL_MS = 200;

describe('a worker beats', () => {
  test('when it is idle and when it is busy (MDP-W-24)', async () => {
    const broker = await HandBroker.bind();
    broker.beat();
    const gate = new Gate();
    const worker = await startWorker(broker.endpoint, () => gate.passed, {
      heartbeatIntervalMs: INTERVAL_MS,
      heartbeatLiveness: 20,
    });
    const peer = await broker.ready();
    for (let i = 0; i < 3; i++) expect((await broker.take('heartbeat')).peer).toBe(peer);
    await broker.request(peer, 't1');
    await waitUntil('the request to run', () => worker.stats().busy === 1);
    for (let i = 0; i < 3; i++) expect((await broker.take('heartbeat')).peer).toBe(peer);
    gate.open();
    await broker.reply(peer, 't1');
    expect(worker.stats().counters.readys).toBe(1);
  });

  test('not while it streams (MDP-W-23)', async () => {
    const broker = await HandBroker.bind();
    const worker = await startWorker(
      broker.endpoint,
      async function* () {
        const end = performance.now() + 4 * PATIENT_INTERVAL_MS;
        while (performance.now() < end) {
          yield 'part';
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
      { heartbeatIntervalMs: PATIENT_INTERVAL_MS, heartbeatLiveness: 100 },
    );
    const peer = await broker.ready();
    await broker.request(peer, 't1');
    await waitUntil('the stream to end', () => worker.stats().counters.finals === 1);
    const { partials } = worker.stats().counters;
    await waitUntil('all of it', () => broker.said.some(({ message }) => message.type === 'final'));
    const types = broker.said.map(({ message }) => message.type);
    const stream = types.slice(types.indexOf('partial'), types.indexOf('final'));
    expect(stream).toEqual(Array(partials).fill('partial'));
  });
});

describe('a broker that is silent', () => {
  test.each(['idle', 'busy'])(
    'is given up by a worker that is %s after the liveness, for a new socket (MDP-W-25, MDP-W-26)',
    async (which) => {
      const broker = await HandBroker.bind();
      const worker = await startWorker(broker.endpoint, () => new Promise<undefined>(() => undefined), {
        heartbeatIntervalMs: PATIENT_INTERVAL_MS,
      });
      const old = await broker.ready();
      if (which === 'busy') await broker.request(old, 't1');
      const start = performance.now();
      const next = await broker.ready();
      expect(next).not.toBe(old);
      // Whatever the machine was doing: not before the liveness.
      expect(performance.now() - start).toBeGreaterThan(3 * PATIENT_INTERVAL_MS);
      expect(worker.stats().counters.disconnects).toMatchObject({ silent: 1, disconnect: 0 });
    },
  );

  test('is not given up while its commands flow (MDP-W-22)', async () => {
    const broker = await HandBroker.bind();
    const worker = await startWorker(broker.endpoint, () => 'ok', {
      heartbeatIntervalMs: INTERVAL_MS,
      heartbeatLiveness: 10,
    });
    const peer = await broker.ready();
    const end = performance.now() + 15 * INTERVAL_MS;
    for (let i = 0; performance.now() < end; i++) {
      await broker.request(peer, `t${String(i)}`);
      await broker.reply(peer, `t${String(i)}`);
    }
    expect(worker.stats().counters).toMatchObject({ readys: 1, heartbeatsReceived: 0 });
  });

  test.each(['majortomo', 'mdp01'] as const)(
    'may be so during a job in dialect %s, whose brokers do not beat busy workers',
    async (dialect) => {
      const broker = await HandBroker.bind(dialect);
      const gate = new Gate();
      const worker = await startWorker(broker.endpoint, () => gate.passed, {
        dialect,
        heartbeatIntervalMs: PATIENT_INTERVAL_MS,
      });
      const peer = await broker.ready();
      await broker.request(peer, 't1');
      await waitUntil('three times the liveness', () => worker.stats().counters.heartbeatsSent >= 12);
      gate.open();
      await broker.reply(peer, 't1');
      expect(worker.stats().counters).toMatchObject({ readys: 1, finals: 1 });
      // Idle again, it is judged again.
      expect(await broker.ready()).not.toBe(peer);
      expect(worker.stats().counters.disconnects.silent).toBe(1);
    },
  );
});
