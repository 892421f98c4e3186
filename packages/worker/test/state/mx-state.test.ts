// SPDX-License-Identifier: Apache-2.0
// mx-state.test - a connection that holds many requests: credit, CANCEL, grants, and stopping without giving anything back

import { describe, expect, test } from '@jest/globals';
import { MX_FIRST_CREDIT, MX_FRAME_COST, MX_MAX_NUMBER } from '@mdp/protocol';
import type { ConnectionSettings } from '../../src/state/settings.js';
import { Task } from '../../src/state/task.js';
import type { Bench } from './recording-port.js';
import { EXPIRY_MS, INTERVAL_MS, idleBench } from './recording-port.js';

const BODY = [Buffer.from('done')];
const CANCELLED = 'MDPE01 500 the request was cancelled before it began';

/** Half of what is granted from the start, as the cost of a PARTIAL with one frame. */
const HALF = [Buffer.alloc(MX_FIRST_CREDIT / 2 - MX_FRAME_COST, 'x')];

/** A bench whose connection stands, with room for three requests and two services. */
function mxBench(settings: Partial<ConnectionSettings> = {}): Bench & { take: (...ids: number[]) => Task[] } {
  const made = idleBench({ capacity: 3, confirmed: ['a', 'b'], ...settings });
  made.port.several = true;
  const take = (...ids: number[]): Task[] => {
    const tasks = ids.map((id) => new Task(id, MX_FIRST_CREDIT));
    for (const task of tasks) made.state.receive(made.clock.now(), task);
    made.state.flush();
    return tasks;
  };
  return { ...made, take };
}

/** What was said, without the long bodies. */
function said({ port }: Bench): string[] {
  return port.take().map((line) => line.replace(/ x+$/, ' …'));
}

