// SPDX-License-Identifier: Apache-2.0
// curve.test - encrypted endpoints: who gets in, who does not, and what becomes of it when a list changes

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dealer } from 'zeromq';
import type { BrokerCounters, BrokerOptions, ConnectionRefusal } from '@mdp/broker';
import { Broker } from '@mdp/broker';
import { formatKeyFile } from '@mdp/protocol/internal';
import type { CurveKeyPair } from '@mdp/protocol/node';
import { generateKeyPair } from '@mdp/protocol/node';
import { waitUntil } from '@mdp/testkit';
import { AllowFiles } from '../../src/security/allow-files.js';
import { AllowList } from '../../src/security/allow-list.js';
import { Gatekeeper } from '../../src/security/gatekeeper.js';
import { Live } from '../support/live.js';
import type { Tongue } from '../support/wire.js';

const server = generateKeyPair();
const alice = generateKeyPair();
const bob = generateKeyPair();
const eve = generateKeyPair();

const TCP = 'tcp://127.0.0.1:*';

/** What a peer sets to be let in. */
function keysOf(pair: CurveKeyPair, serverKey = server.publicKey): ConstructorParameters<typeof Dealer>[0] {
  return { curveServerKey: serverKey, curvePublicKey: pair.publicKey, curveSecretKey: pair.secretKey };
}

let it: Live;
let folder: string;
let list: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mdp-allow-'));
  list = join(folder, 'peers');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  writeFileSync(list, `${alice.publicKey} alice\n${bob.publicKey} expires=2020-01-31 bob\n`);
});
afterEach(async () => {
  await it.close();
});

async function start(options: BrokerOptions): Promise<ConnectionRefusal[]> {
  it = await Live.start({ endpoints: TCP, curve: { secretKey: server.secretKey }, ...options });
  const refusals: ConnectionRefusal[] = [];
  it.broker.on('connectionRefused', (refusal) => refusals.push(refusal));
  return refusals;
}

/** A client with a key asks what any broker knows. */
async function answered(pair: CurveKeyPair, tongue: Tongue = 'rfc18'): Promise<string> {
  const client = it.client(tongue, keysOf(pair));
  await client.request('mmi.service', 's');
  return client.hear();
}

/** Wait until so many peers were refused for a reason. */
async function refused(reason: ConnectionRefusal['reason'], count = 1): Promise<void> {
  await it.until(`${String(count)} refused as ${reason}`, (stats) => stats.counters.keysRefused[reason] >= count);
}

