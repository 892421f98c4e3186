// SPDX-License-Identifier: Apache-2.0
// dialects.test - what goes over the wire in each dialect, against a broker played by hand

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dialect } from '@mdp/protocol';
import { DIALECTS } from '@mdp/protocol';
import { ZMTP_GREETING, RawBroker, waitUntil, zmtpReady } from '@mdp/testkit';
import type { Frame } from '../../src/index.js';
import { Client } from '../../src/index.js';
import { ToyBroker } from './toy-broker.js';

const words = (frames: readonly Frame[]): string[] => frames.map((frame) => Buffer.from(frame).toString());

const REQUEST: Record<Dialect, (string | number)[]> = {
  rfc18: ['MDPC02', 1, 'echo', 'a', '', 'c'],
  majortomo: ['', 'MDPC02', 2, 'echo', 'a', '', 'c'],
  mdp01: ['', 'MDPC01', 'echo', 'a', '', 'c'],
};

const frame = (value: string | number): Buffer =>
  typeof value === 'number' ? Buffer.from([value]) : Buffer.from(value);

describe.each(DIALECTS)('dialect %s', (dialect) => {
  test('the REQUEST has exactly the frames of the dialect (MDP-C-01) (MDP01-05)', async () => {
    using broker = await RawBroker.bind();
    await using client = new Client(broker.endpoint, { wire: 'rfc18', dialect });
    const reply = client.request('echo', ['a', '', Buffer.from('c')]);
    const [, ...frames] = await broker.receive();
    expect(frames).toEqual(REQUEST[dialect].map(frame));
    reply.cancel();
    await expect(reply).rejects.toMatchObject({ code: 'MDP_ABORTED' });
  });

  test('a reply of several frames comes as it was sent', async () => {
    await using broker = await ToyBroker.bind((request) => request.final(...request.body, 'end'));
    await using client = new Client(broker.endpoint, { wire: 'rfc18', dialect });
    expect(words(await client.request('echo', ['a', '', 'c']))).toEqual(['a', '', 'c', 'end']);
    expect(broker.seen[0]).toMatchObject({ dialect, service: 'echo' });
  });

  test('many requests one after another use one connection', async () => {
    await using broker = await ToyBroker.bind((request) => request.final(...request.body));
    await using client = new Client(broker.endpoint, { wire: 'rfc18', dialect });
    for (let i = 0; i < 50; i++) expect(words(await client.request('echo', String(i)))).toEqual([String(i)]);
    expect(broker.peers.size).toBe(1);
  });

  test('a binary body passes unchanged, however large', async () => {
    using broker = await RawBroker.bind();
    await using client = new Client(broker.endpoint, { wire: 'rfc18', dialect });
    const body = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 256));
    const reply = client.request('echo', [body]);
    const [id, ...frames] = await broker.receive();
    const back = { rfc18: ['MDPC02', 3, 'echo'], majortomo: ['', 'MDPC02', 4], mdp01: ['', 'MDPC01', 'echo'] }[dialect];
    await broker.send(id as Buffer, ...back.map(frame), frames.at(-1) as Buffer);
    const [received] = await reply;
    expect(Buffer.compare(received as Uint8Array, body)).toBe(0);
  });

  test('an error reply is MDP_REMOTE in rfc18 only: elsewhere it is a result like any other', async () => {
    await using broker = await ToyBroker.bind((request) => request.error(404, 'no worker came'));
    await using client = new Client(broker.endpoint, { wire: 'rfc18', dialect });
    const reply = client.request('echo', 'a');
    if (dialect !== 'rfc18') expect(words(await reply)).toEqual(['MDPE01', '404', 'no worker came']);
    else {
      await expect(reply).rejects.toMatchObject({
        code: 'MDP_REMOTE',
        status: 404,
        message: 'no worker came',
        service: 'echo',
        attempts: 1,
      });
    }
  });

  test('a reply in another dialect is MDP_PROTOCOL, with a hint (MDP-C-11)', async () => {
    const other = dialect === 'majortomo' ? 'rfc18' : 'majortomo';
    using broker = await RawBroker.bind();
    await using client = new Client(broker.endpoint, { wire: 'rfc18', dialect });
    const reply = client.request('echo', 'a');
    const [id] = await broker.receive();
    const frames = other === 'rfc18' ? ['MDPC02', 3, 'echo', 'x'] : ['', 'MDPC02', 4, 'x'];
    await broker.send(id as Buffer, ...frames.map(frame));
    const error = await reply.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'MDP_PROTOCOL', service: 'echo', attempts: 1 });
    expect((error as Error).message).toContain(`dialect ${other} (is the option dialect right?)`);
  });
});

