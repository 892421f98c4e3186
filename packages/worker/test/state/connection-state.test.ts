// SPDX-License-Identifier: Apache-2.0
// connection-state.test - the life of one registration, without a socket and without waiting

import { describe, expect, test } from '@jest/globals';
import { EXPIRY_MS, INTERVAL_MS, bench, idleBench, requestOf } from './recording-port.js';

const BODY = [Buffer.from('done')];

describe('registration', () => {
  test('opens a socket and sends READY first (MDP-W-04)', () => {
    const { state, port, clock } = bench();
    state.start(clock.now());
    expect(port.take()).toEqual(['open', 'READY']);
    expect(state.phase).toBe('connecting');
  });

  test('waits for the transport without HEARTBEAT, without judging the broker, and without another READY (MDP-W-06, MDP-W-21)', () => {
    const { state, port, clock, run } = bench();
    state.start(clock.now());
    port.take();
    run(100 * EXPIRY_MS);
    expect(port.take()).toEqual([]);
    expect(state.nextDeadline()).toBe(Infinity);
  });

  test('takes itself for registered once the transport stands; READY needs no answer (MDP-W-07)', () => {
    const { state, port, clock, run } = bench();
    state.start(clock.now());
    state.connected(clock.now());
    expect(port.take()).toEqual(['open', 'READY', 'registered']);
    run(EXPIRY_MS - 1);
    expect(state.phase).toBe('idle');
  });

  test('a command says that the transport stands, should its event come later', () => {
    const { state, port, clock, request } = bench();
    state.start(clock.now());
    request('t1');
    state.connected(clock.now());
    expect(port.take()).toEqual(['open', 'READY', 'registered', 'start t1']);
  });

  test('a transport that breaks before it stood is left to ZeroMQ, which has READY still', () => {
    const { state, port, clock } = bench();
    state.start(clock.now());
    state.unreachable(clock.now());
    expect(port.take()).toEqual(['open', 'READY']);
  });

  test('tries again, later and later, when there is no socket', () => {
    const { state, port, clock, run } = bench();
    port.opens = false;
    state.start(clock.now());
    run(10 + 20 + 40);
    port.opens = true;
    run(80);
    expect(port.take()).toEqual([
      ...['open fails', 'close', 'lost socket', 'reconnecting 1 in 10'],
      ...['open fails', 'close', 'lost socket', 'reconnecting 2 in 20'],
      ...['open fails', 'close', 'lost socket', 'reconnecting 3 in 40'],
      ...['open fails', 'close', 'lost socket', 'reconnecting 4 in 80'],
      ...['open', 'READY'],
    ]);
  });
});

describe('heartbeats', () => {
  test('one in every interval, idle and busy (MDP-W-24)', () => {
    const { port, run, request, heartbeat } = idleBench();
    for (let i = 0; i < 5; i++) {
      run(INTERVAL_MS);
      heartbeat();
    }
    expect(port.take()).toEqual(Array(5).fill('HEARTBEAT'));
    request('t1');
    for (let i = 0; i < 5; i++) {
      run(INTERVAL_MS);
      heartbeat();
    }
    expect(port.take()).toEqual(['start t1', ...Array(5).fill('HEARTBEAT')]);
  });

  test('none while PARTIALs flow (MDP-W-23)', () => {
    const { state, port, clock, run, request, heartbeat } = idleBench();
    const task = request('t1');
    for (let i = 0; i < 100; i++) {
      run(INTERVAL_MS - 1);
      heartbeat();
      state.partial(clock.now(), task, BODY, () => undefined);
    }
    expect(port.take().filter((line) => line === 'HEARTBEAT')).toEqual([]);
    run(INTERVAL_MS);
    expect(port.take()).toEqual(['HEARTBEAT']);
  });

  test('any command counts as one of the broker (MDP-W-22)', () => {
    const { state, clock, run, request } = idleBench();
    for (let i = 0; i < 10; i++) {
      run(EXPIRY_MS - 1);
      const task = request(`t${String(i)}`);
      state.final(clock.now(), task, BODY, undefined);
    }
    expect(state.phase).toBe('idle');
  });
});

