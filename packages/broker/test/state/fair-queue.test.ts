// SPDX-License-Identifier: Apache-2.0
// fair-queue.test - clients take turns, retries come first, and anything can be taken out

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Frame } from '@mdp/protocol';
import { bytes } from '@mdp/protocol';
import { ClientIds } from '@mdp/protocol/internal';
import { check } from '@mdp/testkit/fuzz';
import { resolveBrokerOptions } from '../../src/options.js';
import { Connection } from '../../src/state/connection.js';
import { FairQueue } from '../../src/state/fair-queue.js';
import { Request } from '../../src/state/request.js';
import { Service } from '../../src/state/service.js';
import { ANYBODY } from '../support/access.js';

const service = new Service('any', resolveBrokerOptions().anyService, 0);

function connection(id: string): Connection {
  return new Connection(0, ANYBODY, id, bytes(id));
}

function request(from: Connection, name: string, ...address: Frame[]): Request {
  return dueRequest(from, name, Infinity, address);
}

function dueRequest(from: Connection, name: string, deadlineAt: number, address: Frame[] = []): Request {
  const envelope = [from.routingId, ...address];
  const strict = { dialect: 'rfc18' as const, mx: undefined, id: 0, deadlineAt, identity: undefined };
  const origin = { connection: from, envelope, ...strict };
  return new Request(origin, service, [bytes(name)]);
}

function name(of: Request | undefined): string | undefined {
  return of === undefined ? undefined : Buffer.from(of.body[0] as Frame).toString();
}

/** The one whose turn it is, taken out. */
function shift(queue: FairQueue, now: number): Request | undefined {
  const next = queue.next(now);
  if (next !== undefined) queue.take(next);
  return next;
}

function drainAll(queue: FairQueue): (string | undefined)[] {
  const names: (string | undefined)[] = [];
  for (let next = shift(queue, 0); next !== undefined; next = shift(queue, 0)) names.push(name(next));
  return names;
}

