// SPDX-License-Identifier: Apache-2.0
// allowances.test - clients of the strict wire that ask for more than can be done send no more than is answered in time

import { describe, expect, test } from '@jest/globals';
import { Harness } from './harness.js';
import type { Call } from './harness.js';

const TIMEOUT_MS = 100;

/** So many requests for a service, sent as far as they may be. */
function ask(h: Harness, count: number, service = 's', timeoutMs = TIMEOUT_MS): Call[] {
  const calls = Array.from({ length: count }, () => h.submit(service, { timeoutMs }));
  // As many connect as wait, which makes room for others.
  for (let i = 0; i < count; i++) h.connect();
  return calls;
}

const sent = (calls: readonly Call[]): number => calls.filter(({ exchange }) => exchange.link !== undefined).length;

/** A client none of whose 20 requests at once was answered. */
function unanswered(options: ConstructorParameters<typeof Harness>[0] = {}): Harness {
  const h = new Harness({ maxSockets: 20, ...options });
  expect(sent(ask(h, 20))).toBe(20);
  h.pass(TIMEOUT_MS);
  return h;
}

describe('a service whose requests are not answered in time', () => {
  test('gets four at once when none is, and the others wait for these', () => {
    const h = unanswered();
    const calls = ask(h, 10);
    expect(sent(calls)).toBe(4);
    expect(h.state.queued).toBe(6);
    h.final(calls[0] as Call, 'x');
    expect(sent(calls)).toBe(4);
    expect(h.state.queued).toBe(5);
  });

  test('gets four also when far fewer than maxSockets were under way, but a single failure takes hardly anything', () => {
    const h = unanswered({ maxSockets: 200 });
    const calls = ask(h, 10);
    expect(sent(calls)).toBe(4);
    const other = new Harness({ maxSockets: 200 });
    ask(other, 7);
    other.pass(TIMEOUT_MS);
    expect(sent(ask(other, 193))).toBe(193);
    expect(sent(ask(other, 1))).toBe(0);
  });

  test('gets half as many more with each round of replies that come soon, until it may have any number', () => {
    const h = unanswered();
    const counts: number[] = [];
    for (let round = 0; round < 6; round++) {
      const calls = ask(h, 20);
      const under = calls.filter(({ exchange }) => exchange.link !== undefined);
      counts.push(under.length);
      // What is let through by a reply is answered, too.
      while (calls.some(({ exchange }) => exchange.link !== undefined)) {
        for (const call of calls) if (call.exchange.link !== undefined) h.final(call, 'x');
      }
    }
    expect(counts[0]).toBe(4);
    expect(counts.at(-1)).toBe(20);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
  });

  test('gets hardly more for replies that come late, though in time', () => {
    const h = unanswered();
    // The first says what a reply takes at least.
    h.final(ask(h, 1)[0] as Call, 'x');
    for (let round = 0; round < 10; round++) {
      const calls = ask(h, 4);
      expect(sent(calls)).toBe(4);
      h.pass(TIMEOUT_MS - 1);
      for (const call of calls) h.final(call, 'x');
    }
    expect(sent(ask(h, 10))).toBe(4);
  });

  test('has replies taken for soon that take no longer than its jobs do', () => {
    const h = unanswered();
    for (let round = 0; round < 10; round++) {
      const calls = ask(h, 20).filter(({ exchange }) => exchange.link !== undefined);
      // More wait, and end at their deadlines without being sent.
      h.pass(TIMEOUT_MS * 0.6);
      for (const call of calls) h.final(call, 'x');
      h.state.abortAll('the round is over');
    }
    expect(sent(ask(h, 20))).toBe(20);
  });

  test('is told so by 504 of the broker, too, but not by 429', () => {
    const h = new Harness({ maxSockets: 20 });
    for (const call of ask(h, 20)) h.errorReply(call, 429);
    expect(h.live()).toHaveLength(20);
    const calls = ask(h, 21);
    expect(sent(calls)).toBe(20);
    for (const call of calls.slice(0, 19)) h.errorReply(call, 504);
    expect(sent([calls[19] as Call, calls[20] as Call])).toBe(2);
    expect(sent(ask(h, 10))).toBe(2);
  });

  test('takes nothing from another service', () => {
    const h = unanswered();
    const [held, free] = [ask(h, 10), ask(h, 10, 'other')];
    expect([sent(held), sent(free)]).toEqual([4, 10]);
  });

  test('holds back in order, and newest first once the oldest has used up half of its time', () => {
    const h = unanswered();
    const under = ask(h, 4);
    const [first, second] = ask(h, 2) as [Call, Call];
    h.final(under[0] as Call, 'x');
    expect([sent([first]), sent([second])]).toEqual([1, 0]);
    h.pass(TIMEOUT_MS / 2 + 1);
    const [newest] = ask(h, 1) as [Call];
    h.final(under[1] as Call, 'x');
    expect([sent([second]), sent([newest])]).toEqual([0, 1]);
  });

  test('has those that are held back end like all that wait: at their deadlines, by abort, beyond maxQueued', () => {
    const h = unanswered({ maxQueued: 20 });
    expect(sent(ask(h, 4))).toBe(4);
    const calls = ask(h, 21);
    expect(calls[20]?.sink.error).toMatchObject({ code: 'MDP_OVERLOADED', attempts: 0 });
    h.state.abort(h.now, (calls[0] as Call).exchange, 'enough');
    expect([calls[0]?.sink.error?.code, h.state.queued]).toEqual(['MDP_ABORTED', 19]);
    h.pass(TIMEOUT_MS);
    expect(calls[1]?.sink.error).toMatchObject({
      code: 'MDP_TIMEOUT',
      attempts: 0,
      message: expect.stringContaining('others were not answered in time'),
    });
    expect([h.state.queued, h.state.pending]).toEqual([0, 0]);
  });

  test('has those that are held back end with the client', () => {
    const h = unanswered();
    const calls = ask(h, 10, 's', 0);
    h.state.close(h.now, 0);
    expect(calls.every(({ sink }) => sink.error?.code === 'MDP_CLOSED')).toBe(true);
    expect(h.isClosed).toBe(true);
  });

  test('opens no connection for what is held back', () => {
    const h = unanswered();
    expect(sent(ask(h, 4))).toBe(4);
    const open = h.live().length;
    ask(h, 10);
    expect([h.live().length, h.state.queued]).toEqual([open, 10]);
  });

  test('has each that waits counted once, also one that may go and has no connection yet', () => {
    const h = unanswered();
    const calls = ask(h, 10);
    for (const { link } of h.live()) if (link.phase === 'idle') h.state.lost(h.now, link);
    h.state.abort(h.now, (calls[0] as Call).exchange, 'enough');
    expect([sent(calls), h.state.queued]).toEqual([3, 6]);
    h.connect();
    expect([sent(calls), h.state.queued]).toEqual([4, 5]);
  });

  test('is held back nowhere because one broker among others stands still', () => {
    const h = new Harness({ endpoints: ['a', 'b'], maxSockets: 20 });
    const calls = ask(h, 20);
    const at = (address: string): Call[] => calls.filter((call) => h.linkOf(call).endpoint.address === address);
    expect([at('a').length, at('b').length]).toEqual([10, 10]);
    for (const call of at('b')) h.final(call, 'x');
    h.pass(TIMEOUT_MS);
    expect(sent(ask(h, 20))).toBe(20);
  });

  test('is not remembered after ten seconds in which nothing was under way', () => {
    const h = unanswered();
    h.pass(10_000);
    const calls = ask(h, 10);
    expect(sent(calls)).toBe(4);
    h.state.abortAll('enough');
    h.pass(1);
    expect(sent(ask(h, 20))).toBe(20);
  });

  test('is one of a hundred that are remembered while nothing is under way', () => {
    const h = new Harness({ maxSockets: 20 });
    const names = Array.from({ length: 101 }, (_, i) => `s${String(i)}`);
    for (const name of names) {
      ask(h, 20, name, 10);
      h.pass(10);
    }
    const count = (name: string): number => {
      const found = sent(ask(h, 20, name));
      h.state.abortAll('enough');
      return found;
    };
    expect([count('s0'), count('s1'), count('s100')]).toEqual([20, 4, 4]);
  });

  test('is not forgotten because an older record of it is', () => {
    const h = new Harness({ maxSockets: 300 });
    const abort = (calls: readonly Call[]): void => {
      for (const { exchange } of calls) h.state.abort(h.now, exchange, 'enough');
    };
    const names = (prefix: string): string[] => Array.from({ length: 100 }, (_, i) => prefix + String(i));
    ask(h, 20);
    h.pass(TIMEOUT_MS);
    const calls = ask(h, 5, 's', 0);
    expect(sent(calls)).toBe(4);
    for (const name of names('n')) ask(h, 1, name);
    h.pass(TIMEOUT_MS);
    const others = names('n').flatMap((name) => ask(h, 1, name, 0));
    expect(sent(others)).toBe(100);
    // The one that is held back goes first, so nobody waits; then the service is idle longest, and so forgotten.
    abort(calls.slice(4));
    abort(calls.slice(0, 4));
    abort(others);
    expect(sent(ask(h, 20))).toBe(20);
    h.pass(TIMEOUT_MS);
    expect(sent(ask(h, 10, 's', 0))).toBe(4);
    // Now everything that was idle before is forgotten.
    for (const name of names('m')) ask(h, 1, name);
    h.pass(TIMEOUT_MS);
    expect(sent(ask(h, 10, 's', 0))).toBe(0);
  });

  test('holds nothing back from a broker that knows deadlines, and sends it what was held back', () => {
    const h = new Harness({ maxSockets: 20, wire: 'auto' });
    const [first, ...others] = ask(h, 20) as [Call, ...Call[]];
    h.pass(TIMEOUT_MS / 2);
    h.final(first, 'x');
    h.connect();
    expect(sent(others)).toBe(19);
    h.pass(TIMEOUT_MS / 2);
    const calls = ask(h, 10);
    expect(sent(calls)).toBe(4);
    h.answer(1_000);
    expect(sent(calls)).toBe(10);
  });
});