describe('a broker that is lost', () => {
  test.each(['idle', 'busy'])(
    'is given up after the liveness, not before, by a worker that is %s (MDP-W-25)',
    (which) => {
      const { state, port, run, request, heartbeat } = idleBench();
      if (which === 'busy') request('t1');
      run(50);
      heartbeat();
      run(EXPIRY_MS - 1);
      expect(state.phase).toBe(which);
      port.take();
      run(1);
      const aborted = which === 'busy' ? ['abort silent'] : [];
      expect(port.take()).toEqual([...aborted, 'close', 'lost silent', 'reconnecting 1 in 10']);
    },
  );

  test('is registered with again on a new socket (MDP-W-26)', () => {
    const { port, run } = idleBench();
    run(EXPIRY_MS);
    port.take();
    run(10);
    expect(port.take()).toEqual(['open', 'READY']);
  });

  test('DISCONNECT: nothing more leaves, not even the reply of what runs; then a new socket (MDP-W-09, MDP-W-10)', () => {
    const { state, port, clock, counters, run, request } = idleBench();
    const task = request('t1');
    port.take();
    state.receive(clock.now(), { type: 'disconnect' });
    expect(port.take()).toEqual(['abort disconnect', 'close', 'lost disconnect', 'reconnecting 1 in 10']);
    expect(state.partial(clock.now(), task, BODY, () => undefined)).toBe(false);
    expect(state.final(clock.now(), task, BODY, undefined)).toBe(false);
    expect(port.take()).toEqual([]);
    expect(counters.dropped.replies).toBe(2);
    run(10);
    expect(port.take()).toEqual(['open', 'READY']);
  });

  test('a broken transport is noticed at once, idle and busy', () => {
    for (const busy of [false, true]) {
      const { state, port, clock, request } = idleBench();
      if (busy) request('t1');
      port.take();
      state.unreachable(clock.now());
      expect(port.take()).toEqual([
        ...(busy ? ['abort unreachable'] : []),
        ...['close', 'lost unreachable', 'reconnecting 1 in 10'],
      ]);
    }
  });

  test('the reply to a lost request never leaves on the next connection', () => {
    const { state, port, clock, run, request } = idleBench();
    const task = request('t1');
    state.unreachable(clock.now());
    run(10);
    state.connected(clock.now());
    request('t1');
    port.take();
    // The same bytes, but it was the other request.
    expect(state.final(clock.now(), task, BODY, undefined)).toBe(false);
    expect(port.take()).toEqual([]);
    expect(state.phase).toBe('busy');
  });

  test('waits longer each time, and starts over after an interval of health', () => {
    const { state, port, clock, run } = idleBench();
    const delays: string[] = [];
    for (let i = 0; i < 5; i++) {
      state.receive(clock.now(), { type: 'disconnect' });
      delays.push(...port.take().filter((line) => line.startsWith('reconnecting')));
      run(80);
      state.connected(clock.now());
    }
    expect(delays).toEqual(
      [1, 2, 3, 4, 5].map((n, i) => `reconnecting ${String(n)} in ${String([10, 20, 40, 80, 80][i])}`),
    );
    run(INTERVAL_MS);
    state.receive(clock.now(), { type: 'heartbeat' });
    port.take();
    state.receive(clock.now(), { type: 'disconnect' });
    expect(port.take()).toContain('reconnecting 1 in 10');
  });

  test('jitter takes up to half of the wait away', () => {
    const { state, port, clock } = idleBench({ random: () => 0 });
    state.unreachable(clock.now());
    expect(port.take()).toContain('reconnecting 1 in 5');
  });

  test('a handler that ignores its signal may overlap with one successor; with two of them nothing new is asked for', () => {
    const { state, orphans, port, clock, run, request } = idleBench();
    for (const token of ['t1', 't2']) {
      request(token);
      state.unreachable(clock.now());
      port.take();
      run(1_000);
      state.connected(clock.now());
    }
    expect(orphans.count).toBe(2);
    expect(state.phase).toBe('backoff');
    expect(port.take()).toEqual([]);
    state.settled();
    run(0);
    expect(port.take()).toEqual(['open', 'READY']);
  });
});

