// SPDX-License-Identifier: Apache-2.0
// curve.test - a client at encrypted brokers: let in, refused, let in later, on every wire

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { BrokerOptions } from '@mdp/broker';
import { Broker } from '@mdp/broker';
import { formatKeyFile } from '@mdp/protocol/internal';
import type { CurveKeyPair } from '@mdp/protocol/node';
import { generateKeyPair } from '@mdp/protocol/node';
import { freePort, waitUntil } from '@mdp/testkit';
import type { ClientOptions, CurveOptions } from '../../src/index.js';
import { Client } from '../../src/index.js';

const server = generateKeyPair();
const alice = generateKeyPair();
const eve = generateKeyPair();

/** Pauses that a test can wait for. */
const SOON = { reconnectMs: 5, reconnectMaxMs: 20 };
const NO = 'refused the connection: this key is not allowed (curve)';

let folder: string;
let list: string;
const ends: (() => Promise<void>)[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mdp-client-curve-'));
  list = join(folder, 'clients');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  writeFileSync(list, `${alice.publicKey} alice\n`);
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A broker that takes those on the list. */
async function start(options: BrokerOptions = {}): Promise<Broker> {
  const encrypted = { curve: { secretKey: server.secretKey }, allow: list };
  const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*', ...encrypted, ...options });
  await broker.start();
  ends.push(() => broker.stop({ drainMs: 0 }));
  return broker;
}

/** One that does not encrypt. */
async function startPlain(): Promise<Broker> {
  const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
  await broker.start();
  ends.push(() => broker.stop({ drainMs: 0 }));
  return broker;
}

function keysOf({ secretKey }: CurveKeyPair, serverKey = server.publicKey): { curve: CurveOptions } {
  return { curve: { serverKey, secretKey } };
}

/** A client that is closed with the test, with nothing left over. */
function connect(brokers: Broker | readonly Broker[], options: ClientOptions): Client {
  const endpoints = [brokers].flat().flatMap(({ endpoints }) => endpoints);
  const client = new Client(endpoints, { timeoutMs: 30_000, ...SOON, ...options });
  ends.unshift(async () => {
    await client.close();
    expect(client.stats().endpoints.map(({ open }) => open)).toEqual(endpoints.map(() => 0));
    expect(client.stats().pending).toBe(0);
  });
  return client;
}

/** Any broker knows the answer to this. */
async function ask(client: Client): Promise<boolean> {
  return client.hasService('s');
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

async function refusal(request: Promise<unknown>): Promise<string> {
  const error = await request.then(
    () => undefined,
    (reason: unknown) => reason as { code: string; message: string },
  );
  expect(error).toMatchObject({ code: 'MDP_REFUSED' });
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(eve.secretKey);
  return error?.message ?? '';
}

describe.each(['rfc18', 'mx', 'auto'] as const)('wire %s', (wire) => {
  test('whose key is allowed is served, hundreds of times at once', async () => {
    const broker = await start();
    const client = connect(broker, { wire, ...keysOf(alice), maxSockets: 20 });
    expect(await ask(client)).toBe(false);
    if (wire === 'auto') await waitUntil('MX', () => client.stats().endpoints[0]?.wire === 'mx');
    const answers = await Promise.all(Array.from({ length: 400 }, () => ask(client)));
    expect(answers.filter((answer) => !answer)).toHaveLength(400);
    expect(client.stats()).toMatchObject({
      endpoints: [{ state: 'up', reason: '', wire: wire === 'rfc18' ? 'rfc18' : 'mx' }],
      counters: { replies: 401, retries: 0, refusals: 0 },
    });
    expect(broker.stats().counters.handshakesFailed).toEqual({ auth: 0, protocol: 0, other: 0 });
  });

  test('whose key is not is told so by every request, at once, and nothing stays open', async () => {
    const broker = await start();
    const client = connect(broker, { wire, ...keysOf(eve), timeoutMs: 0, retry: { attempts: 3 } });
    const asked = Array.from({ length: 3 }, () => refusal(ask(client)));
    const message = `${String(broker.endpoints[0])} ${NO}`;
    expect(await Promise.all(asked)).toEqual([message, message, message]);
    expect(client.stats()).toMatchObject({
      endpoints: [{ state: 'down', reason: 'this key is not allowed (curve)', open: 0 }],
      counters: { refused: 3, refusals: 1 },
      pending: 0,
    });
  });

  test('is let in once its key is allowed, and refused again once it no longer is', async () => {
    const broker = await start();
    const client = connect(broker, { wire, ...keysOf(eve) });
    await refusal(ask(client));
    writeFileSync(list, `${eve.publicKey} eve\n`);
    broker.reloadKeys();
    expect(await ask(client)).toBe(false);
    if (wire === 'auto') await waitUntil('MX', () => client.stats().endpoints[0]?.wire === 'mx');
    writeFileSync(list, `${alice.publicKey} alice\n`);
    broker.reloadKeys();
    // The broker parts from it: what was under way meanwhile is lost with the connection.
    const code = (): Promise<unknown> => ask(client).then(() => 'answered', codeOf);
    await waitUntil('a refusal', async () => (await code()) === 'MDP_REFUSED');
  });

  test('does not knock faster than its pauses allow, however much is asked', async () => {
    const broker = await start();
    const client = connect(broker, { wire, ...keysOf(eve), reconnectMs: 40, reconnectMaxMs: 40 });
    const begun = performance.now();
    const tries = 6;
    while (client.stats().counters.refusals < tries) await refusal(ask(client));
    // Chance takes half of a pause at most.
    expect(performance.now() - begun).toBeGreaterThan((tries - 1) * 20);
    expect(client.stats().counters).toMatchObject({ opened: tries, refused: tries });
    expect(broker.stats().counters.keysRefused.unknownKey).toBe(tries);
  });

  test('who takes another key for that of the broker is asked about it', async () => {
    const client = connect(await start(), { wire, ...keysOf(alice, eve.publicKey) });
    expect(await refusal(ask(client))).toMatch(
      / it closed the handshake 5 times: is serverKey its key, and does it encrypt\?$/,
    );
    expect(await refusal(ask(client))).toMatch(
      / it closed the handshake 6 times: is serverKey its key, and does it encrypt\?$/,
    );
  });

  test('who does not encrypt is told that the broker does', async () => {
    const client = connect(await start(), { wire });
    expect(await refusal(ask(client))).toMatch(/ it expects an encrypted connection \(curve\)$/);
  });

  test('who encrypts is told that the broker does not', async () => {
    const client = connect(await startPlain(), { wire, ...keysOf(alice) });
    // ZeroMQ reads what the broker says before it hangs up, or only that it hangs up.
    expect(await refusal(ask(client))).toMatch(
      / (?:it is not encrypted, and this side has keys \(curve\)|it closed the handshake 5 times: .* does it encrypt\?)$/,
    );
  });

  test('a broker of several that refuses costs nothing but its capacity, until it does not', async () => {
    const other = join(folder, 'other');
    writeFileSync(other, `${alice.publicKey}\n`);
    const [first, second] = [await start(), await start({ allow: other })];
    writeFileSync(list, `${eve.publicKey}\n`);
    first.reloadKeys();
    const client = connect([first, second], { wire, ...keysOf(alice), maxSockets: 8 });
    for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 10 }, () => ask(client)));
    expect(client.stats()).toMatchObject({
      endpoints: [{ state: 'down', reason: 'this key is not allowed (curve)' }, { state: 'up' }],
      counters: { replies: 200, refused: 0 },
    });
    writeFileSync(list, `${alice.publicKey}\n`);
    first.reloadKeys();
    await waitUntil('the first broker to serve', async () => {
      await Promise.all(Array.from({ length: 20 }, () => ask(client)));
      return client.stats().endpoints[0]?.state === 'up';
    });
  });
});

