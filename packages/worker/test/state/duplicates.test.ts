// SPDX-License-Identifier: Apache-2.0
// duplicates.test - what is known of a request by its name: it runs, its reply is remembered, or it is forgotten

import { describe, expect, test } from '@jest/globals';
import type { Frame } from '@mdp/protocol';
import { bytes, text } from '@mdp/protocol';
import { FakeClock } from '@mdp/testkit';
import { check } from '@mdp/testkit/fuzz';
import fc from 'fast-check';
import type { DuplicatesLimits } from '../../src/state/duplicates.js';
import { Duplicates, replyBytes } from '../../src/state/duplicates.js';

/** What a reply of one frame of one byte, to a request with a name of one letter, counts. */
const SMALL = replyBytes('a', [bytes('x')]);

class Bench {
  readonly clock = new FakeClock();
  readonly counters = { joined: 0, remembered: 0, forgotten: 0 };
  readonly known: Duplicates<object>;

  constructor(limits: Partial<DuplicatesLimits> = {}) {
    this.known = new Duplicates({ maxEntries: 100, maxBytes: 1e6, ttlMs: 1_000, ...limits }, this.counters);
  }

  /** Execute a request. */
  execute(name: string, ...body: string[]): void {
    const execution = {};
    this.known.begin(name, execution);
    this.known.end(this.clock.now(), name, execution, body.map(bytes));
  }

  /** What is remembered of it. */
  reply(name: string): string | undefined {
    return this.known
      .reply(this.clock.now(), name)
      ?.body.map((frame) => text(frame))
      .join(' ');
  }
}

test('a request runs, then its reply is remembered, and it is no longer running', () => {
  const { known, clock } = new Bench();
  const execution = {};
  expect([known.running('a'), known.reply(0, 'a')]).toEqual([undefined, undefined]);
  known.begin('a', execution);
  expect(known.running('a')).toBe(execution);
  expect(known.running('b')).toBeUndefined();
  known.end(clock.now(), 'a', execution, [bytes('x'), bytes('')]);
  expect(known.running('a')).toBeUndefined();
  expect(known.reply(clock.now(), 'a')?.body).toEqual([bytes('x'), bytes('')]);
  expect(known.reply(clock.now(), 'b')).toBeUndefined();
});

test('one that was forgotten is not remembered, nor does it end the one that took its place', () => {
  const { known } = new Bench();
  const [first, second] = [{}, {}];
  known.begin('a', first);
  known.forget('a', first);
  expect(known.running('a')).toBeUndefined();
  known.begin('a', second);
  known.end(0, 'a', first, [bytes('x')]);
  known.forget('a', first);
  expect([known.running('a'), known.size]).toEqual([second, 0]);
});

test('a reply is copied: whoever made it may write on it', () => {
  const { known } = new Bench();
  const frame = Buffer.from('before');
  const execution = {};
  known.begin('a', execution);
  known.end(0, 'a', execution, [frame]);
  frame.fill('x');
  expect(known.reply(0, 'a')?.body.map((copy: Frame) => text(copy))).toEqual(['before']);
});

describe('limits', () => {
  test('a reply is remembered for its time and not longer, however often it is asked for', () => {
    const bench = new Bench({ ttlMs: 100 });
    bench.execute('a', 'x');
    bench.clock.advance(60);
    expect(bench.reply('a')).toBe('x');
    bench.clock.advance(39);
    expect(bench.reply('a')).toBe('x');
    bench.clock.advance(1);
    expect(bench.reply('a')).toBeUndefined();
    expect([bench.known.size, bench.known.bytes, bench.counters.forgotten]).toEqual([0, 0, 0]);
  });

  test('time frees the memory also of what nobody asks for', () => {
    const bench = new Bench({ ttlMs: 100 });
    const from = bench.clock.now();
    bench.execute('a', 'x');
    bench.clock.advance(50);
    bench.execute('b', 'x');
    bench.known.sweep(from + 99);
    expect(bench.known.size).toBe(2);
    bench.known.sweep(from + 100);
    expect([bench.known.size, bench.known.bytes]).toEqual([1, SMALL]);
    bench.known.sweep(from + 150);
    expect([bench.known.size, bench.known.bytes]).toEqual([0, 0]);
  });

  test('of too many replies, the one that was asked for least recently goes', () => {
    const bench = new Bench({ maxEntries: 2 });
    bench.execute('a', 'x');
    bench.execute('b', 'x');
    expect(bench.reply('a')).toBe('x');
    bench.execute('c', 'x');
    expect(['a', 'b', 'c'].map((name) => bench.reply(name))).toEqual(['x', undefined, 'x']);
    expect(bench.counters.forgotten).toBe(1);
  });

  test('of too many bytes, as many go as must', () => {
    const bench = new Bench({ maxBytes: 3 * SMALL });
    for (const name of ['a', 'b', 'c']) bench.execute(name, 'x');
    expect(bench.known.bytes).toBe(3 * SMALL);
    bench.execute('d', 'x'.repeat(1 + SMALL));
    expect(['a', 'b', 'c', 'd'].map((name) => bench.reply(name)?.length)).toEqual([undefined, undefined, 1, 1 + SMALL]);
    expect(bench.counters.forgotten).toBe(2);
  });

  test('one that is larger than all may be costs no other its place', () => {
    const bench = new Bench({ maxBytes: 2 * SMALL });
    bench.execute('a', 'x');
    bench.execute('b', 'x'.repeat(2 * SMALL));
    expect([bench.reply('a'), bench.reply('b'), bench.counters.forgotten]).toEqual(['x', undefined, 1]);
  });
});

const step = fc.record(
  { what: fc.constantFrom('execute', 'execute', 'ask', 'pass'), name: fc.constantFrom(...'abcdef'), size: fc.nat(900) },
  { noNullPrototype: true },
);

test('whatever happens, the limits hold, the bytes are those of what is kept, and no reply is another one or too old', () => {
  check(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bench = new Bench({ maxEntries: 4, maxBytes: 4_000, ttlMs: 1_000 });
      const ended = new Map<string, { readonly at: number; readonly body: string }>();
      for (const { what, name, size } of steps) {
        if (what === 'pass') bench.clock.advance(size);
        else if (what === 'ask') {
          const reply = bench.reply(name);
          const last = ended.get(name);
          if (reply !== undefined) {
            expect(reply).toBe(last?.body);
            expect(bench.clock.now() - (last?.at ?? 0)).toBeLessThan(1_000);
          }
        } else if (bench.reply(name) === undefined) {
          const body = name.repeat(size);
          bench.execute(name, body);
          ended.set(name, { at: bench.clock.now(), body });
        }
        expect(bench.known.size).toBeLessThanOrEqual(4);
        expect(bench.known.bytes).toBeLessThanOrEqual(4_000);
      }
      const kept = [...'abcdef'].flatMap((name) => bench.known.reply(-1, name)?.body ?? []);
      const bytesKept = kept.reduce((sum, { length }) => sum + length + SMALL - 1, 0);
      expect(bench.known.bytes).toBe(bytesKept);
    }),
  );
});