describe('requests', () => {
  test('run side by side up to the capacity, each with one FINAL (MDP-W-17)', () => {
    const bench = mxBench();
    const { state, clock, take } = bench;
    const [a, b, c] = take(1, 2, 3) as [Task, Task, Task];
    expect(state.inFlight).toBe(3);
    expect([state.final(clock.now(), b, BODY, undefined), state.final(clock.now(), a, BODY, undefined)]).toEqual([
      ...[true, true],
    ]);
    expect(state.final(clock.now(), b, BODY, undefined)).toBe(false);
    expect(state.phase).toBe('busy');
    state.final(clock.now(), c, BODY, undefined);
    expect(said(bench)).toEqual([
      ...['start #1', 'start #2', 'start #3', 'FINAL #2 done', 'FINAL #1 done', 'FINAL #3 done'],
    ]);
    expect(state.phase).toBe('idle');
  });

  test('an id may be used again after its FINAL; the old handler has no say in the new request', () => {
    const { state, clock, take } = mxBench();
    const [old] = take(1) as [Task];
    state.final(clock.now(), old, BODY, undefined);
    const [next] = take(1) as [Task];
    expect(state.final(clock.now(), old, BODY, undefined)).toBe(false);
    expect(state.final(clock.now(), next, BODY, undefined)).toBe(true);
  });

  test('what began in the same turn may end the connection: the rest is not begun', () => {
    const bench = mxBench();
    const { state, port, clock, counters, take } = bench;
    port.onStart = () => {
      state.receive(clock.now(), { type: 'disconnect' });
    };
    take(1, 2);
    expect(said(bench).slice(0, 2)).toEqual(['start #1', 'abort #1 disconnect']);
    expect(counters).toMatchObject({ requests: 1, dropped: { stale: 1 } });
  });

  test.each<[string, (bench: ReturnType<typeof mxBench>) => void]>([
    ['beyond the credit', ({ take }) => take(4)],
    ['with an id that is under way', ({ state, clock }) => state.receive(clock.now(), new Task(1, 0))],
    ['for a service that is not registered', ({ state, clock }) => state.receive(clock.now(), { type: 'stray' })],
  ])('one %s is dropped; after the last FINAL the worker leaves, and the broker has it back (MDP-W-20)', (_, more) => {
    const bench = mxBench();
    const { state, clock, counters, take } = bench;
    const tasks = take(1, 2, 3);
    said(bench);
    more(bench);
    state.final(clock.now(), tasks[0] as Task, BODY, undefined);
    // There is a place again, but whoever leaves takes nothing more.
    take(5);
    for (const task of tasks.slice(1)) state.final(clock.now(), task, BODY, undefined);
    expect(said(bench)).toEqual([
      ...['FINAL #1 done', 'FINAL #2 done', 'FINAL #3 done', 'DISCONNECT', 'close, flushed'],
      ...['lost unexpected', 'reconnecting 1 in 10'],
    ]);
    expect(counters.dropped.second).toBe(2);
  });

  test.each(['partial', 'final'] as const)(
    'a %s of a broker is a strike, and so is a READY that nobody asked for',
    (type) => {
      const bench = mxBench();
      const { state, clock, counters } = bench;
      for (let i = 0; i < 2; i++) {
        state.receive(clock.now(), { type, id: 1, body: BODY });
        state.receive(clock.now(), { type: 'ready', service: 'a', credit: 0 });
      }
      expect(counters.dropped.invalid).toBe(4);
      expect(state.phase).toBe('backoff');
    },
  );

  test('a lost connection loses all of them; with more than their number running on, nothing new is asked for', () => {
    const bench = mxBench();
    const { state, orphans, clock, run, take } = bench;
    take(1, 2, 3);
    state.unreachable(clock.now());
    expect(said(bench).slice(3, 7)).toEqual([
      ...['abort #1 unreachable', 'abort #2 unreachable', 'abort #3 unreachable', 'close'],
    ]);
    run(10);
    expect(said(bench).slice(-2)).toEqual(['open', 'READY']);
    state.connected(clock.now());
    take(1);
    state.unreachable(clock.now());
    said(bench);
    run(1_000);
    expect([orphans.count, said(bench)]).toEqual([4, []]);
    state.settled();
    run(0);
    expect(said(bench)).toEqual(['open', 'READY']);
  });

  test('a stall renews a connection on which nothing ran, and leaves one alone on which something did', () => {
    for (const running of [false, true]) {
      const { state, clock, take } = mxBench();
      const since = clock.now();
      if (running) take(1);
      state.stalled(clock.advance(EXPIRY_MS), since);
      expect(state.phase).toBe(running ? 'busy' : 'backoff');
    }
  });

  describe('after a stall of a connection that goes on', () => {
    const DOUBT_MS = 50;

    /** Something ran, or has just been replied to, when the process went on; another request had come meanwhile. */
    function stalledBench(which: 'runs' | 'replied'): ReturnType<typeof mxBench> {
      const bench = mxBench({ doubtMs: DOUBT_MS });
      const { state, clock, take } = bench;
      const since = clock.now();
      const [task] = take(1) as [Task];
      clock.advance(EXPIRY_MS);
      if (which === 'replied') state.final(clock.now(), task, BODY, undefined);
      said(bench);
      state.stalled(clock.now(), since);
      take(2);
      return bench;
    }

    test.each(['runs', 'replied'] as const)(
      'what has come beside a request that %s is not begun when the broker says that it has given it up',
      (which) => {
        const bench = stalledBench(which);
        const { state, clock, counters, run } = bench;
        run(DOUBT_MS - 1);
        state.receive(clock.now(), { type: 'disconnect' });
        state.flush();
        expect(said(bench).filter((line) => line.startsWith('start') || line === 'HEARTBEAT')).toEqual(['HEARTBEAT']);
        expect(counters.dropped.stale).toBe(1);
        // The next connection is beyond doubt.
        run(10);
        state.connected(clock.now());
        bench.take(3);
        expect(said(bench).at(-1)).toBe('start #3');
      },
    );

    test.each(['runs', 'replied'] as const)(
      'what has come beside a request that %s is begun when the broker has had time to say so, and has not',
      (which) => {
        const bench = stalledBench(which);
        const { run } = bench;
        expect(said(bench)).toEqual(['HEARTBEAT']);
        run(DOUBT_MS - 1);
        expect(said(bench)).toEqual([]);
        run(1);
        expect(said(bench)).toEqual(['start #2']);
        bench.take(3);
        expect(said(bench)).toEqual(['start #3']);
      },
    );
  });

  test('one HEARTBEAT for all of them in every interval (MDP-W-24)', () => {
    const bench = mxBench();
    const { run, heartbeat, take } = bench;
    take(1, 2);
    said(bench);
    for (let i = 0; i < 3; i++) {
      run(INTERVAL_MS);
      heartbeat();
    }
    expect(said(bench)).toEqual(Array(3).fill('HEARTBEAT'));
  });
});

