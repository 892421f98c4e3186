// SPDX-License-Identifier: Apache-2.0
// router-port.test - every message in its order, once, or with all that follow it not at all

import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { bytes } from '@mdp/protocol';
import { RouterPort } from '../src/router-port.js';
import { Connection } from '../src/state/connection.js';
import { newCounters } from '../src/state/counters.js';
import { FakeRouter } from './support/fake-router.js';
import { ANYBODY } from './support/access.js';

/** A port with one socket, and what it told its host. */
class Setup {
  readonly router = new FakeRouter();
  readonly counters = newCounters();
  readonly unreachable: string[] = [];
  readonly failures: string[] = [];
  readonly relieved: string[] = [];
  readonly port: RouterPort;

  constructor(maxMessages = 10) {
    this.port = new RouterPort(
      {
        counters: this.counters,
        unreachable: (connection, frames) => {
          this.unreachable.push(`${connection.key}/${Buffer.from(frames[1] ?? []).toString()}`);
        },
        relieved: (connection) => this.relieved.push(connection.key),
        failed: (error) => this.failures.push(error.message),
        emit: () => undefined,
      },
      { maxMessages, maxBytes: 1_000_000, maxBytesInAll: Infinity },
    );
    this.port.useSocket(0, this.router.router);
  }

  connection(id: string): Connection {
    return new Connection(0, ANYBODY, id, bytes(id));
  }

  send(to: Connection, text: string, urgent = false): boolean {
    return this.port.send(to, [to.routingId, bytes(text)], urgent);
  }
}

/** Let everything run that does not wait for a timer. */
async function settle(): Promise<void> {
  for (let i = 0; i < 100; i++) await Promise.resolve();
}

afterEach(() => {
  jest.useRealTimers();
});

