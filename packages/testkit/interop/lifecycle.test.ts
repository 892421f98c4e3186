// SPDX-License-Identifier: Apache-2.0
// lifecycle.test - idle times, restarts, deaths and farewells between Majortomo and us

import { afterEach, describe, expect, test } from '@jest/globals';
import { findMajortomo, freePort, waitUntil } from '@mdp/testkit';
import { majortomoBroker, majortomoClient, majortomoWorker } from './majortomo.js';
import { hex, lostWorkers, ourBroker, ourClient, ourWorker } from './sides.js';

const majortomo = await findMajortomo();
const python = majortomo.python ?? '';
const suite = majortomo.python === undefined ? describe.skip : describe;

const HEARTBEATS = { heartbeat: 0.125, timeout: 0.5 };
const OURS = { heartbeatIntervalMs: 125, heartbeatLiveness: 4 };

const open: { close: () => Promise<void> }[] = [];

function keep<T extends { close: () => Promise<void> }>(side: T): T {
  open.unshift(side);
  return side;
}

afterEach(async () => {
  for (const side of open.splice(0)) await side.close();
});

suite('idle', () => {
  test("Majortomo's worker stays with our broker for ten timeouts without a request", async () => {
    const { broker, endpoint } = keep(await ourBroker(OURS));
    keep(await majortomoWorker(python, endpoint, 'echo', HEARTBEATS));
    await waitUntil('40 heartbeats to the worker', () => broker.stats().counters.heartbeatsSent >= 40);
    expect(broker.stats().counters).toMatchObject({ workersReady: 1, dropped: { invalid: 0 } });
    expect(lostWorkers(broker)).toBe(0);
  });

  test("our worker stays with Majortomo's broker for ten timeouts without a request", async () => {
    const { endpoint, process } = keep(await majortomoBroker(python, HEARTBEATS));
    keep(await ourWorker(endpoint, 'echo', { ...OURS, dialect: 'majortomo' }));
    const client = keep(await majortomoClient(python, endpoint));
    const start = performance.now();
    await waitUntil('ten timeouts to pass', () => performance.now() - start > 5_000);
    expect(await client.ask('echo', [hex('echo'), hex('still there')])).toEqual([[hex('still there')]]);
    // Majortomo logs a READY of a worker that it knows, and a HEARTBEAT of one that it does not.
    expect(process.stderr).toBe('');
  });
});

suite('a restart', () => {
  test('of our broker: our worker comes back, and the one of Majortomo stops, as it is made to', async () => {
    const endpoint = `tcp://127.0.0.1:${String(await freePort())}`;
    const first = keep(await ourBroker({ ...OURS, endpoints: endpoint }));
    const theirs = keep(await majortomoWorker(python, endpoint, 'theirs', HEARTBEATS));
    keep(await ourWorker(endpoint, 'ours', { ...OURS, dialect: 'majortomo' }));
    await waitUntil('both workers', () => first.broker.stats().workers.registered === 2);

    await first.close();
    await theirs.process.event('stopped');
    const second = keep(await ourBroker({ ...OURS, endpoints: endpoint }));
    const client = keep(await majortomoClient(python, endpoint));
    expect(await client.ask('ours', [hex('echo'), hex('again')])).toEqual([[hex('again')]]);
    expect(second.broker.stats().services.map(({ name }) => name)).toEqual(['ours']);
  });

  test('of the broker of Majortomo: our worker comes back', async () => {
    const first = keep(await majortomoBroker(python, HEARTBEATS));
    const { endpoint } = first;
    keep(await ourWorker(endpoint, 'ours', { ...OURS, dialect: 'majortomo' }));
    const client = keep(ourClient(endpoint, 'majortomo'));
    expect(await client.ask('ours', [hex('echo'), hex('before')])).toEqual([[hex('before')]]);
    await first.process.kill();
    keep(await majortomoBroker(python, { ...HEARTBEATS, endpoint }));
    expect(await client.ask('ours', [hex('echo'), hex('after')])).toEqual([[hex('after')]]);
  });
});

