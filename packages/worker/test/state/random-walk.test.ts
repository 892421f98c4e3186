// SPDX-License-Identifier: Apache-2.0
// random-walk.test - whatever happens in whatever order, what leaves the worker keeps to RFC 18

import { describe, expect, test } from '@jest/globals';
import { bytes, mxCost } from '@mdp/protocol';
import { check } from '@mdp/testkit/fuzz';
import fc from 'fast-check';
import { Task } from '../../src/state/task.js';
import { EXPIRY_MS, INTERVAL_MS, bench, requestOf } from './recording-port.js';

/** How many requests there may be under one id, so that ids come again. */
const IDS = 8;

/** What a request may send before it is granted more. */
const FIRST_GRANT = 1_000;

/** What one request was granted, and what left for it. */
interface Stream {
  readonly serial: number;
  granted: number;
  spent: number;
  /** Parts that were taken, and parts that left. */
  taken: number;
  left: number;
  /** Nobody waits for it any more: what had to wait is dropped. */
  cancelled: boolean;
}

/** What the parts of each request may cost, and that none is left out: each says whose it is, and its number. */
class Streams {
  readonly #of = new Map<Task, Stream>();
  readonly #bySerial = new Map<number, Stream>();
  /** The request that an id stands for now. */
  readonly #current = new Map<number, Task>();

  arrived(task: Task, isTaken: boolean): void {
    if (!isTaken) return;
    const granted = typeof task.wireId === 'number' ? FIRST_GRANT : Infinity;
    const stream = { serial: this.#of.size, granted, spent: 0, taken: 0, left: 0, cancelled: false };
    this.#of.set(task, stream);
    this.#bySerial.set(stream.serial, stream);
    if (typeof task.wireId === 'number') this.#current.set(task.wireId, task);
  }

  #find(id: number): Stream | undefined {
    const task = this.#current.get(id);
    return task === undefined ? undefined : this.#of.get(task);
  }

  granted(id: number, amount: number): void {
    const stream = this.#find(id);
    if (stream !== undefined) stream.granted += amount;
  }

  cancelled(id: number): void {
    const stream = this.#find(id);
    if (stream !== undefined) stream.cancelled = true;
  }

  /** The body of the next part of a request. */
  body(task: Task): Uint8Array[] {
    const { serial, taken } = this.#of.get(task) ?? { serial: -1, taken: 0 };
    return [bytes(`${String(serial)} ${String(taken)} ${'x'.repeat(300)}`)];
  }

  took(task: Task, taken: boolean): void {
    const stream = this.#of.get(task);
    if (taken && stream !== undefined) stream.taken++;
  }

  /** A PARTIAL or FINAL leaves. */
  left(word: 'PARTIAL' | 'FINAL', line: string): void {
    const [, , serial, number, rest] = line.split(' ');
    const stream = this.#bySerial.get(Number(serial));
    if (stream === undefined) throw new Error(`${word} of a request that was not taken: ${line.slice(0, 40)}`);
    if (stream.cancelled && word === 'FINAL') return;
    if (Number(number) !== stream.left) throw new Error(`${word} ${String(number)} comes after ${String(stream.left)}`);
    if (word === 'FINAL') return;
    if (stream.spent >= stream.granted) throw new Error(`PARTIAL ${String(number)} was not granted`);
    stream.left++;
    stream.spent += mxCost([bytes(`${String(serial)} ${String(number)} ${String(rest)}`)]);
  }
}

/** Reads what a state said and throws at the first line that RFC 18 does not allow there. */
class Referee {
  #socket = false;
  #ready = false;
  #said = false;
  readonly #running = new Set<string>();
  readonly #finals = new Set<string>();
  readonly #capacity: number;
  readonly #streams: Streams;

