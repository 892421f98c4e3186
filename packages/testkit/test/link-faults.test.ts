// SPDX-License-Identifier: Apache-2.0
// link-faults.test - what a bad link does to packets, on a clock advanced by hand

import { describe, expect, test } from '@jest/globals';
import type { LinkFault } from '../src/link-faults.js';
import { LinkDirection } from '../src/link-faults.js';
import { seeded } from '../src/random.js';

function direction(fault: LinkFault = {}): LinkDirection<number> {
  const link = new LinkDirection<number>(seeded(1));
  link.fault = fault;
  return link;
}

/** Send numbers, one a millisecond, and see what comes out, and when at last. */
function through(link: LinkDirection<number>, count: number): { out: number[]; at: number } {
  const out: number[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    link.send(i, i);
    out.push(...link.take(i));
  }
  while (link.nextAt < Infinity) out.push(...link.take((at = link.nextAt)));
  return { out, at };
}

const inOrder = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('chance', () => {
  test('is the same for the same seed, another for another, and fills its range', () => {
    const draw = (seed: number): number[] => Array.from({ length: 1000 }, seeded(seed));
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(Math.min(...draw(7))).toBeLessThan(0.01);
    expect(Math.max(...draw(7))).toBeGreaterThan(0.99);
    expect(Math.max(...draw(7))).toBeLessThan(1);
  });
});

describe('a direction', () => {
  test('without faults hands on at once and in order', () => {
    const link = direction();
    link.send(1, 100);
    link.send(2, 100);
    expect(link.nextAt).toBe(100);
    expect(link.take(100)).toEqual([1, 2]);
    expect(link.nextAt).toBe(Infinity);
  });

  test('that is cut drops everything, what was on its way, too', () => {
    const link = direction({ delayMs: 50 });
    link.send(1, 0);
    link.fault = { cut: true };
    link.send(2, 0);
    expect(link.take(1000)).toEqual([]);
    link.fault = {};
    link.send(3, 1000);
    expect(link.take(1000)).toEqual([3]);
    expect(link.counts).toEqual({ passed: 1, dropped: 2 });
  });

  test('that delays hands on later, no sooner', () => {
    const link = direction({ delayMs: 50 });
    link.send(1, 10);
    expect(link.take(59)).toEqual([]);
    expect(link.nextAt).toBe(60);
    expect(link.take(60)).toEqual([1]);
  });

  test('with jitter keeps the order', () => {
    const { out, at } = through(direction({ delayMs: 50, jitterMs: 40 }), 200);
    expect(out).toEqual(inOrder(200));
    expect(at).toBeGreaterThan(249);
    expect(at).toBeLessThan(290);
  });

  test('that was slow and is quick now still keeps the order', () => {
    const link = direction({ delayMs: 50 });
    link.send(1, 0);
    link.fault = {};
    link.send(2, 10);
    expect(link.take(49)).toEqual([]);
    expect(link.take(50)).toEqual([1, 2]);
  });

  test('that loses drops about its share', () => {
    const link = direction({ loss: 0.05 });
    const { out } = through(link, 10_000);
    expect(link.counts.dropped).toBeGreaterThan(400);
    expect(link.counts.dropped).toBeLessThan(600);
    expect(out.length + link.counts.dropped).toBe(10_000);
  });

  test('that reorders lets some be overtaken, and loses none', () => {
    const { out } = through(direction({ reorder: 0.25 }), 1000);
    expect(out).not.toEqual(inOrder(1000));
    expect([...out].sort((a, b) => a - b)).toEqual(inOrder(1000));
    // Those that are not overtaken keep their order.
    const late = out.filter((n, i) => out.slice(0, i).some((before) => before > n));
    expect(late.length).toBeGreaterThan(150);
    expect(late.length).toBeLessThan(350);
  });
});