describe('with an allow-list', () => {
  test.each(['rfc18', 'mx', 'majortomo', 'mdp01'] as const)(
    'requests and replies of %s pass, and large ones and parts of them too',
    async (tongue) => {
      await start({ allow: list });
      const worker = it.worker(tongue, keysOf(alice));
      await worker.ready('s');
      await it.until('the worker to be registered', (stats) => stats.workers.registered === 1);
      const client = it.client(tongue, keysOf(alice));
      const large = 'x'.repeat(300_000);
      await client.request('s', large);
      expect(await worker.hear()).toBe(`request ${large}`);
      await worker.final(large, 'y');
      expect(await client.hear()).toBe(`final ${large} y`);
    },
  );

  test('who is on it is served; who is not, and whose key has expired, is refused and counted', async () => {
    const refusals = await start({ allow: list });
    expect(await answered(alice)).toBe('final 404');
    it.client('rfc18', keysOf(eve));
    await refused('unknownKey');
    it.client('rfc18', keysOf(bob));
    await refused('expiredKey');
    expect(refusals).toEqual([
      { key: eve.publicKey, address: '127.0.0.1', name: '', reason: 'unknownKey' },
      { key: bob.publicKey, address: '127.0.0.1', name: 'bob', reason: 'expiredKey' },
    ]);
    await it.until('two failed handshakes', ({ counters }) => counters.handshakesFailed.auth === 2);
    const { counters, listening, endpoints } = it.broker.stats();
    expect(counters.keysAccepted).toBe(1);
    expect(listening).toEqual([
      {
        ...{ endpoints, role: 'any', curve: true, allow: 'list', keysListed: 2 },
        ...{ keysAccepted: 1, keysRefused: { unknownKey: 1, expiredKey: 1 } },
      },
    ]);
  });

  test('an endpoint without one of its own takes that of the broker; one that has one does not', async () => {
    const own = join(folder, 'own.key');
    writeFileSync(own, formatKeyFile({ publicKey: eve.publicKey }));
    await start({ allow: list, endpoints: [TCP, { endpoint: TCP, allow: own }] });
    const [first = '', second = ''] = it.broker.endpoints;
    it.clientEndpoint = first;
    expect(await answered(alice)).toBe('final 404');
    it.clientEndpoint = second;
    expect(await answered(eve)).toBe('final 404');
    it.client('rfc18', keysOf(alice));
    await refused('unknownKey');
    expect(it.broker.stats().listening).toMatchObject([
      { endpoints: [first], keysListed: 2, keysAccepted: 1, keysRefused: {} },
      { endpoints: [second], keysListed: 1, keysAccepted: 1, keysRefused: { unknownKey: 1 } },
    ]);
    expect(it.broker.listening).toEqual([
      { endpoint: first, role: 'any', curve: true, allow: [list], services: undefined },
      { endpoint: second, role: 'any', curve: true, allow: [own], services: undefined },
    ]);
  });

  test("a client's key does not register a worker", async () => {
    const workers = join(folder, 'workers');
    writeFileSync(workers, `${eve.publicKey}\n`);
    await start({
      endpoints: [
        { endpoint: TCP, role: 'client', allow: list },
        { endpoint: TCP, role: 'worker', allow: workers },
      ],
    });
    const [forClients = '', forWorkers = ''] = it.broker.endpoints;
    it.workerEndpoint = forWorkers;
    await it.worker('rfc18', keysOf(alice)).ready('s');
    await refused('unknownKey');
    it.workerEndpoint = forClients;
    await it.worker('rfc18', keysOf(alice)).ready('s');
    await it.until('its READY to be dropped', ({ counters }) => counters.dropped.role === 1);
    expect(it.broker.stats().workers.registered).toBe(0);
  });

  test('a list that changes is read again by itself, and one that has a fault changes nothing', async () => {
    await start({ allow: list });
    const faults: string[] = [];
    it.broker.on('error', (error) => faults.push(error.message));
    let reloaded = -1;
    it.broker.on('keysReloaded', (keys) => (reloaded = keys));
    it.client('rfc18', keysOf(eve));
    await refused('unknownKey');

    writeFileSync(list, `${alice.publicKey} alice\n${eve.publicKey} eve\n${bob.publicKey}\n`);
    await waitUntil('the list to be read again', () => reloaded === 3);
    expect(await answered(eve)).toBe('final 404');

    writeFileSync(list, `${alice.publicKey} alice\nbroken\n`);
    await waitUntil('the fault to be told', () => faults.length > 0);
    expect(faults[0]).toContain('line 2 does not begin with a public key');
    expect(await answered(eve)).toBe('final 404');
  });

  test('and has a fault is told of once, also when a log beside it grows with each time, and once when it is well', async () => {
    await start({ allow: list });
    const text = readFileSync(list, 'utf8');
    // Sees what the broker sees, and just after it.
    let changes = 0;
    const fail = (error: Error): void => {
      throw error;
    };
    const end = new AllowFiles('allow', [list]).watch(() => changes++, fail);
    const log = join(folder, 'log');
    const faults: string[] = [];
    it.broker.on('error', ({ message }) => {
      faults.push(message);
      appendFileSync(log, `${message}\n`);
    });
    const reloaded: number[] = [];
    it.broker.on('keysReloaded', (keys) => reloaded.push(keys));
    try {
      writeFileSync(list, 'broken\n');
      await waitUntil('the fault to be told', () => faults.length > 0);
      for (let i = 0; i < 3; i++) {
        const before = changes;
        appendFileSync(log, 'more\n');
        await waitUntil('the folder to be looked at', () => changes > before);
      }
      expect(faults).toHaveLength(1);
      it.broker.reloadKeys();
      expect(faults).toHaveLength(2);

      writeFileSync(list, text);
      await waitUntil('the list to be read again', () => reloaded.length > 0);
      expect(reloaded).toEqual([2]);
    } finally {
      end();
    }
  });

  test('is read again at once when that is asked for', async () => {
    await start({ allow: list });
    writeFileSync(list, `${eve.publicKey}\n`);
    const told: number[] = [];
    it.broker.on('keysReloaded', (keys) => told.push(keys));
    it.broker.reloadKeys();
    expect(told).toEqual([1]);
    expect(await answered(eve)).toBe('final 404');
    it.client('rfc18', keysOf(alice));
    await refused('unknownKey');
  });

  test('which has a fault from the start is an error that names the file and the line', () => {
    writeFileSync(list, 'broken\n');
    expect(() => new Broker({ curve: { secretKey: server.secretKey }, allow: list })).toThrow(
      `allow: got ${JSON.stringify(list)}, allowed is a list of keys, and line 1 does not begin with a public key`,
    );
  });
});

