// SPDX-License-Identifier: Apache-2.0
// restart.test - one broker after another on the same port, with peers that stay

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Broker } from '@mdp/broker';
import { RawPeer, freePort, waitUntil } from '@mdp/testkit';
import { LiveClient, LiveWorker } from '../support/live.js';
import { countEvents } from '../support/socket-events.js';

/** A peer that stays, and how often it was connected. */
interface Staying<T> {
  readonly peer: T;
  readonly connects: () => number;
}

let endpoint: string;
let brokers: Broker[];
let closers: (() => void)[];

beforeEach(async () => {
  endpoint = `tcp://127.0.0.1:${String(await freePort())}`;
  brokers = [];
  closers = [];
});

afterEach(async () => {
  for (const close of closers) close();
  for (const broker of brokers) await broker.stop({ drainMs: 0 });
});

/** Start a successor, and wait until these peers are connected to it: what they said before would be lost. */
async function succeed(...peers: readonly Staying<unknown>[]): Promise<Broker> {
  const before = peers.map(({ connects }) => connects());
  const broker = await startBroker();
  await waitUntil('all to be connected again', () => peers.every(({ connects }, i) => connects() > (before[i] ?? 0)));
  return broker;
}

async function startBroker(): Promise<Broker> {
  const broker = new Broker({ endpoints: endpoint });
  brokers.push(broker);
  await broker.start();
  return broker;
}

function stay<T extends LiveClient | LiveWorker>(wrap: (raw: RawPeer) => T): Staying<T> {
  const raw = new RawPeer(endpoint, { reconnectInterval: 10, reconnectMaxInterval: 50 });
  const peer = wrap(raw);
  closers.push(() => {
    peer.close();
  });
  return { peer, connects: countEvents(raw, 'handshake') };
}

const stayingClient = (): Staying<LiveClient> => stay((raw) => new LiveClient('rfc18', raw));
const stayingWorker = (): Staying<LiveWorker> => stay((raw) => new LiveWorker('rfc18', raw));

test('ten brokers in a row on one port, each right after the one before, serve the same peers', async () => {
  const [client, worker] = [stayingClient(), stayingWorker()];
  for (let i = 1; i <= 10; i++) {
    const broker = await succeed(client, worker);
    expect(broker.endpoints).toEqual([endpoint]);
    await worker.peer.ready('s');
    await client.peer.request('s', `to ${String(i)}`);
    expect(await worker.peer.hear()).toBe(`request to ${String(i)}`);
    await worker.peer.final(`from ${String(i)}`);
    expect(await client.peer.hear()).toBe(`final from ${String(i)}`);
    await broker.stop();
    expect(await worker.peer.hear()).toBe('disconnect');
  }
  expect([client.peer.waiting, worker.peer.waiting]).toEqual([[], []]);
  expect([client.connects(), worker.connects()]).toEqual([10, 10]);
});

test('a worker of the former broker that beats is told DISCONNECT, and is welcome when it says READY (MDP-B-44)', async () => {
  const first = await startBroker();
  const [client, worker] = [stayingClient(), stayingWorker()];
  await worker.peer.ready('s');
  await waitUntil('it to be registered', () => first.stats().workers.registered === 1);
  await first.stop();
  expect(await worker.peer.hear()).toBe('disconnect');
  const second = await succeed(worker, client);
  await worker.peer.beat();
  expect(await worker.peer.hear()).toBe('disconnect');
  expect(second.stats().counters).toMatchObject({ disconnectsSent: 1, dropped: { unexpected: 1 } });
  // One DISCONNECT is enough, whatever it had sent meanwhile.
  await worker.peer.beat();
  await worker.peer.beat();
  await worker.peer.ready('s');
  await client.peer.request('s', 'a');
  expect(await worker.peer.hear()).toBe('request a');
  expect(second.stats().counters).toMatchObject({ disconnectsSent: 1, dropped: { afterDisconnect: 2 } });
});

/** A worker that holds a token of a broker that is gone, a client, and the broker that came after it. */
async function orphaned() {
  const first = await startBroker();
  const [client, worker] = [stayingClient(), stayingWorker()];
  await worker.peer.ready('s');
  await client.peer.request('s', 'a');
  expect(await worker.peer.hear()).toBe('request a');
  await first.stop({ drainMs: 0 });
  expect(await client.peer.hear()).toBe('error 503');
  expect(await worker.peer.hear()).toBe('disconnect');

  const second = await succeed(worker, client);
  return { client, worker, second };
}

test.each(['partial', 'final'] as const)(
  'a %s with a token of the former broker reaches nobody, and its worker is told DISCONNECT',
  async (reply) => {
    const { client, worker, second } = await orphaned();
    const newcomer = stayingWorker().peer;
    await newcomer.ready('s');
    // The new broker's first attempt has the same number as the old one's: its token must be another one all the same.
    await client.peer.request('s', 'b');
    expect(await newcomer.hear()).toBe('request b');
    expect(newcomer.address.equals(worker.peer.address)).toBe(false);
    await worker.peer[reply]('of the former broker');
    expect(await worker.peer.hear()).toBe('disconnect');
    expect(second.stats().counters.dropped).toMatchObject({ foreignToken: 1, lateToken: 0, forgedToken: 0 });
    await newcomer.final('c');
    expect(await client.peer.hear()).toBe('final c');
    expect(client.peer.waiting).toEqual([]);
  },
);

test('a registered worker that replies with such a token is no worker any more', async () => {
  const { client, worker, second } = await orphaned();
  await worker.peer.ready('s');
  await worker.peer.final('of the former broker');
  expect(await worker.peer.hear()).toBe('disconnect');
  await client.peer.request('mmi.service', 's');
  expect(await client.peer.hear()).toBe('final 404');
  expect(second.stats().counters).toMatchObject({ dropped: { foreignToken: 1 }, workersLost: { unexpected: 1 } });
});