describe('RouterPort', () => {
  test('sends at once, in order, though the outcome of the first message is not known yet', async () => {
    const { port, router, counters, ...setup } = new Setup();
    const a = new Connection(0, ANYBODY, 'a', bytes('a'));
    for (const text of ['1', '2', '3', '4']) expect(port.send(a, [a.routingId, bytes(text)])).toBe(true);
    await settle();
    expect(router.taken).toEqual(['a/1', 'a/2', 'a/3', 'a/4']);
    expect(counters.sent).toBe(4);
    expect(port.backlog).toEqual({ peers: 0, messages: 0, bytes: 0 });
    expect(setup.failures).toEqual([]);
  });

  test('the second message does not overtake the first, which was not taken', async () => {
    jest.useFakeTimers();
    const setup = new Setup();
    const a = setup.connection('a');
    let refused = false;
    setup.router.outcome = (_id, message) => {
      if (message !== '1' || refused) return undefined;
      refused = true;
      return 'EAGAIN';
    };
    setup.send(a, '1');
    setup.send(a, '2');
    await jest.advanceTimersByTimeAsync(100);
    expect(setup.router.taken).toEqual(['a/1', 'a/2']);
  });

  test('keeps what a full peer does not take, and tries again', async () => {
    jest.useFakeTimers();
    const setup = new Setup();
    const a = setup.connection('a');
    let full = true;
    setup.router.outcome = () => (full ? 'EAGAIN' : undefined);
    for (const text of ['1', '2', '3']) {
      setup.send(a, text);
      await settle();
    }
    await jest.advanceTimersByTimeAsync(50);
    expect(setup.router.taken).toEqual([]);
    expect(setup.port.backlog).toMatchObject({ peers: 1, messages: 3 });
    full = false;
    await jest.advanceTimersByTimeAsync(50);
    expect(setup.router.taken).toEqual(['a/1', 'a/2', 'a/3']);
    expect(setup.port.backlog.peers).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
    setup.send(a, '4');
    await settle();
    expect(setup.router.taken.at(-1)).toBe('a/4');
    expect(setup.counters.sent).toBe(4);
  });

  test('tries a full peer again soon at first, and always after it has taken something', async () => {
    jest.useFakeTimers();
    const setup = new Setup(100);
    const a = setup.connection('a');
    let room = 0;
    setup.router.outcome = () => (room-- > 0 ? undefined : 'EAGAIN');
    for (let i = 0; i < 20; i++) setup.send(a, String(i));
    await jest.advanceTimersByTimeAsync(100);
    const whenSlow = setup.router.tried;
    await jest.advanceTimersByTimeAsync(100);
    expect(setup.router.tried - whenSlow).toBe(20);
    for (let i = 1; i <= 4; i++) {
      room = 3;
      // It may have to wait the longer time once.
      await jest.advanceTimersByTimeAsync(i === 1 ? 6 : 2);
      expect(setup.router.taken).toHaveLength(3 * i);
    }
    setup.port.close();
  });

  test('does not try a full peer again for each message', async () => {
    jest.useFakeTimers();
    const setup = new Setup(100);
    const a = setup.connection('a');
    setup.router.outcome = () => 'EAGAIN';
    for (let i = 0; i < 50; i++) {
      setup.send(a, String(i));
      await settle();
    }
    expect(setup.router.tried).toBe(1);
    setup.port.close();
  });

  test('what is said while it is being drained goes behind what waits', async () => {
    jest.useFakeTimers();
    const setup = new Setup();
    const a = setup.connection('a');
    let full = true;
    setup.router.outcome = () => (full ? 'EAGAIN' : undefined);
    for (const text of ['1', '2', '3']) setup.send(a, text);
    await settle();
    full = false;
    jest.advanceTimersByTime(10);
    for (const text of ['4', '5', '6']) {
      setup.send(a, text);
      await Promise.resolve();
    }
    await settle();
    expect(setup.router.taken).toEqual(['a/1', 'a/2', 'a/3', 'a/4', 'a/5', 'a/6']);
  });

  test('a full peer does not hold others up', async () => {
    jest.useFakeTimers();
    const setup = new Setup();
    const [full, good] = [setup.connection('full'), setup.connection('good')];
    setup.router.outcome = (id) => (id === 'full' ? 'EAGAIN' : undefined);
    setup.send(full, 'x');
    await settle();
    for (const text of ['1', '2', '3']) setup.send(good, text);
    // No timer has run.
    await settle();
    expect(setup.router.taken).toEqual(['good/1', 'good/2', 'good/3']);
    setup.port.close();
  });

  test('says when no more can wait for a peer, and takes what is urgent twice as long', async () => {
    jest.useFakeTimers();
    const setup = new Setup(2);
    const a = setup.connection('a');
    setup.router.outcome = () => 'EAGAIN';
    setup.send(a, 'sent');
    await settle();
    expect([setup.send(a, '1'), setup.send(a, '2'), setup.send(a, '3', true), setup.send(a, '4', true)]).toEqual([
      true,
      false,
      true,
      true,
    ]);
    setup.router.outcome = () => undefined;
    await jest.advanceTimersByTimeAsync(50);
    expect(setup.router.taken).toEqual(['a/sent', 'a/1', 'a/3', 'a/4']);
  });

  test('many full peers cost a bounded number of tries, and each gets its turn', async () => {
    jest.useFakeTimers();
    const setup = new Setup();
    const peers = Array.from({ length: 1_000 }, (_, i) => setup.connection(`p${String(i)}`));
    let full = true;
    setup.router.outcome = () => (full ? 'EAGAIN' : undefined);
    for (const peer of peers) setup.send(peer, 'x');
    await settle();
    const before = setup.router.tried;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(setup.router.tried - before).toBeLessThan(20_000);
    expect(setup.router.tried - before).toBeGreaterThan(5_000);
    full = false;
    await jest.advanceTimersByTimeAsync(200);
    expect(new Set(setup.router.taken).size).toBe(1_000);
  });

  test('tells of a connection that is gone, with each message that was for it', async () => {
    jest.useFakeTimers();
    const setup = new Setup();
    const a = setup.connection('a');
    setup.router.outcome = () => 'EHOSTUNREACH';
    for (const text of ['1', '2', '3']) setup.send(a, text);
    await settle();
    expect(setup.unreachable).toEqual(['a/1', 'a/2', 'a/3']);
    expect(setup.counters.dropped.unreachable).toBe(3);
    expect(setup.counters.sent).toBe(0);
    expect(setup.port.backlog.peers).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('discards what waited for a connection that is gone', async () => {
    jest.useFakeTimers();
    const setup = new Setup();
    const a = setup.connection('a');
    setup.router.outcome = () => 'EAGAIN';
    for (const text of ['1', '2', '3']) setup.send(a, text);
    await settle();
    setup.router.outcome = () => 'EHOSTUNREACH';
    await jest.advanceTimersByTimeAsync(10);
    expect(setup.unreachable).toEqual(['a/1', 'a/2', 'a/3']);
    expect(setup.router.tried).toBeLessThan(10);
    expect(a.inUse).toBe(false);
  });

  test('an error that is not expected is reported, and nothing follows what it swallowed', async () => {
    const setup = new Setup();
    const a = setup.connection('a');
    setup.router.outcome = (_id, message) => (message === '2' ? 'ENOBUFS' : undefined);
    for (const text of ['1', '2', '3']) setup.send(a, text);
    await settle();
    expect(setup.failures).toEqual(['the socket says ENOBUFS']);
    expect(setup.unreachable).toEqual(['a/2', 'a/3']);
    expect(setup.router.taken).toEqual(['a/1']);
  });

  test('an error that is not expected on the first message takes along those that were said meanwhile', async () => {
    const setup = new Setup();
    const a = setup.connection('a');
    setup.router.outcome = (_id, message) => (message === '1' ? 'ENOBUFS' : undefined);
    for (const text of ['1', '2', '3']) setup.send(a, text);
    await settle();
    expect(setup.failures).toEqual(['the socket says ENOBUFS']);
    expect(setup.unreachable).toEqual(['a/1', 'a/2', 'a/3']);
    expect(setup.router.taken).toEqual([]);
  });

  test('a socket that throws in place of rejecting is the same, and never within a send', async () => {
    const setup = new Setup();
    const a = setup.connection('a');
    setup.router.throws = true;
    setup.router.outcome = () => 'EBADF';
    expect(setup.send(a, '1')).toBe(true);
    expect([setup.failures, setup.unreachable]).toEqual([[], []]);
    setup.send(a, '2');
    await settle();
    expect(setup.unreachable).toEqual(['a/1', 'a/2']);
    expect(setup.failures).toEqual(['the socket says EBADF']);
  });

  test('a host that sends from within the news of a loss finds the port in order', async () => {
    const setup = new Setup();
    const [a, b] = [setup.connection('a'), setup.connection('b')];
    setup.router.outcome = (id) => (id === 'a' ? 'EHOSTUNREACH' : undefined);
    const push = setup.unreachable.push.bind(setup.unreachable);
    setup.unreachable.push = (text) => {
      setup.send(b, `instead of ${text}`);
      return push(text);
    };
    for (const text of ['1', '2']) setup.send(a, text);
    await settle();
    expect(setup.router.taken).toEqual(['b/instead of a/1', 'b/instead of a/2']);
  });

  test('waits until everything is gone, but no longer than it is told', async () => {
    const setup = new Setup();
    const a = setup.connection('a');
    setup.router.outcome = () => 'EAGAIN';
    setup.send(a, '1');
    // The outcome is not known yet when this begins.
    const flushed = setup.port.flushed(10_000);
    await settle();
    expect(setup.port.backlog.messages).toBe(1);
    setup.router.outcome = () => undefined;
    await flushed;
    expect(setup.router.taken).toEqual(['a/1']);
    setup.router.outcome = () => 'EAGAIN';
    setup.send(a, '2');
    await setup.port.flushed(20);
    expect(setup.port.backlog.messages).toBe(1);
    setup.port.close();
  });

  test('sends nothing more after it is closed, counts what had to wait, and leaves no timer', async () => {
    jest.useFakeTimers();
    const setup = new Setup();
    const a = setup.connection('a');
    setup.router.outcome = () => 'EAGAIN';
    for (const text of ['1', '2', '3']) setup.send(a, text);
    await settle();
    setup.port.close();
    setup.router.outcome = () => undefined;
    expect(setup.send(a, '4')).toBe(true);
    await jest.advanceTimersByTimeAsync(100);
    expect(setup.router.taken).toEqual([]);
    expect(setup.counters.dropped.slowReader).toBe(3);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('the outcome of a message that comes after it is closed changes nothing', async () => {
    jest.useFakeTimers();
    const setup = new Setup();
    const a = setup.connection('a');
    setup.router.outcome = () => 'EAGAIN';
    setup.send(a, '1');
    setup.port.close();
    await settle();
    expect(setup.counters.dropped.slowReader).toBe(1);
    expect(jest.getTimerCount()).toBe(0);
  });
});