suite('a loss', () => {
  test('of a worker of Majortomo during its job: another one gets the request', async () => {
    const { broker, endpoint } = keep(await ourBroker());
    const first = keep(await majortomoWorker(python, endpoint, 'risky'));
    await waitUntil('the first', () => broker.stats().workers.registered === 1);
    // It waits for longer, and comes first. A second one that was started later might find the work done.
    const second = keep(await majortomoWorker(python, endpoint, 'risky'));
    await waitUntil('the second', () => broker.stats().workers.registered === 2);
    const client = keep(await majortomoClient(python, endpoint));
    const reply = client.ask('risky', [hex('sleep'), hex('1')]);
    await first.process.event('job');
    await first.process.kill();
    expect(await reply).toEqual([[hex('1')]]);
    expect(second.jobs('sleep')).toBe(1);
    expect(broker.stats().counters).toMatchObject({ recovered: 1, workersLost: { unreachable: 1 } });
  });

  test('of the worker leaves a client of Majortomo without a reply, not with an error that it takes for one', async () => {
    const { broker, endpoint } = keep(await ourBroker({ maxAttempts: 1 }));
    const worker = keep(await majortomoWorker(python, endpoint, 'risky'));
    const client = keep(await majortomoClient(python, endpoint));
    const reply = client.ask('risky', [hex('sleep'), hex('30')], 2_000);
    await worker.process.event('job');
    await worker.process.kill();
    await expect(reply).rejects.toThrow('timeout');
    expect(broker.stats().counters).toMatchObject({ errorsWithheld: 1, failed: { 502: 1 } });
  });

  test('of the client: the worker of Majortomo goes on with the next one', async () => {
    const { endpoint } = keep(await ourBroker());
    const worker = keep(await majortomoWorker(python, endpoint, 'service'));
    const gone = keep(await majortomoClient(python, endpoint));
    const lost = gone.ask('service', [hex('sleep'), hex('0.5')]).catch((error: unknown) => error);
    await worker.process.event('job');
    await gone.close();
    expect(String(await lost)).toMatch(/ended before/);
    const client = keep(ourClient(endpoint, 'rfc18'));
    expect(await client.ask('service', [hex('echo'), hex('next')])).toEqual([[hex('next')]]);
  });
});

suite('a farewell', () => {
  test("SIGTERM ends Majortomo's worker, and our broker knows at once", async () => {
    const { broker, endpoint } = keep(await ourBroker());
    const worker = keep(await majortomoWorker(python, endpoint, 'echo'));
    await waitUntil('the worker', () => broker.stats().workers.registered === 1);
    worker.process.signal('SIGTERM');
    await waitUntil('its DISCONNECT', () => broker.stats().workers.registered === 0);
    expect(broker.stats().counters.workersLost).toMatchObject({ disconnect: 1, unreachable: 0 });
  });

  test("stop() of our worker reaches Majortomo's broker: no request is given to it any more", async () => {
    const { endpoint } = keep(await majortomoBroker(python));
    const leaving = await ourWorker(endpoint, 'echo', { dialect: 'majortomo' });
    const client = keep(await majortomoClient(python, endpoint));
    expect(await client.ask('echo', [hex('echo'), hex('one')])).toEqual([[hex('one')]]);
    await leaving.close();
    keep(await ourWorker(endpoint, 'echo', { dialect: 'majortomo' }));
    expect(await client.ask('echo', [hex('echo'), hex('two')])).toEqual([[hex('two')]]);
    expect(leaving.jobs('echo')).toBe(1);
  });
});

suite('what Majortomo does not know', () => {
  test('its client hears nothing of a service that nobody offers, and goes on', async () => {
    const { endpoint } = keep(await ourBroker({ noWorkerTimeoutMs: 50 }));
    const client = keep(await majortomoClient(python, endpoint));
    await expect(client.ask('nobody', [hex('echo')], 500)).rejects.toThrow('timeout');
    keep(await majortomoWorker(python, endpoint, 'somebody'));
    expect(await client.ask('somebody', [hex('echo'), hex('hello')])).toEqual([[hex('hello')]]);
  });

  test('its client asks our broker for services (MMI)', async () => {
    const { broker, endpoint } = keep(await ourBroker());
    keep(await majortomoWorker(python, endpoint, 'offered'));
    await waitUntil('the worker', () => broker.stats().workers.registered === 1);
    const client = keep(await majortomoClient(python, endpoint));
    expect(await client.ask('mmi.service', [hex('offered')])).toEqual([[hex('200')]]);
    expect(await client.ask('mmi.service', [hex('missing')])).toEqual([[hex('404')]]);
    expect(await client.ask('mmi.nothing', [hex('x')])).toEqual([[hex('501')]]);
  });

  test('our client that asks its broker for a service that nobody offers gets its own timeout', async () => {
    const { endpoint } = keep(await majortomoBroker(python));
    const client = keep(ourClient(endpoint, 'majortomo'));
    await expect(client.ask('nobody', [hex('echo')], 200)).rejects.toMatchObject({ code: 'MDP_TIMEOUT' });
    keep(await majortomoWorker(python, endpoint, 'somebody'));
    expect(await client.ask('somebody', [hex('echo'), hex('hello')])).toEqual([[hex('hello')]]);
  });
});
