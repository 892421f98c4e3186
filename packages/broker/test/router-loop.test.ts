// SPDX-License-Identifier: Apache-2.0
// router-loop.test - reads all there is, in bounded turns, and outlives what goes wrong

import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { Frame } from '@mdp/protocol';
import { bytes } from '@mdp/protocol';
import { waitUntil } from '@mdp/testkit';
import type { Router } from 'zeromq';
import { RouterLoop } from '../src/router-loop.js';
import { socketError } from './support/fake-router.js';

/** The receiving side of a ROUTER socket. */
class FakeReader {
  receiveTimeout = -1;
  closed = false;
  /** What waits to be read. A string is an error's code. */
  readonly #input: (Frame[] | string)[] = [];
  #waiting: { resolve: (frames: Frame[]) => void; reject: (error: Error) => void } | undefined;

  get readable(): boolean {
    if (this.closed) throw socketError('EBADF');
    return this.#input.length > 0;
  }

  push(...input: (Frame[] | string)[]): void {
    this.#input.push(...input);
    this.#serve();
  }

  receive(): Promise<Frame[]> {
    if (this.#waiting !== undefined) throw socketError('EBUSY');
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#serve();
      if (this.receiveTimeout === 0) this.#fail('EAGAIN');
    });
  }

  #serve(): void {
    const next = this.#waiting === undefined ? undefined : this.#input.shift();
    if (next === undefined) return;
    if (typeof next === 'string') this.#fail(next);
    else {
      this.#waiting?.resolve(next);
      this.#waiting = undefined;
    }
  }

  #fail(code: string): void {
    this.#waiting?.reject(socketError(code));
    this.#waiting = undefined;
  }

  close(): void {
    this.closed = true;
    this.#fail('EAGAIN');
  }
}

/** A loop that is fed by hand, and what it said. */
class Setup {
  readonly reader = new FakeReader();
  readonly log: string[] = [];
  readonly failures: string[] = [];
  onMessage: ((text: string) => void) | undefined;
  onSettled: (() => void) | undefined;
  readonly loop = new RouterLoop(this.reader as unknown as Router, {
    turn: () => {
      this.log.push('turn');
      return 0;
    },
    message: (_now, frames) => {
      const text = frames.map((frame) => Buffer.from(frame).toString()).join('/');
      this.log.push(text);
      this.onMessage?.(text);
      return 1;
    },
    drained: () => this.log.push('drained'),
    settled: () => {
      this.log.push('settled');
      this.onSettled?.();
    },
    failed: (error) => this.failures.push(error.message),
  });
  readonly ended = this.loop.run();

  push(...texts: string[]): void {
    this.reader.push(...texts.map((text) => [bytes(text)]));
  }

  async until(entry: string, times = 1): Promise<void> {
    await waitUntil(entry, () => this.log.filter((each) => each === entry).length >= times);
  }
}

const setups: Setup[] = [];

function setUp(): Setup {
  const setup = new Setup();
  setups.push(setup);
  return setup;
}

afterEach(async () => {
  for (const { loop, reader, ended } of setups.splice(0)) {
    loop.close();
    reader.close();
    await ended;
  }
  jest.restoreAllMocks();
});