describe('requests', () => {
  test('begin once everything that had arrived was received', () => {
    const { state, port, clock, counters } = idleBench();
    state.receive(clock.now(), requestOf('t1'));
    expect(port.take()).toEqual([]);
    state.flush();
    state.flush();
    expect(port.take()).toEqual(['start t1']);
    expect(counters.requests).toBe(1);
  });

  test('one that a DISCONNECT follows is never begun', () => {
    const { state, port, clock, counters } = idleBench();
    state.receive(clock.now(), requestOf('t1'));
    state.receive(clock.now(), { type: 'disconnect' });
    state.flush();
    expect(port.take()).toEqual(['close', 'lost disconnect', 'reconnecting 1 in 10']);
    expect(counters).toMatchObject({ requests: 0, dropped: { stale: 1 } });
  });

  test('PARTIALs, in order, and one FINAL, with the token of the REQUEST (MDP-W-16, MDP-W-17, MDP-W-18)', () => {
    const { state, port, clock, counters, request } = idleBench();
    const task = request('t1');
    const done: boolean[] = [];
    for (const part of ['a', 'b']) {
      state.partial(clock.now(), task, [Buffer.from(part)], (sent) => done.push(sent));
    }
    expect(state.final(clock.now(), task, BODY, undefined)).toBe(true);
    expect(state.final(clock.now(), task, BODY, undefined)).toBe(false);
    expect(state.partial(clock.now(), task, BODY, () => undefined)).toBe(false);
    expect(port.take()).toEqual(['start t1', 'PARTIAL t1 a', 'PARTIAL t1 b', 'FINAL t1 done']);
    expect(done).toEqual([true, true]);
    expect(counters).toMatchObject({ partials: 2, finals: 1, dropped: { replies: 2 } });
  });

  test('a handler may reply before start() returns', () => {
    const { state, port, clock, request } = idleBench();
    port.onStart = (task) => {
      state.final(clock.now(), task, BODY, undefined);
    };
    request('t1');
    request('t2');
    expect(port.take()).toEqual(['start t1', 'FINAL t1 done', 'start t2', 'FINAL t2 done']);
    expect(state.phase).toBe('idle');
  });

  test('a second REQUEST is not executed; after the FINAL the worker leaves, and the broker has it back (MDP-W-20)', () => {
    const { state, port, clock, counters, run, request } = idleBench();
    const task = request('t1');
    request('t2');
    request('t3');
    state.final(clock.now(), task, BODY, undefined);
    expect(port.take()).toEqual([
      ...['start t1', 'FINAL t1 done', 'DISCONNECT', 'close, flushed', 'lost unexpected', 'reconnecting 1 in 10'],
    ]);
    expect(counters.dropped.second).toBe(2);
    run(10);
    expect(port.take()).toEqual(['open', 'READY']);
  });

  test('invalid messages are dropped and counted; with the fourth the broker is left (MDP-W-02)', () => {
    const { state, port, clock, counters } = idleBench();
    for (let i = 0; i < 3; i++) state.receive(clock.now(), { type: 'invalid' });
    expect(port.take()).toEqual([]);
    state.receive(clock.now(), { type: 'invalid' });
    expect(port.take()).toEqual(['DISCONNECT', 'close, flushed', 'lost unexpected', 'reconnecting 1 in 10']);
    expect(counters.dropped.invalid).toBe(4);
  });

  test('invalid messages do not keep a broker alive', () => {
    const { state, clock, run } = idleBench();
    run(EXPIRY_MS - 1);
    state.receive(clock.now(), { type: 'invalid' });
    run(1);
    expect(state.phase).toBe('backoff');
  });

  test('one whose failure must not be told ends by DISCONNECT and a new READY', () => {
    const { state, port, clock, counters, run, request } = idleBench();
    const task = request('t1');
    expect(state.withhold(clock.now(), task)).toBe(true);
    expect(state.withhold(clock.now(), task)).toBe(false);
    run(10);
    expect(port.take()).toEqual([
      ...['start t1', 'DISCONNECT', 'close, flushed', 'lost failed', 'reconnecting 1 in 10', 'open', 'READY'],
    ]);
    expect(counters).toMatchObject({ finals: 0, dropped: { withheld: 1, replies: 1 } });
  });

  test('failures in a row do not make the worker wait longer each time: the broker is well', () => {
    const { state, port, clock, run, request } = idleBench();
    for (let i = 0; i < 5; i++) {
      const task = request(`t${String(i)}`);
      port.take();
      state.withhold(clock.now(), task);
      expect(port.take()).toContain('reconnecting 1 in 10');
      run(10);
      state.connected(clock.now());
    }
  });

  test('one that waits for its consumer begins when that takes it', () => {
    const { state, port, counters, request } = idleBench();
    port.begins = false;
    const task = request('t1');
    expect(counters.requests).toBe(0);
    state.begin(task);
    state.begin(task);
    expect(counters.requests).toBe(1);
  });
});