describe('a key that is not good any more', () => {
  test('is cut off when it is taken off the list; whose key is good comes back', async () => {
    writeFileSync(list, `${alice.publicKey} alice\n${eve.publicKey} eve\n`);
    await start({ allow: list });
    const told: { keys: readonly string[]; endpoints: readonly string[] }[] = [];
    it.broker.on('keysRevoked', (revocation) => told.push(revocation));
    const worker = it.worker('rfc18', keysOf(eve));
    await worker.ready('s');
    const client = it.client('rfc18', keysOf(alice));
    await client.request('s', 'a');
    expect(await worker.hear()).toBe('request a');
    const { endpoints } = it.broker;

    writeFileSync(list, `${eve.publicKey} eve\n`);
    await refused('unknownKey');
    expect(told).toEqual([{ keys: [alice.publicKey], endpoints }]);
    // What the one who was cut off had asked for is over, and the worker is not registered any more.
    const { requests, workers, counters } = it.broker.stats();
    expect(requests).toEqual({ queued: 0, queuedBytes: 0, running: 0, pendingBytes: 0 });
    expect(workers.registered).toBe(0);
    expect(counters).toMatchObject({ abandoned: 1, workersLost: { unreachable: 1 } });
    expect(it.broker.endpoints).toEqual(endpoints);

    await worker.ready('s');
    await it.until('the worker to be back', (stats) => stats.workers.registered === 1);
    const other = it.client('rfc18', keysOf(eve));
    await other.request('s', 'b');
    expect(await worker.hear()).toBe('request b');
    await worker.final('c');
    expect(await other.hear()).toBe('final c');
  });

  test('is cut off when it expires', async () => {
    const at = new Date(Math.ceil(Date.now() / 1000 + 2) * 1000).toISOString().replace('.000Z', 'Z');
    writeFileSync(list, `${alice.publicKey} expires=${at} alice\n`);
    await start({ allow: list });
    expect(await answered(alice)).toBe('final 404');
    await refused('expiredKey');
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(at));
  });

  test('disturbs nobody when nobody had connected by it', async () => {
    await start({ allow: list });
    expect(await answered(alice)).toBe('final 404');
    let revoked = 0;
    it.broker.on('keysRevoked', () => revoked++);
    writeFileSync(list, `${alice.publicKey} alice\n`);
    it.broker.reloadKeys();
    expect(revoked).toBe(0);
  });

  test('while the broker stops, it only stops', async () => {
    await start({ allow: list });
    expect(await answered(alice)).toBe('final 404');
    writeFileSync(list, `${eve.publicKey} eve\n`);
    const told: string[] = [];
    it.broker.on('keysRevoked', () => told.push('revoked'));
    it.broker.on('stopped', () => told.push('stopped'));
    it.broker.reloadKeys();
    await it.broker.stop();
    expect(told).toEqual(['revoked', 'stopped']);
  });
});