describe('somebody who is no broker', () => {
  /** Listen for TCP connections. */
  async function listen(onConnection: (socket: Socket) => void): Promise<string> {
    const sockets: Socket[] = [];
    const listener = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => socket.destroy());
      onConnection(socket);
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    ends.push(async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    });
    return `tcp://127.0.0.1:${String((listener.address() as AddressInfo).port)}`;
  }

  test('and hangs up is waited for, with a hint, by a client without keys', async () => {
    await waits(await listen((socket) => socket.destroy()), {}, 'it closed the handshake: perhaps it expects');
  });

  test('and says nothing does not refuse', async () => {
    const endpoint = await listen((socket) => socket.resume());
    await waits(endpoint, { ...keysOf(alice), connectTimeoutMs: 50 }, 'the handshake was not answered in time');
  });

  /** What stands in the way is known, and a request waits all the same. */
  async function waits(endpoint: string, options: ClientOptions, reason: string): Promise<void> {
    const client = new Client(endpoint, { ...SOON, ...options });
    const code = ask(client).catch(codeOf);
    await waitUntil(reason, () => client.stats().endpoints[0]?.reason.startsWith(reason));
    expect(client.stats()).toMatchObject({ pending: 1, endpoints: [{ state: 'down' }], counters: { refusals: 0 } });
    await client.close();
    expect(await code).toBe('MDP_CLOSED');
  }
});