describe('RouterLoop', () => {
  test('reads what there is in one turn, and says that it is all read', async () => {
    const setup = setUp();
    setup.push('a', 'b', 'c');
    await setup.until('settled');
    expect(setup.log).toEqual(['turn', 'a', 'b', 'c', 'drained', 'settled']);
    setup.push('d');
    await setup.until('settled', 2);
    expect(setup.log.slice(6)).toEqual(['turn', 'd', 'drained', 'settled']);
    expect(setup.reader.receiveTimeout).toBe(-1);
    expect(setup.loop.hungry).toBe(false);
  });

  test('gives the event loop a turn after 256 messages, and says that there is more', async () => {
    const setup = setUp();
    const turns: { messages: number; hungry: boolean; drained: boolean }[] = [];
    setup.onSettled = () => {
      const messages = setup.log.filter((entry) => /^\d/.test(entry)).length;
      turns.push({ messages, hungry: setup.loop.hungry, drained: setup.log.includes('drained') });
    };
    setup.push(...Array.from({ length: 300 }, (_, i) => String(i)));
    await setup.until('settled', 2);
    expect(turns).toEqual([
      { messages: 256, hungry: true, drained: false },
      { messages: 300, hungry: false, drained: true },
    ]);
  });

  test('timers run however much there is to read', async () => {
    const setup = setUp();
    let timers = 0;
    const timer = setInterval(() => timers++, 1);
    let served = 0;
    setup.onMessage = () => {
      if (timers < 3 && served++ < 5_000_000) setup.push('again');
    };
    setup.push('again');
    await waitUntil('three timers', () => timers >= 3);
    clearInterval(timer);
    expect(timers).toBeGreaterThanOrEqual(3);
  });

  test('a message that makes its host throw is reported; those after it are read, and the turn ends as ever', async () => {
    const setup = setUp();
    setup.onMessage = (text) => {
      if (text === 'b') throw new Error('b is bad');
    };
    setup.push('a', 'b', 'c');
    await setup.until('settled');
    expect(setup.log).toEqual(['turn', 'a', 'b', 'c', 'drained', 'settled']);
    expect(setup.failures).toEqual(['b is bad']);
    expect(setup.loop.hungry).toBe(false);
  });

  test('asks less often while much comes, and finds out all the same when less does', async () => {
    const setup = setUp();
    const asked = jest.spyOn(setup.reader, 'readable', 'get');
    setup.push(...'abcdefgh');
    await setup.until('settled');
    expect(asked).toHaveBeenCalledTimes(8);
    asked.mockClear();
    setup.push(...'ijklmnop');
    await setup.until('settled', 2);
    // Half of what came in the last turn is taken without a question.
    expect(asked).toHaveBeenCalledTimes(5);
    asked.mockClear();
    setup.push('q');
    await setup.until('settled', 3);
    expect(asked).not.toHaveBeenCalled();
    setup.push('r');
    await setup.until('settled', 4);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(setup.log.slice(-7)).toEqual(['q', 'drained', 'settled', 'turn', 'r', 'drained', 'settled']);
    expect(setup.failures).toEqual([]);
  });

  test('a socket that says there is more when there is not ends the turn as ever', async () => {
    const setup = setUp();
    jest.spyOn(setup.reader, 'readable', 'get').mockReturnValueOnce(true);
    setup.push('a');
    await setup.until('settled');
    expect(setup.log).toEqual(['turn', 'a', 'drained', 'settled']);
    expect(setup.loop.hungry).toBe(false);
    setup.push('b');
    await setup.until('settled', 2);
    expect(setup.failures).toEqual([]);
  });

  test('an error that is not expected is reported, and reading goes on', async () => {
    const setup = setUp();
    setup.reader.push('EINVAL');
    await waitUntil('the report', () => setup.failures.length > 0);
    setup.push('a');
    await setup.until('settled');
    expect(setup.failures).toEqual(['the socket says EINVAL']);
  });

  test('an error that comes again and again does not take all of the time', async () => {
    const setup = setUp();
    jest.spyOn(setup.reader, 'receive').mockImplementation(() => Promise.reject(socketError('EINVAL')));
    setup.reader.push('EINVAL');
    await waitUntil('two reports', () => setup.failures.length > 1);
    const before = setup.failures.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect(setup.failures.length - before).toBeLessThanOrEqual(1);
  });

  test.each(['EBADF', 'ETERM', 'ENOTSOCK'])('ends when its socket is gone: %s', async (code) => {
    const setup = setUp();
    setup.reader.push(code);
    await setup.ended;
    expect(setup.failures).toEqual([]);
  });

  test('ends when it is closed, without a word', async () => {
    const setup = setUp();
    setup.push('a');
    await setup.until('settled');
    setup.loop.close();
    setup.reader.close();
    await setup.ended;
    expect(setup.failures).toEqual([]);
  });

  test('hands over nothing that comes when it is closed, also what was on its way', async () => {
    const setup = setUp();
    setup.push('a');
    setup.loop.close();
    await setup.ended;
    expect(setup.log).toEqual([]);
  });

  test('ends also when its socket is closed from within a message', async () => {
    const setup = setUp();
    setup.onMessage = () => {
      setup.loop.close();
      setup.reader.close();
    };
    setup.push('a', 'b');
    await setup.ended;
    expect(setup.log.filter((entry) => entry.length === 1)).toEqual(['a']);
    expect(setup.failures).toEqual([]);
  });
});