describe('with fewer connections than may be used', () => {
  /** A client with eight connections; the services have been cut to four at once. */
  function cut(...services: string[]): Harness {
    const h = new Harness({ maxSockets: 8 });
    for (const service of services) {
      expect(sent(ask(h, 8, service))).toBe(8);
      h.pass(TIMEOUT_MS);
    }
    return h;
  }

  /** Answer so many, always the one that was sent first, and return what is sent meanwhile, by service. */
  function answer(h: Harness, count: number): string[] {
    const underWay = h.calls.filter(({ exchange }) => exchange.link !== undefined);
    const services: string[] = [];
    h.onSend = (exchange) => {
      services.push(exchange.service);
      underWay.push({ exchange, sink: exchange.sink as Call['sink'] });
    };
    for (let i = 0; i < count; i++) h.final(underWay.shift() as Call, 'x');
    return services;
  }

  const count = (of: readonly string[], what: string): number => of.filter((each) => each === what).length;

  test('those that are held back take turns with others that wait', () => {
    const h = cut('s');
    ask(h, 100, 's', 0);
    ask(h, 100, 'other', 0);
    expect(h.live()).toHaveLength(8);
    // At first others take what the four of the service leave.
    answer(h, 8);
    const services = answer(h, 40);
    expect(services).toHaveLength(40);
    expect(count(services, 's')).toBe(20);
    expect(count(services, 'other')).toBe(20);
  });

  test('two services whose requests are held back take turns, too', () => {
    const h = cut('s', 't');
    ask(h, 100, 's', 0);
    ask(h, 100, 't', 0);
    ask(h, 100, 'other', 0);
    answer(h, 8);
    const services = answer(h, 40);
    expect(count(services, 'other')).toBe(20);
    expect(count(services, 's')).toBe(10);
    expect(count(services, 't')).toBe(10);
  });

  test('requests for one service are sent in order, wherever they wait', () => {
    const h = cut('s');
    const calls = ask(h, 30, 's', 0);
    ask(h, 10, 'other', 0);
    answer(h, 2);
    // There is room for more of the service now, but no connection for them.
    calls.push(...ask(h, 10, 's', 0));
    const order: number[] = [];
    const underWay = h.calls.filter(({ exchange }) => exchange.link !== undefined);
    h.onSend = (exchange) => {
      const call = h.calls.find((each) => each.exchange === exchange) as Call;
      if (exchange.service === 's') order.push(calls.indexOf(call));
      underWay.push(call);
    };
    for (let call = underWay.shift(); call !== undefined; call = underWay.shift()) h.final(call, 'x');
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(h.state.pending).toBe(0);
  });
});

