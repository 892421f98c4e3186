// SPDX-License-Identifier: Apache-2.0
// ledger.test - ledgers are read as they were written, also those of processes that were killed, and seeds repeat themselves

import { afterEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ledgerNow, parseLedger, readLedgers } from '../../src/chaos/ledger.js';
import { SeededRandom } from '../../src/chaos/random.js';
import { spreadOf } from '../../src/chaos/statistics.js';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const line = (at: number, id: string): string => `${JSON.stringify({ at, what: 'executed', id })}\n`;

describe('a ledger', () => {
  test('has an entry to a line, and each knows whose it is', () => {
    expect(parseLedger('w1', line(1, 'a') + line(2, 'b'))).toEqual([
      { at: 1, who: 'w1', what: 'executed', id: 'a' },
      { at: 2, who: 'w1', what: 'executed', id: 'b' },
    ]);
  });

  test('may end in the middle of a line: its process was killed', () => {
    expect(parseLedger('w1', `${line(1, 'a')}{"at":2,"wh`)).toHaveLength(1);
    expect(parseLedger('w1', '')).toEqual([]);
  });

  test('with anything else is refused', () => {
    expect(() => parseLedger('w1', `${line(1, 'a')}nonsense\n`)).toThrow('line 2 of the ledger of w1 is no entry');
  });

  test('is put together with the others of its folder in the order of time', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mdp-ledger-'));
    folders.push(folder);
    writeFileSync(join(folder, 'w1.jsonl'), line(1, 'a') + line(4, 'b'));
    writeFileSync(join(folder, 'w2.jsonl'), line(3, 'c'));
    writeFileSync(join(folder, 'notes.txt'), 'no ledger');
    expect(readLedgers(folder).map(({ at, who }) => `${String(at)} ${who}`)).toEqual(['1 w1', '3 w2', '4 w1']);
  });

  test('goes by a clock that only goes forward', () => {
    const first = ledgerNow();
    expect(ledgerNow()).toBeGreaterThanOrEqual(first);
  });
});

test('random numbers follow from the seed', () => {
  const numbers = (seed: number): number[] => {
    const random = new SeededRandom(seed);
    return Array.from({ length: 50 }, () => random.next());
  };
  expect(numbers(7)).toEqual(numbers(7));
  expect(numbers(7)).not.toEqual(numbers(8));
  expect(numbers(7).every((n) => n >= 0 && n < 1)).toBe(true);
  const picks = new SeededRandom(1);
  expect(new Set(Array.from({ length: 100 }, () => picks.pick(['a', 'b', 'c'])))).toEqual(new Set(['a', 'b', 'c']));
  expect(() => picks.pick([])).toThrow('nothing to choose from');
  const between = picks.between(5, 6);
  expect(between >= 5 && between < 6).toBe(true);
});

test('a spread is made of values that were measured', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ p50: 2, p99: 3, max: 3 });
  expect(spreadOf([])).toEqual({ p50: NaN, p99: NaN, max: NaN });
});