test('onRefused is told each time, also while another broker takes all requests, and may call the client', async () => {
  const [open, closed] = [await startPlain(), await start()];
  const told: string[] = [];
  const done: Promise<unknown>[] = [];
  const client = connect([open, closed], {
    ...SOON,
    onRefused: ({ endpoint, reason }) => {
      told.push(`${endpoint}: ${reason}`);
      done.push(client.hasService('x'));
    },
  });
  await waitUntil('a refusal to be told', async () => (await client.hasService('x')) || told.length > 0);
  expect(told[0]).toMatch(`${closed.endpoints[0] ?? ''}: `);
  expect(await Promise.all(done)).toContain(false);
});

test('when every broker refuses, the error has the reason of each', async () => {
  const [first, second] = [await start(), await startPlain()];
  const client = connect([first, second], { ...keysOf(eve) });
  const message = await refusal(ask(client));
  expect(message).toContain(`${String(first.endpoints[0])} ${NO}; ${String(second.endpoints[0])} refused`);
});

test('a key that has expired is not allowed', async () => {
  writeFileSync(list, `${alice.publicKey} expires=2020-01-31 alice\n`);
  const broker = await start();
  expect(await refusal(ask(connect(broker, keysOf(alice))))).toContain(NO);
  expect(broker.stats().counters.keysRefused.expiredKey).toBe(1);
});

test('a broker that cannot tell who is allowed says that', async () => {
  const broker = await start({
    allow: () => {
      throw new Error('the directory is down');
    },
  });
  broker.on('error', () => undefined);
  expect(await refusal(ask(connect(broker, keysOf(alice))))).toMatch(
    / it failed to check who connects \(status 500\)$/,
  );
});

test('keys come from files, too', async () => {
  const broker = await start();
  const serverKeyFile = join(folder, 'broker.key');
  const keyFile = join(folder, 'alice.key_secret');
  writeFileSync(serverKeyFile, formatKeyFile({ publicKey: server.publicKey }));
  writeFileSync(keyFile, formatKeyFile(alice), { mode: 0o600 });
  expect(await ask(connect(broker, { curve: { serverKeyFile, keyFile } }))).toBe(false);
});

test('a no to the question for MX leaves the strict connection alone', async () => {
  let handshakes = 0;
  const broker = await start({ allow: () => ++handshakes === 1 });
  const client = connect(broker, { wire: 'auto', ...keysOf(alice), maxSockets: 1 });
  expect(await ask(client)).toBe(false);
  await waitUntil('the question to be refused', () => broker.stats().counters.keysRefused.denied === 1);
  await waitUntil('its socket to be closed', () => client.stats().endpoints[0]?.open === 1);
  for (let i = 0; i < 50; i++) expect(await ask(client)).toBe(false);
  expect(client.stats()).toMatchObject({
    endpoints: [{ state: 'up', reason: '', wire: 'rfc18', open: 1 }],
    counters: { replies: 51, retries: 0, refusals: 0, opened: 2 },
  });
});

test('a broker that comes back is found again, by MX', async () => {
  const endpoint = `tcp://127.0.0.1:${String(await freePort())}`;
  const broker = await start({ endpoints: endpoint });
  const client = connect(broker, { wire: 'auto', ...keysOf(alice), retry: { attempts: 10, baseMs: 5, maxMs: 50 } });
  const agreed = async (): Promise<boolean> => {
    await ask(client);
    return client.stats().endpoints[0]?.wire === 'mx';
  };
  await waitUntil('MX', agreed);
  await broker.stop({ drainMs: 0 });
  const waiting = ask(client);
  await start({ endpoints: endpoint });
  expect(await waiting).toBe(false);
  await waitUntil('MX again', agreed);
});

test('nothing that can be looked at shows a secret key', async () => {
  const client = connect(await start(), keysOf(alice));
  await ask(client);
  const shown =
    inspect([client, client.stats()], { depth: 20, showHidden: true }) + JSON.stringify([client, client.stats()]);
  expect(shown).not.toContain(alice.secretKey);
});

test('inproc does not go with keys', () => {
  expect(() => new Client(['tcp://a:1', 'inproc://a'], keysOf(alice))).toThrow(
    expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT', argument: 'curve' }),
  );
});
