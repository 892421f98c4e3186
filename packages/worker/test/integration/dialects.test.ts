// SPDX-License-Identifier: Apache-2.0
// dialects.test - the very bytes that a worker exchanges with a broker, in every dialect

import { describe, expect, test } from '@jest/globals';
import { RawBroker } from '@mdp/testkit';
import type { Dialect } from '@mdp/protocol';
import { onEnd, startWorker } from './support.js';

const EMPTY = Buffer.alloc(0);

interface Bytes {
  readonly dialect: Dialect;
  readonly envelope: Buffer[];
  readonly header: string;
  readonly final: number;
  readonly heartbeat: number;
  readonly disconnect: number;
}

const DIALECTS: Bytes[] = [
  { dialect: 'rfc18', envelope: [], header: 'MDPW02', final: 4, heartbeat: 5, disconnect: 6 },
  { dialect: 'majortomo', envelope: [EMPTY], header: 'MDPW02', final: 4, heartbeat: 5, disconnect: 6 },
  { dialect: 'mdp01', envelope: [EMPTY], header: 'MDPW01', final: 3, heartbeat: 4, disconnect: 5 },
];

describe.each(DIALECTS)('dialect $dialect', ({ dialect, envelope, header, final, heartbeat, disconnect }) => {
  const command = (byte: number): Buffer[] => [...envelope, Buffer.from(header), Buffer.of(byte)];

  test('READY, REQUEST, FINAL, HEARTBEAT and DISCONNECT are what the specification has', async () => {
    const broker = await RawBroker.bind();
    onEnd(() => {
      broker.close();
    });
    const worker = await startWorker(broker.endpoint, (request) => [...request.body, 'and more'], {
      dialect,
      heartbeatIntervalMs: 100,
      heartbeatLiveness: 100,
    });
    const [id, ...ready] = await broker.receive();
    expect(ready).toEqual([...command(1), Buffer.from('echo')]);
    const token = Buffer.from([0, 1, 2, 255]);
    await broker.send(id ?? EMPTY, ...command(2), token, EMPTY, 'one', EMPTY, 'three');
    // On a busy machine a HEARTBEAT may be due before the request is here.
    const isOther = (frames: Buffer[]): boolean => frames.at(-1)?.[0] !== heartbeat;
    expect(await broker.receiveMatching(isOther)).toEqual([
      ...[id, ...command(final), token, EMPTY],
      ...[Buffer.from('one'), EMPTY, Buffer.from('three'), Buffer.from('and more')],
    ]);
    expect(await broker.receive()).toEqual([id, ...command(heartbeat)]);
    const stopped = worker.stop();
    expect(await broker.receiveMatching(isOther)).toEqual([...[id, ...command(disconnect)]]);
    await stopped;
  });

  test('a message of another dialect is none (MDP-W-02)', async () => {
    const broker = await RawBroker.bind();
    onEnd(() => {
      broker.close();
    });
    const worker = await startWorker(broker.endpoint, () => 'ok', { dialect });
    const [id] = await broker.receive();
    const other = dialect === 'rfc18' ? [EMPTY, 'MDPW02'] : ['MDPW02'];
    await broker.send(id ?? EMPTY, ...other, Buffer.of(2), 'token', EMPTY, 'body');
    await broker.send(id ?? EMPTY, ...command(2), 'right', EMPTY, 'body');
    expect((await broker.receive()).slice(2 + envelope.length)).toEqual([
      ...[Buffer.of(final), Buffer.from('right'), EMPTY, Buffer.from('ok')],
    ]);
    expect(worker.stats().counters.dropped.invalid).toBe(1);
  });
});

describe('an empty reply', () => {
  test.each<[Dialect, Buffer[]]>([
    ['rfc18', [EMPTY]],
    ['majortomo', []],
    ['mdp01', [EMPTY]],
  ])('has the fewest frames that dialect %s allows (MDP-W-13)', async (dialect, body) => {
    const broker = await RawBroker.bind();
    onEnd(() => {
      broker.close();
    });
    await startWorker(broker.endpoint, () => undefined, { dialect });
    const [id, ...ready] = await broker.receive();
    const envelope = ready.slice(0, -2);
    await broker.send(id ?? EMPTY, ...envelope, Buffer.of(2), 'token', EMPTY, 'body');
    expect((await broker.receive()).slice(2 + envelope.length)).toEqual([Buffer.from('token'), EMPTY, ...body]);
  });
});

describe('a stream', () => {
  test('is PARTIALs and a FINAL in dialect majortomo, empty ones too', async () => {
    const broker = await RawBroker.bind();
    onEnd(() => {
      broker.close();
    });
    const stream = async function* () {
      yield 'one';
      yield [];
    };
    await startWorker(broker.endpoint, stream, { dialect: 'majortomo' });
    const [id] = await broker.receive();
    await broker.send(id ?? EMPTY, EMPTY, 'MDPW02', Buffer.of(2), 'token', EMPTY, 'body');
    const expected = (byte: number, ...body: string[]): Buffer[] => [
      ...[id ?? EMPTY, EMPTY, Buffer.from('MDPW02'), Buffer.of(byte), Buffer.from('token'), EMPTY],
      ...body.map((part) => Buffer.from(part)),
    ];
    expect(await broker.receive()).toEqual(expected(3, 'one'));
    expect(await broker.receive()).toEqual(expected(3));
    expect(await broker.receive()).toEqual(expected(4));
  });
});
