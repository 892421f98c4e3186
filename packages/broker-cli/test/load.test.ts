// SPDX-License-Identifier: Apache-2.0
// load.test - how many requests are made, when, and what is counted of them, on a clock that stands still between steps

import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Failures } from '../src/failures.js';
import type { Answer, LoadPlan } from '../src/load.js';
import { Load } from '../src/load.js';

const ANSWER: Answer = { parts: 1, bytes: 32, right: true };
const ENDLESS = { requests: Infinity, durationMs: Infinity, concurrency: 1, perSecond: undefined };

beforeEach(() => {
  // Microtasks stay those of the system: what is awaited goes on.
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
});
afterEach(() => {
  jest.useRealTimers();
});

interface Course {
  readonly load: Load;
  readonly failures: Failures;
  /** When each request began, in milliseconds. */
  readonly begun: number[];
  readonly ended: Promise<void>;
}

/** Make load of requests that take so long. */
function course(plan: Partial<LoadPlan>, tookMs: (nth: number) => number, answer: (nth: number) => Answer): Course {
  const failures = new Failures();
  const begun: number[] = [];
  const start = performance.now();
  const ask = async (): Promise<Answer> => {
    const nth = begun.push(performance.now() - start) - 1;
    await new Promise((resolve) => setTimeout(resolve, tookMs(nth)));
    return answer(nth);
  };
  const load = new Load({ ...ENDLESS, ...plan }, ask, failures);
  return { load, failures, begun, ended: load.run() };
}

describe('each begins when another has ended', () => {
  test('so many at once, and so many in all', async () => {
    const { load, begun, ended } = course(
      { requests: 5, concurrency: 2 },
      () => 10,
      () => ANSWER,
    );
    expect(begun).toEqual([0, 0]);
    await jest.advanceTimersByTimeAsync(15);
    expect(begun).toEqual([0, 0, 10, 10]);
    expect([load.answered, load.progress]).toEqual([2, 0.4]);
    await jest.advanceTimersByTimeAsync(100);
    await ended;
    expect(begun).toEqual([0, 0, 10, 10, 20]);
    expect(load).toMatchObject({ answered: 5, elapsedMs: 30, parts: 5, bytes: 160, wrong: 0, unsent: 0 });
    expect(load.latencies.maxMs).toBe(10);
  });

  test('until the time is up; those that are under way then are waited for', async () => {
    const { load, ended } = course(
      { durationMs: 25, concurrency: 3 },
      (nth) => (nth === 1 ? 1000 : 10),
      () => ANSWER,
    );
    await jest.advanceTimersByTimeAsync(500);
    expect(load).toMatchObject({ progress: 1, elapsedMs: 25, answered: 6, answeredInTime: 4 });
    await jest.advanceTimersByTimeAsync(500);
    await ended;
    expect(load).toMatchObject({ answered: 7, answeredInTime: 4, elapsedMs: 25 });
    expect(load.latencies.maxMs).toBe(1000);
  });
});

describe('so many are due each second', () => {
  test('each at its time, whatever comes back', async () => {
    const { load, begun, ended } = course(
      { durationMs: 100, perSecond: 50, concurrency: 100 },
      () => 1000,
      () => ANSWER,
    );
    await jest.advanceTimersByTimeAsync(1100);
    await ended;
    expect(begun).toEqual([0, 20, 40, 60, 80]);
    expect(load).toMatchObject({ answered: 5, answeredInTime: 0, unsent: 0 });
    expect(load.latencies.maxMs).toBe(1000);
  });

  test('how long one takes counts from when it was due, not from when there was room for it', async () => {
    // The first one holds up all others.
    const { load, begun, ended } = course(
      { requests: 5, perSecond: 100, concurrency: 1 },
      (nth) => (nth === 0 ? 100 : 1),
      () => ANSWER,
    );
    await jest.advanceTimersByTimeAsync(200);
    await ended;
    expect(begun).toEqual([0, 100, 101, 102, 103]);
    // Due after 10, 20, 30 and 40 ms, ended after 101 to 104.
    expect(load.latencies.percentile(0.01)).toBeGreaterThan(63);
    expect(load.latencies.meanMs).toBeCloseTo((100 + 91 + 82 + 73 + 64) / 5, 5);
  });

  test('those that there was never room for are told', async () => {
    const { load, ended } = course(
      { durationMs: 100, perSecond: 100, concurrency: 1 },
      () => 1000,
      () => ANSWER,
    );
    await jest.advanceTimersByTimeAsync(1000);
    await ended;
    expect(load).toMatchObject({ answered: 1, unsent: 9 });
  });
});

test('replies that were not expected, and the first parts of streams', async () => {
  const { load, ended } = course(
    { requests: 3 },
    () => 10,
    (nth) => ({ parts: 2, bytes: 1, right: nth !== 1, firstAt: performance.now() - 4 }),
  );
  await jest.advanceTimersByTimeAsync(100);
  await ended;
  expect(load).toMatchObject({ answered: 3, wrong: 1, parts: 6 });
  expect(load.firsts.maxMs).toBe(6);
});

test('failures are counted by their kind, and take no time of the answered ones', async () => {
  const { load, failures, ended } = course(
    { requests: 5 },
    () => 10,
    (nth) => {
      if (nth === 0) return ANSWER;
      throw Object.assign(
        new Error(`no ${String(nth)}`),
        nth === 2 ? { code: 'MDP_REMOTE', status: 503 } : { code: 'MDP_TIMEOUT' },
      );
    },
  );
  await jest.advanceTimersByTimeAsync(100);
  await ended;
  expect([load.answered, load.latencies.count, failures.count]).toEqual([1, 1, 4]);
  expect(failures.first).toMatchObject({ message: 'no 1' });
  expect(failures.kinds).toEqual([
    { code: 'MDP_TIMEOUT', message: 'no 1', count: 3 },
    { code: 'MDP_REMOTE', status: 503, message: 'no 2', count: 1 },
  ]);
});

test('requests that fail at once leave room for other things, and for the end', async () => {
  const failures = new Failures();
  const fail = (): Promise<Answer> => Promise.reject(Object.assign(new Error('full'), { code: 'MDP_OVERLOADED' }));
  const load = new Load({ ...ENDLESS, concurrency: 4, durationMs: 50 }, fail, failures);
  const ended = load.run();
  await jest.advanceTimersByTimeAsync(100);
  await ended;
  expect(failures.count).toBeGreaterThan(4);
});

test('when it is stopped, no more begin, and what is given up is no failure', async () => {
  let giveUp: (() => void) | undefined;
  const failures = new Failures();
  const ask = (): Promise<Answer> =>
    new Promise((_, reject) => {
      giveUp = () => {
        reject(new Error('given up'));
      };
    });
  const load = new Load(ENDLESS, ask, failures);
  const ended = load.run();
  await jest.advanceTimersByTimeAsync(40);
  load.stop();
  giveUp?.();
  await jest.advanceTimersByTimeAsync(0);
  await ended;
  expect(load).toMatchObject({ answered: 0, elapsedMs: 40 });
  expect(failures.count).toBe(0);
});