describe.each(['rfc18', 'majortomo'] as const)('PARTIALs in dialect %s', (dialect) => {
  test.each([0, 1, 1_000])('%i of them come before the FINAL, in order (MDP-C-06)', async (count) => {
    await using broker = await ToyBroker.bind(async (request) => {
      for (let i = 0; i < count; i++) await request.partial(String(i), 'x');
      await request.final('end');
    });
    await using client = new Client(broker.endpoint, { wire: 'rfc18', dialect });
    const parts: string[] = [];
    for await (const part of client.request('report', '2026')) parts.push(words(part).join());
    expect(parts).toEqual([...Array.from({ length: count }, (_, i) => `${String(i)},x`), 'end']);
    expect(await client.request('report', '2026')).toHaveLength(2 * count + 1);
  });
});

test('an empty reply of a Majortomo worker is no frame at all', async () => {
  using broker = await RawBroker.bind();
  await using client = new Client(broker.endpoint, { wire: 'rfc18', dialect: 'majortomo' });
  const reply = client.request('echo', 'a');
  const [id] = await broker.receive();
  await broker.send(id as Buffer, '', 'MDPC02', frame(4));
  expect(await reply).toEqual([]);
});

describe('what no dialect allows (MDP-C-11)', () => {
  test.each([
    ['noise', ['noise']],
    ['no service', ['MDPC02', 3]],
    ['no body', ['MDPC02', 3, 'echo']],
    ['an unknown command', ['MDPC02', 9, 'echo', 'x']],
    ['a reply of another service', ['MDPC02', 3, 'other', 'x']],
    ['a PARTIAL of another service', ['MDPC02', 2, 'other', 'x']],
    ['a REQUEST', ['MDPC02', 1, 'echo', 'x']],
    ['one empty frame', ['']],
  ])('%s ends the request with MDP_PROTOCOL, and the next one gets another connection', async (_, frames) => {
    using broker = await RawBroker.bind();
    await using client = new Client(broker.endpoint, { wire: 'rfc18' });
    const reply = client.request('echo', 'a');
    const [id] = await broker.receive();
    await broker.send(id as Buffer, ...frames.map(frame));
    await expect(reply).rejects.toMatchObject({ code: 'MDP_PROTOCOL', service: 'echo', attempts: 1 });
    const next = client.request('echo', 'b');
    const [otherId] = await broker.receive();
    expect(otherId).not.toEqual(id);
    await broker.send(otherId as Buffer, 'MDPC02', frame(3), 'echo', 'y');
    expect(words(await next)).toEqual(['y']);
    expect(client.stats().counters).toMatchObject({ protocolErrors: 1, replies: 1, burnt: 1 });
  });
});

test('the socket announces itself as DEALER (MDP-C-05)', async () => {
  let received = Buffer.alloc(0);
  const server = createServer((socket) => {
    socket.write(Buffer.concat([ZMTP_GREETING, zmtpReady('ROUTER')]));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  {
    await using client = new Client(`tcp://127.0.0.1:${String(port)}`, { wire: 'rfc18' });
    const reply = client.request('echo', 'a');
    const announced = await waitUntil('the READY of the client', () => {
      return /Socket-Type\0\0\0.([A-Z]+)/s.exec(received.toString('latin1'))?.[1];
    });
    expect(announced).toBe('DEALER');
    reply.cancel();
    await expect(reply).rejects.toMatchObject({ code: 'MDP_ABORTED' });
  }
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mdp-'));
});
afterAll(() => rm(folder, { recursive: true }));

test.each(['ipc', 'inproc'])('works over %s', async (transport) => {
  const endpoint = transport === 'ipc' ? `ipc://${folder}/socket` : 'inproc://dialects';
  await using broker = await ToyBroker.bind((request) => request.final('pong'), endpoint);
  await using client = new Client(broker.endpoint, { wire: 'rfc18' });
  expect(words(await client.request('echo', 'ping'))).toEqual(['pong']);
  expect(client.stats().endpoints[0]).toMatchObject({ state: 'up', open: 1, idle: 1 });
});