describe('CANCEL', () => {
  test('aborts what runs, whose FINAL still goes out: it frees the place', () => {
    const bench = mxBench();
    const { state, clock, counters, take } = bench;
    const [task] = take(1) as [Task];
    state.receive(clock.now(), { type: 'cancel', id: 1 });
    state.receive(clock.now(), { type: 'cancel', id: 1 });
    expect(state.partial(clock.now(), task, BODY, () => undefined)).toBe(false);
    expect(state.inFlight).toBe(1);
    expect(state.final(clock.now(), task, BODY, undefined)).toBe(true);
    expect(said(bench)).toEqual(['start #1', 'abort #1 cancelled', 'FINAL #1 done']);
    expect(counters).toMatchObject({ cancelled: 1, finals: 1, errorReplies: 0, dropped: { replies: 1 } });
  });

  test('ends what was not begun, with an error FINAL', () => {
    const bench = mxBench();
    const { state, port, clock, counters, take } = bench;
    port.begins = port.runsOn = false;
    const [offered] = take(1) as [Task];
    state.receive(clock.now(), { type: 'cancel', id: 1 });
    expect(said(bench)).toEqual(['start #1', 'abort #1 cancelled', `FINAL #1 ${CANCELLED}`]);
    state.begin(offered);
    expect(counters.requests).toBe(0);
    // In the same message as its REQUEST, it was never handed over.
    state.receive(clock.now(), new Task(2, 0));
    state.receive(clock.now(), { type: 'cancel', id: 2 });
    state.flush();
    expect(said(bench)).toEqual([`FINAL #2 ${CANCELLED}`]);
    expect(state.phase).toBe('idle');
    expect(counters).toMatchObject({ requests: 0, cancelled: 2, errorReplies: 2 });
  });

  test('lets go of what waited for a grant; a FINAL that waited behind it goes out', () => {
    const bench = mxBench();
    const { state, clock, take } = bench;
    const [task] = take(1) as [Task];
    const done: boolean[] = [];
    for (let i = 0; i < 4; i++) state.partial(clock.now(), task, HALF, (sent) => done.push(sent));
    state.final(clock.now(), task, BODY, (sent) => done.push(sent));
    said(bench);
    state.receive(clock.now(), { type: 'cancel', id: 1 });
    expect(said(bench)).toEqual(['abort #1 cancelled', 'FINAL #1 done']);
    expect(done).toEqual([true, true, false, false, true]);
  });

  test('and CREDIT of an id that is not under way say nothing', () => {
    const bench = mxBench();
    const { state, clock, counters } = bench;
    state.receive(clock.now(), { type: 'cancel', id: 9 });
    state.receive(clock.now(), { type: 'credit', id: 9, amount: 1 });
    expect(said(bench)).toEqual([]);
    expect(counters).toMatchObject({ cancelled: 0, dropped: { invalid: 0 } });
  });
});

describe('PARTIALs', () => {
  test('leave while the grant is not used up, wait for a CREDIT, and keep their order before the FINAL', () => {
    const bench = mxBench();
    const { state, clock, take } = bench;
    const [task] = take(1) as [Task];
    const done: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) state.partial(clock.now(), task, HALF, () => done.push(name));
    expect(state.final(clock.now(), task, BODY, () => done.push('final'))).toBe(true);
    // It has had its last word.
    expect(state.partial(clock.now(), task, BODY, () => undefined)).toBe(false);
    expect(done).toEqual(['a', 'b']);
    state.receive(clock.now(), { type: 'credit', id: 1, amount: 1 });
    expect(done).toEqual(['a', 'b', 'c']);
    // One byte was granted, and much more was sent: that comes off the next grant.
    state.receive(clock.now(), { type: 'credit', id: 1, amount: MX_FIRST_CREDIT / 2 - 1 });
    expect(done).toEqual(['a', 'b', 'c']);
    state.receive(clock.now(), { type: 'credit', id: 1, amount: 1 });
    expect(done).toEqual(['a', 'b', 'c', 'd', 'final']);
    expect(said(bench).slice(1)).toEqual([...Array(4).fill('PARTIAL #1 …'), 'FINAL #1 done']);
  });

  test('of one request that wait hold up no other one', () => {
    const { state, clock, take } = mxBench();
    const [blocked, free] = take(1, 2) as [Task, Task];
    const done: string[] = [];
    for (let i = 0; i < 3; i++) state.partial(clock.now(), blocked, HALF, () => done.push('blocked'));
    state.partial(clock.now(), free, BODY, () => done.push('free'));
    expect(done).toEqual(['blocked', 'blocked', 'free']);
  });

  test('cost their frames, too: empty ones have an end', () => {
    const { state, clock, counters, take } = mxBench();
    const [task] = take(1) as [Task];
    for (let i = 0; i < 2_000; i++) state.partial(clock.now(), task, [Buffer.alloc(0)], () => undefined);
    expect(counters.partials).toBe(MX_FIRST_CREDIT / MX_FRAME_COST);
    expect(task.waiting).toBe(2_000 - MX_FIRST_CREDIT / MX_FRAME_COST);
  });

  test('are granted no more than there can be: any number of CREDITs adds up to it', () => {
    const { state, clock, counters, take } = mxBench();
    const [task] = take(1) as [Task];
    for (let i = 0; i < 10; i++) state.receive(clock.now(), { type: 'credit', id: 1, amount: MX_MAX_NUMBER });
    state.partial(clock.now(), task, HALF, () => undefined);
    expect(counters.partials).toBe(1);
  });

  test('that wait are told when their request is lost', () => {
    const { state, clock, take } = mxBench();
    const [task] = take(1) as [Task];
    const done: boolean[] = [];
    for (let i = 0; i < 3; i++) state.partial(clock.now(), task, HALF, (sent) => done.push(sent));
    state.final(clock.now(), task, BODY, (sent) => done.push(sent));
    state.receive(clock.now(), { type: 'disconnect' });
    expect(done).toEqual([true, true, false, false]);
  });
});

