// SPDX-License-Identifier: Apache-2.0
// curve.test - a worker at an encrypted broker: let in, refused, let in later, on every wire

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { BrokerOptions } from '@mdp/broker';
import { Broker } from '@mdp/broker';
import type { CurveKeyPair } from '@mdp/protocol/node';
import { generateKeyPair } from '@mdp/protocol/node';
import { waitUntil } from '@mdp/testkit';
import { Context } from 'zeromq';
import type { CurveOptions, Disconnection, Reconnection, WorkerOptions } from '../../src/index.js';
import { Worker } from '../../src/index.js';
import { onEnd, stopAtEnd } from './support.js';

const server = generateKeyPair();
const alice = generateKeyPair();
const eve = generateKeyPair();

const SOON = { reconnectBaseMs: 5, reconnectMaxMs: 20 };
const NO = 'this key is not allowed (curve)';

let folder: string;
let list: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mdp-worker-curve-'));
  list = join(folder, 'workers');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  writeFileSync(list, `${alice.publicKey} alice\n`);
});

async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const encrypted = { curve: { secretKey: server.secretKey }, allow: list };
  const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*', ...encrypted, ...options });
  await broker.start();
  onEnd(() => broker.stop({ drainMs: 0 }));
  return broker;
}

function keysOf({ secretKey }: CurveKeyPair, serverKey = server.publicKey): { curve: CurveOptions } {
  return { curve: { serverKey, secretKey } };
}

/** A worker that is started, and what it told. */
async function startWorker(endpoints: readonly string[], options: WorkerOptions): Promise<Told> {
  const worker = new Worker(endpoints, 'echo', ({ body }) => body, { ...SOON, ...options });
  stopAtEnd(worker);
  const told: Told = { worker, lost: [], tries: [] };
  worker.on('disconnected', (event) => told.lost.push(event));
  worker.on('reconnecting', (event) => told.tries.push(event));
  await worker.start();
  return told;
}

interface Told {
  readonly worker: Worker;
  readonly lost: Disconnection[];
  readonly tries: Reconnection[];
}

/** Wait until it was refused so often. @returns what it was told the last time */
async function refused({ lost }: Told, times = 1): Promise<string | undefined> {
  await waitUntil(`${String(times)} refusals`, () => lost.length >= times);
  expect(new Set(lost.map(({ reason }) => reason))).toEqual(new Set(['refused']));
  return lost.at(-1)?.detail;
}

describe.each(['rfc18', 'mx', 'auto'] as const)('wire %s', (wire) => {
  test('whose key is allowed registers', async () => {
    const broker = await startBroker();
    const { worker } = await startWorker(broker.endpoints, { wire, ...keysOf(alice), concurrency: 3 });
    await waitUntil('the registration', () => broker.stats().workers.registered === (wire === 'rfc18' ? 3 : 1));
    expect(worker.stats().endpoints[0]?.wire).toBe(wire === 'rfc18' ? 'rfc18' : 'mx');
    expect(broker.stats().counters.handshakesFailed).toEqual({ auth: 0, protocol: 0, other: 0 });
  });

  test('whose key is not is told so, tries again with pauses, and registers once it is', async () => {
    const broker = await startBroker();
    const told = await startWorker(broker.endpoints, { wire, ...keysOf(eve) });
    const { worker, lost, tries } = told;
    expect(await refused(told, 4)).toBe(NO);
    expect(lost[0]).toEqual({ endpoint: broker.endpoints[0], reason: 'refused', detail: NO });
    expect(tries.slice(0, 4).map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    writeFileSync(list, `${eve.publicKey} eve\n`);
    broker.reloadKeys();
    await waitUntil('the registration', () => worker.stats().registered === 1);
    expect(worker.stats().counters.disconnects).toMatchObject({ refused: lost.length });
    expect(broker.stats().counters.keysRefused.unknownKey).toBe(lost.length);
  });

  test('who takes another key for that of the broker is asked about it', async () => {
    const told = await startWorker((await startBroker()).endpoints, { wire, ...keysOf(alice, eve.publicKey) });
    expect(await refused(told)).toBe('it closed the handshake 5 times: is serverKey its key, and does it encrypt?');
  });

  test('who does not encrypt is told that the broker does', async () => {
    const told = await startWorker((await startBroker()).endpoints, { wire });
    expect(await refused(told)).toBe('it expects an encrypted connection (curve)');
  });

  test('who encrypts is told that the broker does not', async () => {
    const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
    await broker.start();
    onEnd(() => broker.stop({ drainMs: 0 }));
    const told = await startWorker(broker.endpoints, { wire, ...keysOf(alice) });
    // ZeroMQ reads what the broker says before it hangs up, or only that it hangs up.
    expect(await refused(told)).toMatch(
      /^(?:it is not encrypted, and this side has keys \(curve\)|it closed the handshake 5 times: .* does it encrypt\?)$/,
    );
  });

  test('serves the brokers that let it in while another one does not, and registers again where one was restarted', async () => {
    const other = join(folder, 'other');
    writeFileSync(other, `${eve.publicKey}\n`);
    const [first, second] = [await startBroker(), await startBroker({ allow: other })];
    const told = await startWorker([...first.endpoints, ...second.endpoints], { wire, ...keysOf(alice) });
    expect(await refused(told)).toBe(NO);
    await waitUntil('the registration', () => first.stats().workers.registered === 1);
    const { endpoints } = first;
    await first.stop({ drainMs: 0 });
    const third = await startBroker({ endpoints });
    await waitUntil('the registration anew', () => third.stats().workers.registered === 1);
  });
});

test('sockets that were refused are given back: a worker may be refused for ever', async () => {
  const context = new Context({ maxSockets: 80 });
  const broker = await startBroker();
  const told = await startWorker(broker.endpoints, { ...keysOf(eve), context });
  // With 64 of them left to others, there is room for 5 connections.
  expect(await refused(told, 12)).toBe(NO);
});

test('nothing that can be looked at shows a secret key', async () => {
  const broker = await startBroker();
  const told = await startWorker(broker.endpoints, keysOf(eve));
  await refused(told);
  const shown = inspect([told, told.worker.stats()], { depth: 20, showHidden: true });
  expect(shown).not.toContain(eve.secretKey);
});

test('keys that are not allowed are refused by name, and inproc does not go with any', () => {
  const make = (endpoint: string, curve: CurveOptions): Worker => new Worker(endpoint, 'echo', () => 'ok', { curve });
  const argument = (name: string): unknown => expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT', argument: name });
  expect(() => make('tcp://a:1', {})).toThrow(argument('curve.serverKey'));
  expect(() => make('tcp://a:1', { serverKey: server.publicKey, secretKey: 'x' })).toThrow(argument('curve.secretKey'));
  expect(() => make('inproc://a', keysOf(alice).curve)).toThrow(argument('curve'));
});
