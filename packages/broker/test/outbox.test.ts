// SPDX-License-Identifier: Apache-2.0
// outbox.test - order and bounds of what waits for one peer

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Frame } from '@mdp/protocol';
import { bytes } from '@mdp/protocol';
import { check } from '@mdp/testkit/fuzz';
import type { OutboxLimits } from '../src/outbox.js';
import { Outbox } from '../src/outbox.js';
import { memoryBytes } from '../src/state/memory.js';

function message(text: string): Frame[] {
  return [bytes(text)];
}

/** Add a message unless the outbox is full. */
function offer(outbox: Outbox, frames: Frame[], urgent = false): boolean {
  if (outbox.isFull(memoryBytes(frames), urgent)) return false;
  outbox.push(frames);
  return true;
}

/** The outbox of a peer that was seen to read slowly. */
function blocked(limits: Omit<OutboxLimits, 'maxBytesInAll'>, total = { bytes: 0 }): Outbox {
  const outbox = new Outbox({ maxBytesInAll: Infinity, ...limits }, total);
  outbox.block();
  return outbox;
}

function take(outbox: Outbox): string | undefined {
  const first = outbox.first?.[0];
  outbox.shift();
  return first === undefined ? undefined : Buffer.from(first).toString();
}

describe('Outbox', () => {
  test('hands out in order, and what was put back first', () => {
    const outbox = new Outbox({ maxMessages: 10, maxBytes: 10_000, maxBytesInAll: Infinity }, { bytes: 0 });
    for (const text of ['2', '3', '4']) expect(offer(outbox, message(text))).toBe(true);
    outbox.putBack(message('1'));
    expect([take(outbox), take(outbox)]).toEqual(['1', '2']);
    outbox.putBack(message('2 again'));
    expect([take(outbox), take(outbox), take(outbox), take(outbox)]).toEqual(['2 again', '3', '4', undefined]);
    expect(outbox.size).toBe(0);
    expect(outbox.bytes).toBe(0);
  });

  test('takes so many messages, and twice as many when they are urgent', () => {
    const outbox = blocked({ maxMessages: 2, maxBytes: 1_000_000 });
    const taken = [false, false, false, true, true, true].map((urgent) => offer(outbox, message('x'), urgent));
    expect(taken).toEqual([true, true, false, true, true, false]);
    expect(outbox.size).toBe(4);
  });

  test('takes so many bytes, frames counted as the memory that they need', () => {
    const outbox = blocked({ maxMessages: 1_000, maxBytes: 3_000 });
    expect(offer(outbox, message('x'.repeat(1_000)))).toBe(true);
    expect(offer(outbox, message('x'.repeat(1_000)))).toBe(true);
    expect(outbox.bytes).toBe(2_800);
    expect(offer(outbox, message(''))).toBe(false);
    expect(offer(outbox, message(''), true)).toBe(true);
  });

  test('takes one message however large it is', () => {
    const outbox = blocked({ maxMessages: 1, maxBytes: 1 });
    expect(offer(outbox, message('x'.repeat(1_000)))).toBe(true);
    expect(offer(outbox, message('x'))).toBe(false);
    outbox.shift();
    expect(offer(outbox, message('x'))).toBe(true);
  });

  test('takes whatever one turn says to a peer that reads well', () => {
    const outbox = new Outbox({ maxMessages: 1, maxBytes: 1, maxBytesInAll: 1 }, { bytes: 0 });
    for (let i = 0; i < 100; i++) expect(offer(outbox, message('x'))).toBe(true);
    outbox.block();
    expect(offer(outbox, message('x'))).toBe(false);
  });

  test('takes no more when all of them together hold too much, and more again when one is not used any more', () => {
    const total = { bytes: 0 };
    const limits = { maxMessages: 10, maxBytes: 10_000, maxBytesInAll: 3_000 };
    const [one, two] = [blocked(limits, total), blocked(limits, total)];
    expect(offer(one, message('x'.repeat(1_500)))).toBe(true);
    expect(offer(two, message('x'.repeat(1_500)))).toBe(false);
    expect(offer(two, message('x'.repeat(1_500)), true)).toBe(true);
    expect(total.bytes).toBe(3_800);
    one.clear();
    expect(total.bytes).toBe(1_900);
    expect([one.size, one.bytes, one.first]).toEqual([0, 0, undefined]);
    two.shift();
    expect(total.bytes).toBe(0);
  });

  test('keeps its books right, whatever is done to it', () => {
    const steps = fc.array(fc.record({ what: fc.constantFrom('push', 'push', 'putBack', 'shift'), size: fc.nat(50) }), {
      maxLength: 300,
    });
    check(
      fc.property(steps, (all) => {
        const outbox = new Outbox({ maxMessages: 1_000, maxBytes: 10_000_000, maxBytesInAll: Infinity }, { bytes: 0 });
        const model: Frame[][] = [];
        for (const { what, size } of all) {
          const frames = message('x'.repeat(size));
          if (what === 'push') {
            outbox.push(frames);
            model.push(frames);
          } else if (what === 'putBack') {
            outbox.putBack(frames);
            model.unshift(frames);
          } else {
            outbox.shift();
            model.shift();
          }
          expect(outbox.first).toBe(model[0]);
          expect(outbox.size).toBe(model.length);
          expect(outbox.bytes).toBe(model.reduce((sum, [frame]) => sum + 400 + (frame?.length ?? 0), 0));
        }
      }),
      { runs: 100 },
    );
  });
});
