// SPDX-License-Identifier: Apache-2.0
// random-walk.test - whatever happens in whatever order, what leaves the worker keeps to RFC 18

import { describe, expect, test } from '@jest/globals';
import type { Task } from '../../src/state/task.js';
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
  #running: string | undefined;
  readonly #finals = new Set<string>();

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
        this.#running = undefined;
        return;
      case 'READY':
        if (this.#ready || this.#said) throw new Error('READY is the first command, and only once');
        this.#ready = this.#said = true;
        return;
      case 'start':
        if (this.#running !== undefined) throw new Error(`${token} begins beside ${this.#running}`);
        this.#running = token;
        return;
      case 'HEARTBEAT':
      case 'DISCONNECT':
      case 'PARTIAL':
      case 'FINAL':
        if (!this.#socket || !this.#ready) throw new Error(`${word} without a registration`);
        if (word === 'DISCONNECT') this.#ready = false;
        if (word !== 'PARTIAL' && word !== 'FINAL') return;
        if (this.#running !== token) throw new Error(`${word} for ${token} during ${String(this.#running)}`);
        if (word === 'PARTIAL') return;
        if (this.#finals.has(token)) throw new Error(`two FINALs for ${token}`);
        this.#finals.add(token);
        this.#running = undefined;
    }
  }
}

/** One random life of a connection; what it said is checked line by line. */
function walk(seed: number): number {
  const random = seeded(seed);
  const { state, orphans, port, clock, counters } = bench({ random, legacy: random() < 0.3 });
  const referee = new Referee();
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
      const request = requestOf(`t${String(tokens++)}`);
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
  expect(counters.finals + counters.dropped.withheld).toBeLessThanOrEqual(counters.requests);
  return lines;
}

describe('a random life', () => {
  test('of a connection never says what RFC 18 forbids (MDP-W-04, MDP-W-06, MDP-W-09, MDP-W-17, MDP-W-20, MDP-W-21)', () => {
    let lines = 0;
    for (let seed = 1; seed <= 1_000; seed++) {
      try {
        lines += walk(seed);
      } catch (error) {
        throw new Error(`seed ${String(seed)}`, { cause: error });
      }
    }
    // Were the walks dull, they would prove little.
    expect(lines).toBeGreaterThan(20_000);
  });
});