describe('with a callback', () => {
  test('it decides, at once or later; nothing but true lets in, and a failure keeps out', async () => {
    const answers = new Map<string, unknown>([
      [alice.publicKey, Promise.resolve(true)],
      [bob.publicKey, 'yes'],
    ]);
    const failures: string[] = [];
    const asked: string[] = [];
    const refusals = await start({
      allow: ({ key, address }) => {
        asked.push(address);
        if (!answers.has(key)) throw new Error('the directory is down');
        return answers.get(key) as boolean;
      },
    });
    it.broker.on('error', (error) => failures.push(error.message));
    expect(await answered(alice)).toBe('final 404');
    it.client('rfc18', keysOf(bob));
    await refused('denied');
    it.client('rfc18', keysOf(eve));
    await refused('failed');
    expect(refusals.map(({ key, reason }) => [key, reason])).toEqual([
      [bob.publicKey, 'denied'],
      [eve.publicKey, 'failed'],
    ]);
    expect(failures).toEqual(['the directory is down']);
    expect(new Set(asked)).toEqual(new Set(['127.0.0.1']));
  });

  test('that never answers lets nobody in, and the handshake ends in time', async () => {
    await start({ allow: () => new Promise<boolean>(() => undefined), handshakeTimeoutMs: 100 });
    const failures: string[] = [];
    it.broker.on('error', ({ message }) => failures.push(message));
    await it.client('rfc18', keysOf(alice)).request('mmi.service', 's');
    await it.until('the handshake to fail', ({ counters }) => counters.handshakesFailed.other > 0);
    expect(it.broker.stats().counters.received).toBe(0);
    await refused('failed');
    expect(failures[0]).toBe('allow has not answered within handshakeTimeoutMs (100 ms)');
  });
});

describe('an encrypted endpoint', () => {
  test('takes any key when there is no list', async () => {
    await start({});
    expect(await answered(eve)).toBe('final 404');
  });

  test('takes nobody who does not encrypt, or takes another key for that of the broker', async () => {
    await start({});
    await it.client().request('mmi.service', 's');
    // Who of the two sees it first closes the connection: then it has broken off for the other one.
    const failed = ({ handshakesFailed: { protocol, other } }: BrokerCounters): number => protocol + other;
    await it.until('a failed handshake', ({ counters }) => failed(counters) >= 1);
    const before = failed(it.broker.stats().counters);
    await it.client('rfc18', keysOf(alice, eve.publicKey)).request('mmi.service', 's');
    await it.until('another one', ({ counters }) => failed(counters) > before);
    expect(it.broker.stats().counters).toMatchObject({ received: 0, keysAccepted: 0 });
  });

  test('may stand beside one that is not', async () => {
    await start({ allow: list, endpoints: [TCP, { endpoint: TCP, curve: false }] });
    const [encrypted = '', open = ''] = it.broker.endpoints;
    it.clientEndpoint = open;
    const client = it.client();
    await client.request('mmi.service', 's');
    expect(await client.hear()).toBe('final 404');
    it.clientEndpoint = encrypted;
    expect(await answered(alice)).toBe('final 404');
  });
});

describe('when the questions of ZeroMQ', () => {
  test('are answered by nobody, everybody is refused: whose key is on the list, too', async () => {
    const started = jest.spyOn(Gatekeeper.prototype, 'start').mockResolvedValue(undefined);
    await start({ allow: list, handshakeTimeoutMs: 200 });
    started.mockRestore();
    await it.client('rfc18', keysOf(alice)).request('mmi.service', 's');
    await it.until('the handshake to fail', ({ counters }) => counters.handshakesFailed.other > 0);
    expect(it.broker.stats().counters).toMatchObject({ received: 0, keysAccepted: 0 });
  });

  test('cannot be answered because of a fault, it is told, and nobody gets in until it is over', async () => {
    await start({ allow: list, handshakeTimeoutMs: 200 });
    const faults: string[] = [];
    it.broker.on('error', (error) => faults.push(error.message));
    const read = jest.spyOn(AllowList.prototype, 'verdict').mockImplementation(() => {
      throw new Error('a fault');
    });
    await it.client('rfc18', keysOf(alice)).request('mmi.service', 's');
    await it.until('the handshake to fail', ({ counters }) => counters.handshakesFailed.other > 0);
    expect(faults).toContain('a fault');
    expect(it.broker.stats().counters).toMatchObject({ received: 0, keysAccepted: 0 });
    read.mockRestore();
    expect(await answered(alice)).toBe('final 404');
  });
});
