// SPDX-License-Identifier: Apache-2.0
// unexpected.test - every state of a worker against every command: what is not expected gets DISCONNECT and silence

import { describe, expect, test } from '@jest/globals';
import { DIALECTS, NONCE_LENGTH, bytes, encodeToken } from '@mdp/protocol';
import { Bench, INTERVAL, type TestWorker } from '../support/state-peers.js';

type Say = (worker: TestWorker) => void;

const COMMANDS: Readonly<Record<string, Say>> = {
  READY: (worker) => worker.ready('s'),
  HEARTBEAT: (worker) => worker.beat(),
  PARTIAL: (worker) => worker.partial('p'),
  FINAL: (worker) => worker.final('f'),
  DISCONNECT: (worker) => worker.disconnect(),
};

/** Brings a worker into a state; gives the worker that the table is about. */
const STATES: Readonly<Record<string, (bench: Bench, worker: TestWorker) => void>> = {
  unknown: () => undefined,
  waiting: (_bench, worker) => {
    worker.ready('s');
  },
  'waiting again': (bench, worker) => {
    worker.ready('s');
    bench.client('first').request('s');
    worker.take();
    worker.final('done');
  },
  busy: (bench, worker) => {
    worker.ready('s');
    bench.client('first').request('s');
    worker.take();
  },
  'told DISCONNECT': (_bench, worker) => {
    worker.beat();
    worker.take();
  },
  'gone by its own DISCONNECT': (_bench, worker) => {
    worker.ready('s');
    worker.disconnect();
  },
  expired: (bench, worker) => {
    worker.ready('s');
    bench.advance(5 * INTERVAL);
    worker.take();
  },
};

/** What each command leads to: registered still, told DISCONNECT, or silence. */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, 'stays' | 'DISCONNECT' | 'silence' | 'registers'>>>> = {
  unknown: {
    READY: 'registers',
    HEARTBEAT: 'DISCONNECT',
    PARTIAL: 'DISCONNECT',
    FINAL: 'DISCONNECT',
    DISCONNECT: 'silence',
  },
  waiting: {
    READY: 'DISCONNECT',
    HEARTBEAT: 'stays',
    PARTIAL: 'DISCONNECT',
    FINAL: 'DISCONNECT',
    DISCONNECT: 'silence',
  },
  'waiting again': {
    READY: 'DISCONNECT',
    HEARTBEAT: 'stays',
    PARTIAL: 'DISCONNECT',
    FINAL: 'DISCONNECT',
    DISCONNECT: 'silence',
  },
  busy: { READY: 'DISCONNECT', HEARTBEAT: 'stays', PARTIAL: 'stays', FINAL: 'stays', DISCONNECT: 'silence' },
  'told DISCONNECT': {
    READY: 'registers',
    HEARTBEAT: 'silence',
    PARTIAL: 'silence',
    FINAL: 'silence',
    DISCONNECT: 'silence',
  },
  'gone by its own DISCONNECT': {
    READY: 'registers',
    HEARTBEAT: 'silence',
    PARTIAL: 'silence',
    FINAL: 'silence',
    DISCONNECT: 'silence',
  },
  expired: {
    READY: 'registers',
    HEARTBEAT: 'DISCONNECT',
    PARTIAL: 'DISCONNECT',
    FINAL: 'DISCONNECT',
    DISCONNECT: 'silence',
  },
};

const rows = DIALECTS.flatMap((dialect) =>
  Object.entries(EXPECTED).flatMap(([state, commands]) =>
    Object.entries(commands)
      // MDP/0.1 has no PARTIAL: what would be one is its REPLY.
      .filter(([command]) => dialect !== 'mdp01' || command !== 'PARTIAL')
      .map(([command, outcome]) => ({ dialect, state, command, outcome })),
  ),
);

describe('valid but unexpected commands', () => {
  test.each(rows)(
    '$dialect: $command from a worker that is $state: $outcome (MDP-B-28, MDP-B-29, MDP-B-35)',
    ({ dialect, state, command, outcome }) => {
      const bench = new Bench();
      const worker = bench.worker('w', { dialect });
      STATES[state]?.(bench, worker);
      const before = bench.counters.disconnectsSent;
      COMMANDS[command]?.(worker);
      expect(worker.takeShort()).toEqual(outcome === 'DISCONNECT' ? ['disconnect'] : []);
      expect(bench.counters.disconnectsSent - before).toBe(outcome === 'DISCONNECT' ? 1 : 0);
      expect(worker.registered).toBe(outcome === 'stays' || outcome === 'registers');
      if (outcome !== 'DISCONNECT') return;
      // Silence: whatever it says, and whatever there is to do.
      bench.client('later').request('s');
      worker.beat();
      worker.final('late');
      worker.disconnect();
      bench.advance(10 * INTERVAL);
      worker.beat();
      expect(worker.takeShort()).toEqual([]);
    },
  );

  test('a dialect is its own state: the commands of one are never read as those of another', () => {
    const bench = new Bench();
    const worker = bench.worker('w', { dialect: 'mdp01' }).ready('s');
    // 04 is HEARTBEAT in MDP/0.1 and FINAL in MDP/0.2.
    worker.sayRaw('', 'MDPW01', '\x04');
    expect(worker.registered).toBe(true);
    worker.sayRaw('', 'MDPW01', '\x05');
    expect(worker.registered).toBe(false);
  });
});

