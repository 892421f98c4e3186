// SPDX-License-Identifier: Apache-2.0
// random-walk.test - whatever happens in whatever order, what leaves the worker keeps to RFC 18

import { describe, expect, test } from '@jest/globals';
import { Task } from '../../src/state/task.js';
import { EXPIRY_MS, INTERVAL_MS, bench, requestOf } from './recording-port.js';

/** A generator of numbers from 0 to 1 that gives the same ones for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Reads what a state said and throws at the first line that RFC 18 does not allow there. */
class Referee {
  #socket = false;
  #ready = false;
  #said = false;
  readonly #running = new Set<string>();
  readonly #finals = new Set<string>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  read(line: string): void {
    const [word, token = ''] = line.split(' ');
    switch (word) {
      case 'open':
        if (this.#socket) throw new Error('two sockets at once');
        this.#socket = token !== 'fails';
        this.#ready = this.#said = false;
        return;
      case 'close':
      case 'close,':
        this.#socket = this.#ready = false;
        this.#running.clear();
        return;
      case 'READY':
        // Taking back what was registered is no further registration.
        if (token === '0') return;
        if (this.#ready || this.#said) throw new Error('READY is the first command, and only once');
        this.#ready = this.#said = true;
        return;
      case 'start':
        this.#running.add(token);
        this.#finals.delete(token);
        if (this.#running.size > this.#capacity) throw new Error(`${token} begins beside too many others`);
        return;
      case 'HEARTBEAT':
      case 'DISCONNECT':
      case 'PARTIAL':
      case 'FINAL':
        if (!this.#socket || !this.#ready) throw new Error(`${word} without a registration`);
        if (word === 'DISCONNECT') this.#ready = false;
        if (word !== 'PARTIAL' && word !== 'FINAL') return;
        // A FINAL also ends what was cancelled before it began.
        if (line.includes('cancelled')) return;
        if (!this.#running.has(token)) throw new Error(`${word} for ${token}`);
        if (word === 'PARTIAL') return;
        if (this.#finals.has(token)) throw new Error(`two FINALs for ${token}`);
        this.#finals.add(token);
        this.#running.delete(token);
    }
  }
}

/** One random life of a connection; what it said is checked line by line. */
function walk(seed: number, mx: boolean): number {
  const random = seeded(seed);
  const capacity = mx ? 3 : 1;
  const { state, orphans, port, clock, counters } = bench({
    ...{ random, capacity, legacy: !mx && random() < 0.3, confirmed: mx ? ['a', 'b'] : [] },
    answerMs: mx && random() < 0.5 ? INTERVAL_MS / 2 : undefined,
  });
  const referee = new Referee(capacity);
  const known: Task[] = [];
  const stranger = requestOf('?');
  let tokens = 0;
  let lines = 0;
  const pick = (): Task => known[Math.floor(random() * known.length)] ?? stranger;
  port.begins = random() < 0.5;
  port.runsOn = random() < 0.5;
  const events: (() => void)[] = [
    () => state.connected(clock.now()),
    () => state.unreachable(clock.now()),
    () => state.broken(clock.now(), 'refused'),
    () => state.receive(clock.now(), { type: 'heartbeat' }),
    () => state.receive(clock.now(), { type: 'disconnect' }),
    () => state.receive(clock.now(), { type: 'invalid' }),
    () => {
      // Ids of MX come again.
      const request = mx ? new Task(Math.floor(random() * 8), 1_000) : requestOf(`t${String(tokens++)}`);
      known.push(request);
      state.receive(clock.now(), request);
    },
    () => state.flush(),
    () => state.begin(pick()),
    () => state.partial(clock.now(), pick(), [], () => undefined),
    () => state.final(clock.now(), pick(), [], undefined),
    () => state.final(clock.now(), known.at(-1) ?? stranger, [], undefined),
    () => state.withhold(clock.now(), pick()),
    () => {
      if (orphans.count > 0) state.settled();
    },
    () => state.answered(clock.now(), random() < 0.8),
    () => state.receive(clock.now(), { type: 'cancel', id: Math.floor(random() * 8) }),
    () => state.receive(clock.now(), { type: 'credit', id: Math.floor(random() * 8), amount: 100 }),
    () => {
      if (random() < 0.2) state.receive(clock.now(), { type: 'ready', service: random() < 0.5 ? 'a' : 'b', credit: 0 });
    },
    () => {
      // Whoever was declined is started again by others.
      if (random() < 0.2 && state.phase === 'stopped') state.start(clock.now());
    },
    () => state.stalled(clock.now(), clock.now() - EXPIRY_MS),
    () => state.tick(clock.advance(random() * INTERVAL_MS * 2)),
    () => state.tick(clock.advance(1)),
    () => {
      if (random() < 0.02) state.drain();
    },
    () => {
      port.opens = random() < 0.8;
    },
  ];
  state.start(clock.now());
  for (let i = 0; i < 300; i++) {
    events[Math.floor(random() * events.length)]?.();
    for (const line of port.take()) {
      lines++;
      referee.read(line);
    }
  }
  state.abandon();
  for (const line of port.take()) referee.read(line);
  expect(state.phase).toBe('stopped');
  expect(counters.finals + counters.dropped.withheld).toBeLessThanOrEqual(counters.requests + counters.cancelled);
  expect(state.inFlight).toBe(0);
  return lines;
}

describe('a random life', () => {
  test.each([
    ['rfc18', false, 20_000],
    ['mx', true, 20_000],
  ])(
    'of a connection never says what RFC 18 forbids, on wire %s (MDP-W-04, MDP-W-06, MDP-W-09, MDP-W-17, MDP-W-20, MDP-W-21)',
    (_, mx, least) => {
      let lines = 0;
      for (let seed = 1; seed <= 1_000; seed++) {
        try {
          lines += walk(seed, mx);
        } catch (error) {
          throw new Error(`seed ${String(seed)}`, { cause: error });
        }
      }
      // Were the walks dull, they would prove little.
      expect(lines).toBeGreaterThan(least);
    },
  );
});