test('a service that is slow, but answers, is never held back', () => {
  const h = new Harness({ maxSockets: 20 });
  for (let round = 0; round < 5; round++) {
    const calls = ask(h, 20);
    expect(sent(calls)).toBe(20);
    h.pass(TIMEOUT_MS - 1);
    for (const call of calls) h.final(call, 'x');
  }
});

/** Clients at a strict broker: it takes them in turns, and does what each asked in order, given up or not. */
class Overload {
  readonly clients: Harness[];
  readonly #queues: { readonly call: Call; readonly link: unknown }[][];
  readonly #seen = new WeakSet<object>();
  #turn = 0;
  #due = 0;
  #done = 0;

  constructor(clients: number, maxSockets: number) {
    this.clients = Array.from({ length: clients }, () => new Harness({ maxSockets, maxQueued: 100_000 }));
    this.#queues = this.clients.map(() => []);
  }

  /** Replies so far. */
  get replies(): number {
    return this.clients.reduce((sum, { state }) => sum + state.counters.replies, 0);
  }

  get pending(): number {
    return this.clients.reduce((sum, { state }) => sum + state.pending, 0);
  }

  /** Let time pass in which each client makes so many requests a millisecond, and so many are done in all. */
  run(forMs: number, asked: number, done: number, timeoutMs: number): void {
    for (let ms = 0; ms < forMs; ms++) {
      this.#due += asked;
      this.clients.forEach((h, client) => {
        for (let i = 1; i <= this.#due; i++) h.submit('s', { timeoutMs });
        h.pass(1);
        h.connect();
        this.#hear(h, client);
      });
      this.#due %= 1;
      for (this.#done = Math.min(1, this.#done) + done; this.#done >= 1; this.#done--) this.#one();
    }
  }

  #hear(h: Harness, client: number): void {
    for (const { link } of h.live()) {
      const { exchange } = link;
      if (exchange === undefined || this.#seen.has(exchange)) continue;
      this.#seen.add(exchange);
      this.#queues[client]?.push({ call: { exchange, sink: exchange.sink as Call['sink'] }, link });
    }
  }

  #one(): void {
    for (let tried = 0; tried < this.clients.length; tried++) {
      const client = this.#turn++ % this.clients.length;
      const next = this.#queues[client]?.shift();
      if (next === undefined) continue;
      if (next.call.exchange.link === next.link) this.clients[client]?.final(next.call, 'x');
      return;
    }
  }
}

test('eight clients at three times the capacity: after two seconds all that is done is of use, and later all is as usual', () => {
  const PER_MS = 0.4;
  const load = new Overload(8, 64);
  load.run(3_000, (3 * PER_MS) / 8, PER_MS, 500);
  const before = load.replies;
  load.run(3_000, (3 * PER_MS) / 8, PER_MS, 500);
  expect(load.replies - before).toBeGreaterThan(3_000 * PER_MS * 0.9);
  load.run(1_000, (0.5 * PER_MS) / 8, PER_MS, 500);
  const [replies, requests] = [load.replies, load.clients[0]?.state.counters.requests ?? 0];
  load.run(1_000, (0.5 * PER_MS) / 8, PER_MS, 500);
  const made = (load.clients[0]?.state.counters.requests ?? 0) - requests;
  expect(load.replies - replies).toBeGreaterThanOrEqual(made * 8 - 8);
  expect(load.pending).toBeLessThanOrEqual(8);
});
