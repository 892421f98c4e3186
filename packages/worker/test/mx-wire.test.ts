// SPDX-License-Identifier: Apache-2.0
// mx-wire.test - what leaves together and when: one turn, one message; a lone reply at once; nothing beyond the limits

import { describe, expect, test } from '@jest/globals';
import type { Frame, MxRecord } from '@mdp/protocol';
import { MX_INLINE_BYTES, bytes, decodeMx } from '@mdp/protocol';
import type { Link } from '../src/link.js';
import { MxWire } from '../src/mx-wire.js';
import type { Job } from '../src/request.js';
import type { Done } from '../src/state/port.js';

/** A wire on a link that takes what it is given, or keeps it. */
function bench(services = ['echo']) {
  const sent: Frame[][] = [];
  const dones: (Done | undefined)[] = [];
  const link = {
    backlog: 0,
    send(frames: Frame[], done?: Done): void {
      sent.push(frames);
      dones.push(done);
    },
  };
  const wire = new MxWire(
    services.map((name) => ({ name, frame: bytes(name), handler: undefined })),
    link as unknown as Link,
  );
  /** The records of each message that was sent since the last time. */
  const take = (): (readonly MxRecord[])[] =>
    sent.splice(0).map((frames) => {
      const message = decodeMx(frames);
      if (message.type === 'invalid') throw new Error(message.reason);
      return message.records;
    });
  const final = (id: number, body: Frame[] = [], done?: Done): void => {
    wire.reply('final', { wireId: id } as Job, body, done);
  };
  return { wire, link, sent, dones, take, final };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const idsOf = (records: readonly MxRecord[] | undefined): number[] =>
  (records ?? []).map((record) => ('id' in record ? record.id : NaN));

describe('what is said', () => {
  test('alone leaves before anything else of the event loop happens', async () => {
    const { take, final } = bench();
    await nextTurn();
    final(1);
    expect(take()).toEqual([]);
    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect(take().map(idsOf)).toEqual([[1]]);
  });

  test('by all promises of one callback leaves as one message, in order', async () => {
    const { take, final } = bench();
    await nextTurn();
    for (let id = 0; id < 64; id++) {
      void (async () => {
        for (let i = 0; i < id; i++) await Promise.resolve();
        final(id);
      })();
    }
    await nextTurn();
    expect(take().map(idsOf)).toEqual([Array.from({ length: 64 }, (_, id) => id)]);
  });

  test('by later callbacks of the same turn is gathered until all of them have run', async () => {
    const { take, final } = bench();
    await nextTurn();
    const messages: number[][][] = [];
    await new Promise<void>((resolve) => {
      for (let id = 0; id < 5; id++) setImmediate(final, id);
      setImmediate(() => setImmediate(resolve));
    });
    await nextTurn();
    messages.push(take().map(idsOf));
    expect(messages).toEqual([[[0], [1, 2, 3, 4]]]);
    // Nothing of it is left over for the next turn.
    final(9);
    await nextTurn();
    expect(take().map(idsOf)).toEqual([[9]]);
  });

  test('leaves early at 1,000 records, and at 64 KiB', async () => {
    const { take, final } = bench();
    for (let id = 0; id < 2_500; id++) final(id);
    expect(take().map(({ length }) => length)).toEqual([1_000, 1_000]);
    await nextTurn();
    expect(take().map(({ length }) => length)).toEqual([500]);
    for (let id = 0; id < 32; id++) final(id, [Buffer.alloc(4_096)]);
    expect(take().map(({ length }) => length)).toEqual([16, 16]);
  });

  test('leaves early for long frames, which stand apart, at 1 MiB of them', () => {
    const { sent, take, final } = bench();
    for (let id = 0; id < 15; id++) final(id, [Buffer.alloc(MX_INLINE_BYTES + 1)]);
    expect(sent).toEqual([]);
    for (let id = 0; id < 3; id++) final(id, [Buffer.alloc(2 ** 20)]);
    expect(take().map(({ length }) => length)).toEqual([16, 1, 1]);
  });

  test('never makes a message of more body frames than there may be', async () => {
    const { take, final } = bench();
    const many = Array<Frame>(10_000).fill(Buffer.alloc(5_000));
    for (let id = 0; id < 7; id++) final(id, many);
    await nextTurn();
    expect(take().flatMap(idsOf)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('leaves at once when nothing more will be said; or never', () => {
    const { wire, take, final } = bench();
    final(1);
    wire.disconnect();
    wire.flush();
    expect(take().map((records) => records.map(({ type }) => type))).toEqual([['final', 'disconnect']]);
    final(2);
    expect([wire.backlog, wire.discard(), wire.backlog]).toEqual([1, 1, 0]);
    wire.flush();
    expect(take()).toEqual([]);
  });

  test('READY is one for each service; an empty reply has one empty frame', () => {
    const { wire, take, final } = bench(['a', 'b']);
    wire.ready(7);
    final(1);
    wire.flush();
    expect(take()).toEqual([
      [
        { type: 'ready', service: 'a', credit: 7 },
        { type: 'ready', service: 'b', credit: 7 },
        { type: 'final', id: 1, body: [Buffer.alloc(0)] },
      ],
    ]);
  });
});

describe('whoever waits for a reply to be taken', () => {
  test('goes on at once while the socket takes what it is given', () => {
    const { final } = bench();
    const done: boolean[] = [];
    final(1, [], (sent) => done.push(sent));
    expect(done).toEqual([true]);
  });

  test('waits for the message when the socket is behind, and is told when there will be none', () => {
    const { wire, link, dones, final } = bench();
    const done: [number, boolean][] = [];
    link.backlog = 1;
    for (const id of [1, 2]) final(id, [], (sent) => done.push([id, sent]));
    wire.flush();
    expect(done).toEqual([]);
    dones[0]?.(true);
    expect(done.splice(0)).toEqual([
      [1, true],
      [2, true],
    ]);
    final(3, [], (sent) => done.push([3, sent]));
    wire.discard();
    expect(done).toEqual([[3, false]]);
  });

  test('goes with the message of its reply, also when that leaves early', () => {
    const { link, sent, dones, final } = bench();
    const done: boolean[] = [];
    link.backlog = 1;
    final(1, [Buffer.alloc(2 ** 20)], (taken) => done.push(taken));
    expect(sent).toHaveLength(1);
    dones[0]?.(true);
    expect(done).toEqual([true]);
  });
});