describe('a reply with the wrong token', () => {
  const nonce = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

  function busyPair(): { bench: Bench; worker: TestWorker; other: TestWorker; client: ReturnType<Bench['client']> } {
    const bench = new Bench();
    const [worker, other] = [bench.worker('w').ready('s'), bench.worker('o').ready('s')];
    const client = bench.client('c');
    client.request('s', 'for w');
    client.request('s', 'for o');
    worker.take();
    other.take();
    return { bench, worker, other, client };
  }

  test.each([
    ['another broker’s', 'foreignToken', () => encodeToken(new Uint8Array(NONCE_LENGTH), 1)],
    ['not even a token', 'foreignToken', () => bytes('c')],
    ['a routing id', 'foreignToken', () => bytes('client')],
    ['an attempt that never was', 'forgedToken', () => encodeToken(nonce, 99)],
    ['the attempt number 0', 'forgedToken', () => encodeToken(nonce, 0)],
  ] as const)('%s: dropped, counted, answered with DISCONNECT (MDP-B-28)', (_what, cause, token) => {
    const { bench, worker, client } = busyPair();
    worker.token = token();
    worker.final('forged');
    expect(client.take()).toEqual([]);
    expect(worker.takeShort()).toEqual(['disconnect']);
    expect(bench.counters.dropped[cause]).toBe(1);
    expect(bench.counters.workersLost['unexpected']).toBe(1);
  });

  test("another worker's: neither its client nor the other's gets anything (MDP-B-28)", () => {
    const { bench, worker, other, client } = busyPair();
    worker.token = other.token;
    worker.partial('stolen');
    expect(client.take()).toEqual([]);
    expect(bench.counters.dropped.lateToken).toBe(1);
    expect(other.busy).toBe(true);
    other.final('mine');
    expect(client.takeShort()).toEqual(['final mine']);
    expect(other.takeShort()).toEqual(['request for w']);
  });

  test('of an earlier attempt: the reply of a worker that had expired goes nowhere (MDP-B-11)', () => {
    const bench = new Bench();
    const [first, second] = [bench.worker('1').ready('s'), bench.worker('2')];
    const client = bench.client('c');
    client.request('s', 'a');
    first.take();
    first.beat();
    first.beat();
    bench.advance(4 * INTERVAL);
    second.ready('s');
    expect(second.takeShort()).toEqual(['request a']);
    first.final('too late');
    expect(bench.counters.dropped.lateToken).toBe(1);
    expect(first.takeShort().at(-1)).toBe('disconnect');
    second.final('in time');
    expect(client.takeShort()).toEqual(['final in time']);
  });

  test('FINAL, FINAL, PARTIAL of a rogue worker: the client gets one FINAL and nothing after (MDP-B-11)', () => {
    const bench = new Bench();
    const worker = bench.worker('w').ready('s');
    const client = bench.client('c');
    client.request('s', 'a');
    worker.take();
    worker.final('one');
    worker.final('two');
    worker.partial('three');
    expect(client.takeShort()).toEqual(['final one']);
    expect(worker.takeShort()).toEqual(['disconnect']);
    expect(bench.counters.dropped).toMatchObject({ lateToken: 1, afterDisconnect: 1 });
  });

  test('FINAL twice while the worker already has its next request: that one goes to another worker', () => {
    const bench = new Bench();
    const [rogue, other] = [bench.worker('rogue').ready('s'), bench.worker('other')];
    const client = bench.client('c');
    client.request('s', 'a');
    client.request('s', 'b');
    rogue.take();
    const first = rogue.token;
    rogue.final('a done');
    rogue.take();
    rogue.token = first;
    other.ready('s');
    rogue.final('a done again');
    expect(other.takeShort()).toEqual(['request b']);
    expect(client.takeShort()).toEqual(['final a done']);
  });
});