describe('a stall of the own process', () => {
  test.each(['idle', 'offered'])(
    'renews a connection that was %s, for its work is another worker’s by now',
    (which) => {
      const { state, port, clock, counters, request } = idleBench();
      port.begins = false;
      port.runsOn = false;
      const since = clock.now();
      if (which === 'offered') request('t1');
      port.take();
      state.stalled(clock.advance(EXPIRY_MS), since);
      expect(port.take()).toEqual([
        ...(which === 'offered' ? ['abort stalled'] : []),
        ...['DISCONNECT', 'close, flushed', 'lost stalled', 'reconnecting 1 in 10'],
      ]);
      expect(counters.dropped.stale).toBe(which === 'offered' ? 1 : 0);
    },
  );

  test('lets what runs go on, and sends its reply', () => {
    const { state, port, clock, request } = idleBench();
    const since = clock.now();
    const task = request('t1');
    state.stalled(clock.advance(10 * EXPIRY_MS), since);
    state.tick(clock.now());
    expect(state.final(clock.now(), task, BODY, undefined)).toBe(true);
    expect(port.take()).toEqual(['start t1', 'HEARTBEAT', 'FINAL t1 done']);
  });

  test('does not touch a connection whose handler was the stall and has replied since', () => {
    const { state, port, clock, request } = idleBench();
    const since = clock.now();
    const task = request('t1');
    state.final(clock.advance(10 * EXPIRY_MS), task, BODY, undefined);
    state.stalled(clock.now(), since);
    request('t2');
    expect(port.take()).toEqual(['start t1', 'FINAL t1 done', 'start t2']);
  });

  test('judges no broker by the time that was lost', () => {
    const { state, clock, run, request } = idleBench();
    const since = clock.now();
    request('t1');
    state.stalled(clock.advance(10 * EXPIRY_MS), since);
    run(EXPIRY_MS - 1);
    expect(state.phase).toBe('busy');
    run(1);
    expect(state.phase).toBe('backoff');
  });

  test('a READY that may have been answered meanwhile is renewed as well', () => {
    const { state, port, clock } = bench();
    const since = clock.now();
    state.start(since);
    port.take();
    state.stalled(clock.advance(EXPIRY_MS), since);
    expect(port.take()).toEqual(['DISCONNECT', 'close, flushed', 'lost stalled', 'reconnecting 1 in 10']);
  });

  test('a legacy broker gives no request to another worker: nothing is discarded', () => {
    const { state, port, clock, request } = idleBench({ legacy: true });
    const since = clock.now();
    state.stalled(clock.advance(10 * EXPIRY_MS), since);
    request('t1');
    expect(port.take()).toEqual(['start t1']);
  });
});

