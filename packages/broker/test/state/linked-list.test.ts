// SPDX-License-Identifier: Apache-2.0
// linked-list.test - order, removal anywhere, and links that are used again

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { check } from '@mdp/testkit/fuzz';
import { Link, LinkedList } from '../../src/state/linked-list.js';

function filled(...items: number[]): { list: LinkedList<number>; links: Link<number>[] } {
  const list = new LinkedList<number>();
  const links = items.map((item) => new Link(item));
  for (const link of links) list.append(link);
  return { list, links };
}

describe('LinkedList', () => {
  test('keeps what was appended in order, and what was prepended before it', () => {
    const { list } = filled(1, 2, 3);
    list.prepend(new Link(0));
    expect([...list]).toEqual([0, 1, 2, 3]);
    expect(list.first).toBe(0);
    expect(list.size).toBe(4);
  });

  test('is empty at first, and gives nothing then', () => {
    const list = new LinkedList<number>();
    expect([...list]).toEqual([]);
    expect(list.first).toBeUndefined();
    expect(list.shift()).toBeUndefined();
    expect(list.size).toBe(0);
  });

  test('can begin with prepend', () => {
    const list = new LinkedList<number>();
    list.prepend(new Link(1));
    list.append(new Link(2));
    expect([...list]).toEqual([1, 2]);
  });

  test.each([
    ['the head', 0, [2, 3]],
    ['the middle', 1, [1, 3]],
    ['the tail', 2, [1, 2]],
  ])('takes out %s', (_where, index, left) => {
    const { list, links } = filled(1, 2, 3);
    list.remove(links[index] as Link<number>);
    expect([...list]).toEqual(left);
    expect(list.size).toBe(2);
    list.append(new Link(9));
    list.prepend(new Link(8));
    expect([...list]).toEqual([8, ...left, 9]);
  });

  test('leaves a link alone that is in another list, or in none', () => {
    const { list, links } = filled(1, 2);
    const other = new LinkedList<number>();
    const foreign = new Link(7);
    other.append(foreign);
    list.remove(foreign);
    list.remove(new Link(8));
    list.remove(links[0] as Link<number>);
    list.remove(links[0] as Link<number>);
    expect([...list]).toEqual([2]);
    expect([...other]).toEqual([7]);
    expect(other.size).toBe(1);
  });

  test('lets the item that was handed out last be taken out, or moved to the end, while it is walked', () => {
    const { list, links } = filled(1, 2, 3);
    const seen: number[] = [];
    for (const item of list) {
      seen.push(item);
      list.remove(links[item - 1] as Link<number>);
    }
    expect(seen).toEqual([1, 2, 3]);
    expect(list.size).toBe(0);
  });

  test('does the same as an array, whatever is done to it', () => {
    const steps = fc.array(
      fc.record({ what: fc.constantFrom('append', 'prepend', 'remove', 'shift'), which: fc.nat(9) }),
      { maxLength: 60 },
    );
    check(
      fc.property(steps, (all) => {
        const list = new LinkedList<number>();
        const links = Array.from({ length: 10 }, (_, item) => new Link(item));
        let model: number[] = [];
        for (const { what, which } of all) {
          const link = links[which] as Link<number>;
          if (what === 'shift') expect(list.shift()).toBe(model.shift());
          else if (what === 'remove') {
            list.remove(link);
            model = model.filter((item) => item !== which);
          } else if (!model.includes(which)) {
            if (what === 'append') {
              list.append(link);
              model.push(which);
            } else {
              list.prepend(link);
              model.unshift(which);
            }
          }
          expect([...list]).toEqual(model);
          expect(list.size).toBe(model.length);
          expect(list.first).toBe(model[0]);
        }
      }),
      { runs: 200 },
    );
  });
});
