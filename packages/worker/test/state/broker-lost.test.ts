// SPDX-License-Identifier: Apache-2.0
// broker-lost.test - how a worker finds out that its broker is lost, or that it stood still itself, and what it does then

import { describe, expect, test } from '@jest/globals';
import { EXPIRY_MS, INTERVAL_MS, bench, idleBench } from './recording-port.js';

const BODY = [Buffer.from('done')];

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
