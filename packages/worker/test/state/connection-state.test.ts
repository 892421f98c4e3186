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
