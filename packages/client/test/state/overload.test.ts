// SPDX-License-Identifier: Apache-2.0
// overload.test - more is asked for than can be done: what waits too long costs nobody else anything

import { describe, expect, test } from '@jest/globals';
import { bytes } from '@mdp/protocol';
import { Harness } from './harness.js';
import type { Call } from './harness.js';

/** A client with an MX connection that takes so many at once. */
function connected(maxInFlight: number, maxQueued = 1_000): Harness {
  const h = new Harness({ wire: 'mx', maxInFlight, maxQueued });
  const first = h.submit('first');
  h.connect();
  h.final(first, 'x');
  return h;
}

const sent = (h: Harness): string[] =>
  h
    .mx()
    .of('request')
    .slice(1)
    .map(({ service }) => Buffer.from(service).toString());

describe('requests that wait', () => {
  test('are sent in order while the oldest has half of its time before it', () => {
    const h = connected(1);
    const calls = ['a', 'b', 'c'].map((name) => h.submit(name, { timeoutMs: 100 }));
    h.clock.advance(50);
    h.final(calls[0] as Call, 'x');
    expect(sent(h)).toEqual(['a', 'b']);
  });

  test('are sent newest first when it has not: it would be answered too late', () => {
    const h = connected(1);
    const busy = h.submit('busy', { timeoutMs: 1_000 });
    h.submit('old', { timeoutMs: 100 });
    h.pass(51);
    h.submit('newer', { timeoutMs: 100 });
    h.submit('newest', { timeoutMs: 100 });
    h.final(busy, 'x');
    expect(sent(h)).toEqual(['busy', 'newest']);
  });

  test('without a deadline keep their order', () => {
    const h = connected(1);
    const busy = h.submit('busy');
    h.submit('old');
    h.pass(100_000);
    h.submit('new', { timeoutMs: 100 });
    h.final(busy, 'x');
    expect(sent(h)).toEqual(['busy', 'old']);
  });

  test('are never sent once their deadline has passed, and the broker hears nothing of them', () => {
    const h = connected(1);
    const busy = h.submit('busy');
    const late = h.submit('late', { timeoutMs: 100 });
    h.pass(100);
    expect(late.sink).toMatchObject({ ends: 1, error: { code: 'MDP_TIMEOUT', attempts: 0 } });
    h.final(busy, 'x');
    expect(sent(h)).toEqual(['busy']);
    expect(h.mx().of('cancel')).toHaveLength(0);
    expect(h.state.queued).toBe(0);
  });

  test('are refused at once when too many do', () => {
    const h = connected(1, 2);
    const calls = Array.from({ length: 4 }, () => h.submit('s', { timeoutMs: 100 }));
    expect(calls[3]?.sink).toMatchObject({ ends: 1, error: { code: 'MDP_OVERLOADED', attempts: 0 } });
    expect(calls.slice(0, 3).every(({ sink }) => sink.ends === 0)).toBe(true);
  });
});

test('three times the capacity: what is done is done in time', () => {
  const RUN_MS = 2_000;
  const TIMEOUT_MS = 100;
  const SERVICE_MS = 5;
  const h = connected(50, 10_000);
  const calls: Call[] = [];
  const { records, link } = h.mx();
  const working: { id: number; readyAt: number }[] = [];
  let read = records.length;
  let queue: number[] = [];
  for (let ms = 0; ms < RUN_MS; ms++) {
    for (let i = 0; i < 3; i++) calls.push(h.submit('s', { timeoutMs: TIMEOUT_MS }));
    h.pass(1);
    // A broker with a queue in order and five workers: one request is begun in each millisecond.
    for (; read < records.length; read++) {
      const record = records[read];
      if (record?.type === 'request') queue.push(record.id);
      else if (record?.type === 'cancel') queue = queue.filter((id) => id !== record.id);
    }
    const id = queue.shift();
    if (id !== undefined) working.push({ id, readyAt: h.now + SERVICE_MS });
    while ((working[0]?.readyAt ?? Infinity) <= h.now) {
      const { id: done } = working.shift() ?? { id: NaN };
      h.state.receiveMx(h.now, link, [{ type: 'final', id: done, body: [bytes('x')] }]);
    }
  }
  expect(h.state.counters.replies).toBeGreaterThan(RUN_MS * 0.9);
  h.pass(TIMEOUT_MS);
  expect(calls.every(({ sink }) => sink.ends === 1)).toBe(true);
  expect(h.state.pending).toBe(0);
});