describe('FairQueue', () => {
  test('serves one client in the order of its requests', () => {
    const queue = new FairQueue();
    const a = connection('a');
    for (const each of ['a1', 'a2', 'a3']) queue.push(request(a, each));
    expect(queue.size).toBe(3);
    expect(name(queue.oldest)).toBe('a1');
    expect(drainAll(queue)).toEqual(['a1', 'a2', 'a3']);
    expect(queue.size).toBe(0);
    expect(queue.oldest).toBeUndefined();
  });

  test('lets clients take turns (MDP-B-03)', () => {
    const queue = new FairQueue();
    const [a, b, c] = [connection('a'), connection('b'), connection('c')];
    for (const each of ['a1', 'a2', 'a3', 'a4']) queue.push(request(a, each));
    queue.push(request(b, 'b1'));
    queue.push(request(c, 'c1'));
    queue.push(request(b, 'b2'));
    expect(drainAll(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  });

  test('tells clients behind one proxy apart, and a client from its own empty frame not', () => {
    const queue = new FairQueue();
    const proxy = connection('proxy');
    queue.push(request(proxy, 'one 1', bytes('one')));
    queue.push(request(proxy, 'one 2', bytes('one')));
    queue.push(request(proxy, 'two 1', bytes('two')));
    expect(drainAll(queue)).toEqual(['one 1', 'two 1', 'one 2']);
    const a = connection('a');
    const b = connection('b');
    queue.push(request(a, 'a1'));
    queue.push(request(a, 'a2', bytes('')));
    queue.push(request(b, 'b1'));
    expect(drainAll(queue)).toEqual(['a1', 'b1', 'a2']);
  });

  test('the connections of one client take one turn, also behind a proxy, when their routing ids say whose they are', () => {
    const queue = new FairQueue();
    const greedy = new ClientIds(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    const modest = new ClientIds(Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1));
    for (const each of ['g1', 'g2', 'g3']) queue.push(request(connection(greedy.next()), each));
    queue.push(request(connection(modest.next()), 'm1'));
    expect(drainAll(queue)).toEqual(['g1', 'm1', 'g2', 'g3']);
    const proxy = connection('proxy');
    for (const each of ['g1', 'g2', 'g3']) queue.push(request(proxy, each, bytes(greedy.next())));
    queue.push(request(proxy, 'm1', bytes(modest.next()), bytes('')));
    expect(drainAll(queue)).toEqual(['g1', 'm1', 'g2', 'g3']);
  });

  test('one client at two endpoints, and one that only looks like another, take turns of their own', () => {
    const queue = new FairQueue();
    const id = new ClientIds(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)).next();
    const elsewhere = new Connection(1, ANYBODY, id, bytes(id));
    for (const each of ['a1', 'a2']) queue.push(request(connection(id), each));
    queue.push(request(elsewhere, 'b1'));
    queue.push(request(connection(id.replace('08:', '09:')), 'c1'));
    queue.push(request(connection(id.replace(':1', '')), 'd1'));
    expect(drainAll(queue)).toEqual(['a1', 'b1', 'c1', 'd1', 'a2']);
  });

  test('serves retries before all others, the last one that came back first', () => {
    const queue = new FairQueue();
    const a = connection('a');
    queue.push(request(a, 'a1'));
    queue.pushFirst(request(a, 'r1'));
    queue.pushFirst(request(connection('b'), 'r2'));
    expect(drainAll(queue)).toEqual(['r2', 'r1', 'a1']);
  });

  test('a client whose turn has ended begins at the end of the line again', () => {
    const queue = new FairQueue();
    const [a, b] = [connection('a'), connection('b')];
    queue.push(request(a, 'a1'));
    queue.push(request(b, 'b1'));
    queue.push(request(b, 'b2'));
    expect(name(shift(queue, 0))).toBe('a1');
    queue.push(request(a, 'a2'));
    expect(drainAll(queue)).toEqual(['b1', 'a2', 'b2']);
  });

  test('serves the newest first once the oldest has less time left than it has waited', () => {
    const queue = new FairQueue();
    const a = connection('a');
    for (const each of [0, 10, 20, 30]) {
      const next = dueRequest(a, `at ${String(each)}`, each + 100);
      next.since = each;
      queue.push(next);
    }
    expect(name(shift(queue, 50))).toBe('at 0');
    expect(name(queue.next(60))).toBe('at 10');
    expect(name(shift(queue, 61))).toBe('at 30');
    expect(name(shift(queue, 61))).toBe('at 20');
    expect(name(shift(queue, 61))).toBe('at 10');
  });

  test('a client that has late ones takes its turn like all others', () => {
    const queue = new FairQueue();
    const [a, b] = [connection('a'), connection('b')];
    for (const each of ['a1', 'a2', 'a3']) queue.push(dueRequest(a, each, 100 + queue.size));
    queue.push(request(b, 'b1'));
    queue.push(request(b, 'b2'));
    const names: (string | undefined)[] = [];
    while (queue.size > 0) names.push(name(shift(queue, 80)));
    expect(names).toEqual(['a3', 'b1', 'a2', 'b2', 'a1']);
  });

  test('what has no deadline keeps its order, and what has one does not pass it by for ever', () => {
    const queue = new FairQueue();
    const a = connection('a');
    queue.push(dueRequest(a, 'due', 100));
    queue.push(request(a, 'patient'));
    expect(name(queue.next(99))).toBe('due');
    queue.push(dueRequest(a, 'new', 199));
    expect(name(shift(queue, 99))).toBe('new');
    expect(name(shift(queue, 99))).toBe('due');
    queue.push(dueRequest(a, 'newest', 300));
    expect(name(shift(queue, 200))).toBe('patient');
  });

  test('hands out everything once, in turns and within its client in order, and takes out anything', () => {
    const steps = fc.array(
      fc.record({
        what: fc.constantFrom('push', 'push', 'push', 'pushFirst', 'shift', 'remove'),
        client: fc.nat(3),
        which: fc.nat(50),
      }),
      { maxLength: 100 },
    );
    check(
      fc.property(steps, (all) => {
        const queue = new FairQueue();
        const clients = ['a', 'b', 'c', 'd'].map(connection);
        let inside: Request[] = [];
        let retries: Request[] = [];
        let serial = 0;
        for (const { what, client, which } of all) {
          if (what === 'push' || what === 'pushFirst') {
            const next = request(clients[client] as Connection, String(serial++));
            inside.push(next);
            if (what === 'push') queue.push(next);
            else {
              queue.pushFirst(next);
              retries.unshift(next);
            }
          } else {
            const taken = what === 'shift' ? shift(queue, 0) : inside[which % Math.max(1, inside.length)];
            if (what === 'remove' && taken !== undefined) queue.remove(taken);
            if (what === 'shift') {
              if (retries.length > 0) expect(taken).toBe(retries[0]);
              else {
                // In its client's order: the oldest of this client that is inside.
                const own = inside.filter((each) => each.connection === taken?.connection);
                expect(taken).toBe(own[0]);
              }
              expect(taken === undefined).toBe(inside.length === 0);
            }
            inside = inside.filter((each) => each !== taken);
            retries = retries.filter((each) => each !== taken);
          }
          expect(queue.size).toBe(inside.length);
          expect(queue.oldest).toBe(inside[0]);
        }
        expect(new Set(drainAll(queue)).size).toBe(inside.length);
      }),
      { runs: 200 },
    );
  });

  test('a hundred modest clients keep their shares beside a greedy one, late or not (MDP-B-03)', () => {
    const queue = new FairQueue();
    const greedy = connection('greedy');
    const modest = Array.from({ length: 100 }, (_, i) => connection(`m${String(i)}`));
    const ask = (from: Connection, now: number): void => {
      const next = dueRequest(from, from.key, now + 1_000);
      next.since = now;
      queue.push(next);
    };
    for (let i = 0; i < 1_000; i++) ask(greedy, 0);
    for (const each of modest) ask(each, 0);
    const served = new Map<Connection, number>();
    // One request is done in each millisecond, and its client asks again.
    for (let now = 0; now < 990; now++) {
      const from = shift(queue, now)?.connection as Connection;
      served.set(from, (served.get(from) ?? 0) + 1);
      ask(from, now);
    }
    const shares = modest.map((each) => served.get(each) ?? 0);
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(9);
    expect(Math.max(...shares, served.get(greedy) ?? 0)).toBeLessThanOrEqual(10);
  });

  test('a newcomer is served after at most one request of each other client (MDP-B-03)', () => {
    check(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 10 }),
        fc.nat(40),
        (loads, taken) => {
          const queue = new FairQueue();
          loads.forEach((load, i) => {
            const flooder = connection(`c${String(i)}`);
            for (let k = 0; k < load; k++) queue.push(request(flooder, 'flood'));
          });
          for (let k = 0; k < taken; k++) shift(queue, 0);
          queue.push(request(connection('newcomer'), 'new'));
          const names = drainAll(queue);
          expect(names.indexOf('new')).toBeLessThanOrEqual(loads.length);
        },
      ),
      { runs: 100 },
    );
  });
});
