// SPDX-License-Identifier: Apache-2.0
// id-map.test - what is under way, by its number, against a plain Map

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { check } from '@mdp/testkit/fuzz';
import { IdMap } from '../src/id-map.js';

const LAST_KEY = 2 ** 32 - 1;

/** Keys as peers choose them: in order from anywhere, or so that many want the same place. */
const keys = fc.oneof(
  fc.nat({ max: 40 }),
  fc.nat({ max: 40 }).map((n) => LAST_KEY - n),
  fc.nat({ max: 20 }).map((n) => n * 65_536 + 7),
);

describe('IdMap', () => {
  test('does what a Map does', () => {
    check(
      fc.property(fc.array(fc.tuple(fc.boolean(), keys), { maxLength: 300 }), (steps) => {
        const map = new IdMap<{ key: number }>();
        const model = new Map<number, { key: number }>();
        for (const [adds, key] of steps) {
          if (!adds) expect(map.delete(key)).toBe(model.delete(key));
          else if (!model.has(key)) {
            const item = { key };
            map.add(key, item);
            model.set(key, item);
          }
          expect(map.get(key)).toBe(model.get(key));
          expect(map.has(key)).toBe(model.has(key));
          expect(map.size).toBe(model.size);
        }
        expect(new Set(map.values())).toEqual(new Set(model.values()));
        for (const key of model.keys()) expect(map.get(key)).toBe(model.get(key));
        map.clear();
        expect([map.size, [...map.values()]]).toEqual([0, []]);
        expect(map.get(7)).toBeUndefined();
      }),
    );
  });

  test('holds more than it has places for', () => {
    const map = new IdMap<{ key: number }>();
    for (let key = 0; key < 100_000; key++) map.add(key, { key });
    expect(map.size).toBe(100_000);
    for (let key = 0; key < 100_000; key++) {
      if (map.get(key)?.key !== key) throw new Error(`${String(key)} is not there`);
      map.delete(key);
    }
    expect(map.size).toBe(0);
  });
});