describe('stopping', () => {
  test('takes the services back, serves what still comes, and leaves when all of it is confirmed', () => {
    const bench = mxBench();
    const { state, clock, take } = bench;
    const [first] = take(1) as [Task];
    state.drain();
    state.drain();
    expect(said(bench)).toEqual(['start #1', 'READY 0']);
    const [late] = take(2) as [Task];
    state.receive(clock.now(), { type: 'ready', service: 'a', credit: 0 });
    state.final(clock.now(), first, BODY, undefined);
    state.final(clock.now(), late, BODY, undefined);
    expect(state.expectant).toBe(true);
    expect(said(bench)).toEqual(['start #2', 'FINAL #1 done', 'FINAL #2 done']);
    state.receive(clock.now(), { type: 'ready', service: 'b', credit: 0 });
    expect(said(bench)).toEqual(['DISCONNECT', 'close, flushed', 'lost stopped']);
    expect(state.phase).toBe('stopped');
  });

  test('a broker that confirms too early does not break off what runs', () => {
    const bench = mxBench();
    const { state, clock, take } = bench;
    const [task] = take(1) as [Task];
    state.drain();
    for (const service of ['a', 'b']) state.receive(clock.now(), { type: 'ready', service, credit: 0 });
    expect(state.expectant).toBe(false);
    take(2);
    state.final(clock.now(), task, BODY, undefined);
    expect(said(bench)).toEqual([
      ...['start #1', 'READY 0', 'FINAL #1 done', 'DISCONNECT', 'close, flushed', 'lost stopped'],
    ]);
  });

  test('is over when its time is, confirmed or not', () => {
    const bench = mxBench();
    const { state, take } = bench;
    take(1);
    state.drain();
    state.abandon();
    expect(said(bench)).toEqual([
      ...['start #1', 'READY 0', 'abort #1 stopped', 'DISCONNECT', 'close, flushed', 'lost stopped'],
    ]);
  });

  test('asks for nothing back where nobody would take what still comes', () => {
    const bench = mxBench();
    const { state, port, counters, take } = bench;
    port.begins = port.runsOn = false;
    take(1);
    state.drain(false);
    expect(said(bench)).toEqual([...['start #1', 'abort #1 stopped', 'DISCONNECT', 'close, flushed', 'lost stopped']]);
    expect(counters.dropped.refused).toBe(1);
  });

  test('there is no new connection when the broker goes away meanwhile', () => {
    const { state, clock } = mxBench();
    state.drain();
    state.unreachable(clock.now());
    expect(state.phase).toBe('stopped');
  });

  test('beats meanwhile, and a silent broker is given up', () => {
    const bench = mxBench();
    const { state, run } = bench;
    state.drain();
    run(EXPIRY_MS);
    expect(said(bench)).toEqual(['READY 0', ...Array(3).fill('HEARTBEAT'), 'close', 'lost silent']);
    expect(state.phase).toBe('stopped');
  });
});