  constructor(capacity: number, streams: Streams) {
    this.#capacity = capacity;
    this.#streams = streams;
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
        if (line.includes('cancelled')) {
          this.#running.delete(token);
          return;
        }
        if (!this.#running.has(token)) throw new Error(`${word} for ${token}`);
        this.#streams.left(word, line);
        if (word === 'PARTIAL') return;
        if (this.#finals.has(token)) throw new Error(`two FINALs for ${token}`);
        this.#finals.add(token);
        this.#running.delete(token);
    }
  }
}

/** One thing that happens: which, and how. */
type Step = readonly [what: number, how: number];

/** How a life begins. */
interface Setting {
  readonly legacy: boolean;
  readonly asks: boolean;
  readonly begins: boolean;
  readonly runsOn: boolean;
}

const setting: fc.Arbitrary<Setting> = fc.record({
  legacy: fc.boolean(),
  asks: fc.boolean(),
  begins: fc.boolean(),
  runsOn: fc.boolean(),
});

const steps: fc.Arbitrary<Step[]> = fc.array(fc.tuple(fc.nat(1_000), fc.nat(999)), { maxLength: 300, size: 'max' });

/** One life of a connection; what it said is checked line by line. */
function walk(mx: boolean, { legacy, asks, begins, runsOn }: Setting, all: readonly Step[]): number {
  let how = 0;
  const random = (): number => how / 1_000;
  const capacity = mx ? 3 : 1;
  const { state, orphans, port, clock, counters } = bench({
    ...{ random, capacity, legacy: !mx && legacy, confirmed: mx ? ['a', 'b'] : [], doubtMs: mx ? 30 : 0 },
    answerMs: mx && asks ? INTERVAL_MS / 2 : undefined,
  });
  const streams = new Streams();
  const referee = new Referee(capacity, streams);
  const known: Task[] = [];
  const stranger = requestOf('?');
  let tokens = 0;
  let lines = 0;
  const pick = (): Task => known[how % Math.max(1, known.length)] ?? stranger;
  const final = (task: Task): void => {
    state.final(clock.now(), task, streams.body(task), undefined);
  };
  const partial = (task: Task): void => {
    streams.took(
      task,
      state.partial(clock.now(), task, streams.body(task), () => undefined),
    );
  };
  port.begins = begins;
  port.runsOn = runsOn;
  const events: (() => void)[] = [
    () => state.connected(clock.now()),
    () => state.unreachable(clock.now()),
    () => state.broken(clock.now(), 'refused'),
    () => state.receive(clock.now(), { type: 'heartbeat' }),
    () => state.receive(clock.now(), { type: 'disconnect' }),
    () => state.receive(clock.now(), { type: 'invalid' }),
    () => {
      const request = mx ? new Task(how % IDS, FIRST_GRANT) : requestOf(`t${String(tokens++)}`);
      known.push(request);
      const before = state.inFlight;
      state.receive(clock.now(), request);
      streams.arrived(request, state.inFlight > before);
    },
    () => state.flush(),
    () => state.begin(pick()),
    () => {
      const task = pick();
      streams.took(
        task,
        state.partial(clock.now(), task, streams.body(task), () => undefined),
      );
    },
    () => final(pick()),
    () => final(known.at(-1) ?? stranger),
    () => state.withhold(clock.now(), pick()),
    () => {
      if (orphans.count > 0) state.settled();
    },
    () => state.answered(clock.now(), random() < 0.8),
    () => {
      streams.cancelled(how % IDS);
      state.receive(clock.now(), { type: 'cancel', id: how % IDS });
    },
    () => {
      streams.granted(how % IDS, how);
      state.receive(clock.now(), { type: 'credit', id: how % IDS, amount: how });
    },
    () => {
      if (random() < 0.2) state.receive(clock.now(), { type: 'ready', service: how % 2 === 0 ? 'a' : 'b', credit: 0 });
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
  /** The request that came last is begun and streams, with more than it was granted. */
  const stream = (): void => {
    const task = known.at(-1) ?? stranger;
    state.flush();
    state.begin(task);
    for (let i = 0; i < 5; i++) partial(task);
    if (random() < 0.5) final(task);
  };
  // What a worker does for its requests happens more often than all that ends its connection.
  const often = [6, 6, 6, 7, 7, 8, 9, 9, 10, 11, 16, 16, 16].map((i) => events[i] as () => void);
  const happenings = [...events, ...often, stream, stream, stream];
  state.start(clock.now());
  for (const [what, amount] of all) {
    how = amount;
    happenings[what % happenings.length]?.();
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
    ['rfc18', false],
    ['mx', true],
  ])(
    'of a connection never says what RFC 18 forbids, on wire %s (MDP-W-04, MDP-W-06, MDP-W-09, MDP-W-17, MDP-W-20, MDP-W-21)',
    (_, mx) => {
      let lines = 0;
      let walks = 0;
      check(
        fc.property(setting, steps, (begin, all) => {
          lines += walk(mx, begin, all);
          walks++;
        }),
        { runs: 1_000, timeMs: 3_000 },
      );
      // Were the walks dull, they would prove little. One that is played again may be short.
      if (walks >= 50) expect(lines / walks).toBeGreaterThan(10);
    },
  );
});