describe('a legacy broker, which sends no HEARTBEAT to a busy worker', () => {
  test('may be silent during a job, and gets a fresh liveness after it', () => {
    const { state, port, clock, run, request } = idleBench({ legacy: true });
    run(EXPIRY_MS - 1);
    const task = request('t1');
    port.take();
    run(10 * EXPIRY_MS);
    expect(port.take()).toEqual(Array(40).fill('HEARTBEAT'));
    state.final(clock.now(), task, BODY, undefined);
    run(EXPIRY_MS - 1);
    expect(state.phase).toBe('idle');
    run(1);
    expect(state.phase).toBe('backoff');
  });
});

describe('stopping', () => {
  test('an idle worker sends DISCONNECT last (MDP-W-08)', () => {
    const { state, port } = idleBench();
    state.drain();
    state.drain();
    expect(port.take()).toEqual(['DISCONNECT', 'close, flushed', 'lost stopped']);
    expect(state.phase).toBe('stopped');
    expect(state.nextDeadline()).toBe(Infinity);
  });

  test('a busy one finishes first, and beats meanwhile', () => {
    const { state, port, clock, run, request, heartbeat } = idleBench();
    const task = request('t1');
    port.take();
    state.drain();
    run(INTERVAL_MS);
    heartbeat();
    state.final(clock.now(), task, BODY, undefined);
    expect(port.take()).toEqual(['HEARTBEAT', 'FINAL t1 done', 'DISCONNECT', 'close, flushed', 'lost stopped']);
  });

  test('a request that has not begun is refused', () => {
    const { state, port, counters, request } = idleBench();
    port.begins = false;
    port.runsOn = false;
    request('t1');
    state.drain();
    expect(port.take()).toEqual(['start t1', 'abort stopped', 'DISCONNECT', 'close, flushed', 'lost stopped']);
    expect(counters.dropped.refused).toBe(1);
  });

  test('what does not end in time is aborted', () => {
    const { state, orphans, port, clock, request } = idleBench();
    const task = request('t1');
    state.drain();
    port.take();
    state.abandon();
    expect(port.take()).toEqual(['abort stopped', 'DISCONNECT', 'close, flushed', 'lost stopped']);
    expect(state.final(clock.now(), task, BODY, undefined)).toBe(false);
    expect(orphans.count).toBe(1);
  });

  test('there is no new connection when the broker goes away meanwhile', () => {
    for (const how of ['disconnect', 'unreachable', 'silent'] as const) {
      const { state, port, clock, run, request } = idleBench();
      request('t1');
      state.drain();
      port.take();
      if (how === 'disconnect') state.receive(clock.now(), { type: 'disconnect' });
      else if (how === 'unreachable') state.unreachable(clock.now());
      else run(EXPIRY_MS);
      expect(port.take().filter((line) => line !== 'HEARTBEAT')).toEqual([`abort ${how}`, 'close', `lost ${how}`]);
      expect(state.phase).toBe('stopped');
    }
  });

  test('between two connections there is nothing to say', () => {
    const { state, port, clock, run } = idleBench();
    state.unreachable(clock.now());
    port.take();
    state.drain();
    run(10_000);
    expect(port.take()).toEqual([]);
    expect(state.phase).toBe('stopped');
  });

  test('one that never reached its broker takes its READY back', () => {
    const { state, port, clock } = bench();
    state.start(clock.now());
    port.take();
    state.drain();
    expect(port.take()).toEqual(['close', 'lost stopped']);
  });
});
