// SPDX-License-Identifier: Apache-2.0
// stream-pace.test - streams take turns

import { describe, expect, test } from '@jest/globals';
import { StreamPace } from '../src/stream-pace.js';

describe('the pace of streams', () => {
  test('lets so many parts through in a turn; the others go on in the next one, in order', async () => {
    const pace = new StreamPace();
    const done: number[] = [];
    const go = (id: number): void => {
      pace.next(() => done.push(id))(true);
    };
    for (let id = 1; id <= 70; id++) go(id);
    expect(done).toHaveLength(63);
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toEqual(Array.from({ length: 70 }, (_, i) => i + 1));
    go(71);
    expect(done).toHaveLength(71);
  });

  test('tells whoever had to wait how it went', async () => {
    const pace = new StreamPace();
    const sent: boolean[] = [];
    for (let i = 0; i < 65; i++) pace.next((taken) => sent.push(taken))(i < 64);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toEqual([...Array<boolean>(64).fill(true), false]);
  });
});
