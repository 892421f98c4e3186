// SPDX-License-Identifier: Apache-2.0
// mx-outbox.test - records gathered into messages: in order, none too large

import { describe, expect, test } from '@jest/globals';
import type { Frame, MxRecord } from '@mdp/protocol';
import { MX_INLINE_BYTES, bytes, decodeMx } from '@mdp/protocol';
import { MxOutbox } from '../src/mx-outbox.js';

function request(id: number, ...body: Frame[]): MxRecord<Frame> {
  return { type: 'request', id, deadlineMs: 0, service: bytes('s'), body };
}

/** How many records each message has, and the ids of all. */
function drain(outbox: MxOutbox): { sizes: number[]; ids: number[] } {
  const sizes = [];
  const ids = [];
  for (let frames = outbox.take(); frames !== undefined; frames = outbox.take()) {
    const message = decodeMx(frames);
    if (message.type !== 'batch') throw new Error(message.reason);
    sizes.push(message.records.length);
    for (const record of message.records) if ('id' in record) ids.push(record.id);
  }
  return { sizes, ids };
}

describe('MxOutbox', () => {
  test('is empty at first', () => {
    const outbox = new MxOutbox();
    expect([outbox.full, outbox.take()]).toEqual([false, undefined]);
  });

  test('puts everything into one message, in order', () => {
    const outbox = new MxOutbox();
    outbox.put(request(1, bytes('a')));
    outbox.put({ type: 'cancel', id: 2 });
    outbox.put({ type: 'credit', id: 3, amount: 9 });
    expect(outbox.full).toBe(false);
    expect(drain(outbox)).toEqual({ sizes: [3], ids: [1, 2, 3] });
  });

  test.each([
    ['1,000 records', 2_500, 0, [1_000, 1_000, 500]],
    ['64 KiB', 40, 4_096, [16, 16, 8]],
  ])('a message is full with %s', (_, count, length, sizes) => {
    const outbox = new MxOutbox();
    for (let id = 0; id < count; id++) outbox.put(request(id, new Uint8Array(length)));
    expect(outbox.full).toBe(true);
    expect(drain(outbox)).toEqual({ sizes, ids: Array.from({ length: count }, (_, id) => id) });
  });

  test('bodies that stand apart do not count', () => {
    const outbox = new MxOutbox();
    for (let id = 0; id < 100; id++) outbox.put(request(id, new Uint8Array(MX_INLINE_BYTES + 1)));
    expect(outbox.full).toBe(false);
    expect(drain(outbox).sizes).toEqual([100]);
  });

  test('never has more body frames in a message than it may have', () => {
    const outbox = new MxOutbox();
    const many = Array.from({ length: 65_535 }, () => new Uint8Array(0));
    outbox.put(request(0, ...many.slice(0, 40_000)));
    outbox.put(request(1, ...many));
    outbox.put(request(2, bytes('x')));
    outbox.put(request(3, bytes('x')));
    expect(drain(outbox)).toEqual({ sizes: [1, 2, 1], ids: [0, 1, 2, 3] });
  });
});
