// SPDX-License-Identifier: Apache-2.0
// execution.test - requests of one name: who gets which outcome, when the signal is aborted, and whose place the handler has

import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { ErrorReply, Frame } from '@mdp/protocol';
import { AbortedError, bytes, encodeErrorReply, text } from '@mdp/protocol';
import { Executions } from '../src/executions.js';
import type { Handler, HandlerContext, WorkerRequest } from '../src/request.js';
import { Job } from '../src/request.js';
import type { HandlerWatcher, JobResponder } from '../src/run-handler.js';
import { Gate } from './integration/support.js';

const GONE = new AbortedError('nobody waits', { service: 's', attempts: 0 });

afterEach(() => {
  jest.useRealTimers();
});

/** A connection of which only the replies are seen. */
class Place implements JobResponder, HandlerWatcher {
  readonly job: Job;
  readonly said: string[] = [];
  failures: unknown[] = [];
  orphansEnded = 0;

  constructor(number: number, key: string, deadlineMs = 0) {
    const identity = { attempts: 0, key: bytes(key) };
    const command = { type: 'request', id: number, deadlineMs, service: 's', body: [bytes('body')], identity } as const;
    this.job = new Job(command, Infinity, 's', 'tcp://broker', performance.now());
    this.job.stage = 'running';
  }

  check(): void {
    return;
  }
  partial(job: Job, frames: readonly Frame[]): Promise<boolean> {
    if (job.stage === 'running') this.said.push(`partial ${frames.map((frame) => text(frame)).join(' ')}`);
    return Promise.resolve(job.stage === 'running');
  }
  final(job: Job, frames: readonly Frame[]): boolean {
    expect([job, job.stage]).toEqual([this.job, 'running']);
    job.stage = 'ended';
    this.said.push(['final', ...frames.map((frame) => text(frame))].join(' '));
    return true;
  }
  fail(job: Job, { status, message }: ErrorReply): boolean {
    expect(encodeErrorReply(status, message)).toHaveLength(3);
    job.stage = 'ended';
    this.said.push(`fail ${String(status)} ${message}`);
    return true;
  }
  handlerFailed(error: unknown): void {
    this.failures.push(error);
  }
  handlerEnded({ stage }: Job): void {
    if (stage === 'lost') this.orphansEnded++;
  }

  /** Its client gives it up. @returns whether the handler runs on in its place */
  cancel(): boolean {
    this.job.cancelled = true;
    this.job.abort(GONE);
    return this.job.execution?.leave(this.job, GONE) ?? true;
  }

  /** Its connection is lost. @returns as {@link cancel} */
  lose(): boolean {
    this.job.stage = 'lost';
    this.job.abort(GONE);
    return this.job.execution?.leave(this.job, GONE) ?? true;
  }
}

/** A worker whose handler is held up, each call by a gate of its own. */
class Bench {
  readonly counters = { joined: 0, remembered: 0, forgotten: 0 };
  readonly executions = new Executions({ maxEntries: 10, maxBytes: 1e6, ttlMs: 60_000 }, this.counters);
  readonly gates: Gate<string>[] = [];
  readonly requests: WorkerRequest[] = [];
  #number = 0;
  readonly handler: Handler;

  constructor(handler?: (request: WorkerRequest, context: HandlerContext) => ReturnType<Handler>) {
    this.handler = (request, context) => {
      this.requests.push(request);
      const gate = new Gate<string>();
      this.gates.push(gate);
      return handler === undefined ? gate.passed : handler(request, context);
    };
  }

  /** A request of this name comes. */
  ask(key = 'k', deadlineMs = 0): Place {
    const place = new Place(++this.#number, key, deadlineMs);
    this.executions.serve(bytes(key), this.handler, { job: place.job, responder: place, watcher: place });
    return place;
  }

  /** Let a call of the handler return. */
  async open(call: number, reply = 'done'): Promise<void> {
    this.gates[call]?.open(reply);
    await settled();
  }
}

/** All that promises bring about has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A handler that ends when its signal is aborted, by an error; or else when it is let go. */
function obedient(bench: () => Bench): (request: WorkerRequest, context: HandlerContext) => Promise<string> {
  return (_, { signal }) => {
    const call = bench().gates.length - 1;
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
      void bench().gates[call]?.passed.then(resolve);
    });
  };
}

describe('a repetition', () => {
  test('that comes while the first runs gets the same outcome', async () => {
    const bench = new Bench();
    const [first, second] = [bench.ask(), bench.ask()];
    expect(bench.requests).toHaveLength(1);
    await bench.open(0);
    expect([first.said, second.said]).toEqual([['final done'], ['final done']]);
    expect(bench.counters).toEqual({ joined: 1, remembered: 0, forgotten: 0 });
  });

  test('that comes later gets the reply that is remembered', async () => {
    const bench = new Bench();
    bench.ask();
    await bench.open(0);
    expect(bench.ask().said).toEqual(['final done']);
    expect(bench.requests).toHaveLength(1);
    expect(bench.counters).toEqual({ joined: 0, remembered: 1, forgotten: 0 });
    expect(bench.executions.stats()).toMatchObject({ replies: 1 });
  });

  test('of a handler that replies at once, too', () => {
    const bench = new Bench(() => 'quick');
    expect([bench.ask().said, bench.ask().said]).toEqual([['final quick'], ['final quick']]);
    expect(bench.requests).toHaveLength(1);
  });

  test('of another name, or to another service, is none', () => {
    const bench = new Bench();
    bench.ask('k');
    bench.ask('l');
    const place = new Place(9, 'k');
    const other = new Job({ ...place.job.command, service: 't' }, Infinity, 't', 'tcp://broker', 0);
    bench.executions.serve(bytes('k'), bench.handler, { job: other, responder: place, watcher: place });
    expect(bench.requests).toHaveLength(3);
  });

  test('gets a failure that it waited for, but a failure is not remembered', async () => {
    const bench = new Bench(async () => {
      await settled();
      throw new Error('no');
    });
    const [first, second] = [bench.ask(), bench.ask()];
    await settled();
    await settled();
    expect([first.said, second.said]).toEqual([
      [expect.stringMatching(/^fail 500 /)],
      [expect.stringMatching(/^fail 500 /)],
    ]);
    expect([first.failures, second.failures]).toEqual([[expect.any(Error)], []]);
    bench.ask();
    expect(bench.requests).toHaveLength(2);
  });
});

describe('the signal', () => {
  test('is aborted when nobody waits any more, and not before', async () => {
    const bench = new Bench();
    const [first, second] = [bench.ask(), bench.ask()];
    const { signal } = bench.requests[0] as WorkerRequest;
    // Its place is free at once: the handler has that of the other one.
    expect(first.cancel()).toBe(false);
    expect([first.said, signal.aborted]).toEqual([['final '.trim()], false]);
    expect(second.cancel()).toBe(true);
    expect([second.said, signal.reason]).toEqual([[], GONE]);
    await bench.open(0);
    expect(second.said).toEqual(['final']);
  });

  test('knows the longest deadline of all that wait', () => {
    const bench = new Bench();
    bench.ask('k', 1_000);
    const [request] = bench.requests as [WorkerRequest];
    expect(request.remainingMs).toBeLessThanOrEqual(1_000);
    bench.ask('k', 50_000);
    expect(request.remainingMs).toBeGreaterThan(40_000);
    bench.ask('k');
    expect(request.remainingMs).toBe(Infinity);
  });

  test('a handler that does not look at it ends its work, which is remembered although nobody waited', async () => {
    const bench = new Bench();
    bench.ask().cancel();
    await bench.open(0);
    expect(bench.ask().said).toEqual(['final done']);
    expect(bench.requests).toHaveLength(1);
  });

  test('what a handler returns that has seen that nobody waits is not remembered: it may be half of a reply', async () => {
    const bench: Bench = new Bench((_, { signal }) => {
      signal.throwIfAborted();
      return (bench.gates.at(-1) as Gate<string>).passed;
    });
    bench.ask().cancel();
    await bench.open(0, 'half');
    const again = bench.ask();
    expect([again.said, bench.requests.length]).toEqual([[], 2]);
    await bench.open(1, 'whole');
    expect(again.said).toEqual(['final whole']);
  });

  test('who came when the work was being broken off has it done anew, once, when the first has ended', async () => {
    const bench: Bench = new Bench(obedient(() => bench));
    const first = bench.ask();
    first.cancel();
    const [second, third] = [bench.ask(), bench.ask()];
    expect(bench.requests).toHaveLength(1);
    await settled();
    expect([first.said, second.said, third.said]).toEqual([['final'], [], []]);
    expect(bench.requests).toHaveLength(2);
    expect(bench.requests[1]?.signal.aborted).toBe(false);
    await bench.open(1);
    expect([second.said, third.said]).toEqual([['final done'], ['final done']]);
    expect(bench.ask().said).toEqual(['final done']);
  });

  test('who comes before anybody has seen that nobody waited is wanted like any other', async () => {
    const bench = new Bench();
    const [first, second] = [bench.ask(), bench.ask()];
    first.cancel();
    second.cancel();
    const third = bench.ask('k', 1_000);
    const { signal } = bench.requests[0] as WorkerRequest;
    expect(signal.aborted).toBe(false);
    third.cancel();
    expect(signal.reason).toBe(GONE);
    await bench.open(0);
    expect([first.said, second.said, third.said]).toEqual([['final'], ['final'], ['final']]);
  });

  test('who came then and left again gets nothing more', async () => {
    const bench: Bench = new Bench(obedient(() => bench));
    bench.ask().cancel();
    const second = bench.ask();
    // The first one's place is still that of the handler.
    expect(second.cancel()).toBe(false);
    await settled();
    expect([second.said, bench.requests.length]).toEqual([['final'], 1]);
  });
});

describe('a request that is lost', () => {
  test('leaves an orphan when nobody else waits, until the handler ends', async () => {
    const bench = new Bench();
    const first = bench.ask();
    expect(first.lose()).toBe(true);
    expect(first.orphansEnded).toBe(0);
    const second = bench.ask();
    await bench.open(0);
    expect([first.said, first.orphansEnded, second.said, second.orphansEnded]).toEqual([[], 1, ['final done'], 0]);
  });

  test('leaves none when another one waits', async () => {
    const bench = new Bench();
    const [first, second] = [bench.ask(), bench.ask()];
    expect(first.lose()).toBe(false);
    await bench.open(0);
    expect([first.said, first.orphansEnded, second.said]).toEqual([[], 0, ['final done']]);
  });

  test('after it was cancelled is an orphan all the same', async () => {
    const bench = new Bench();
    const first = bench.ask();
    expect(first.cancel()).toBe(true);
    expect(first.lose()).toBe(true);
    await bench.open(0);
    expect([first.said, first.orphansEnded]).toEqual([[], 1]);
  });
});

describe('a stream', () => {
  /** A stream of two parts, each let go by a gate. */
  function streaming(): { readonly bench: Bench; readonly go: Gate[] } {
    const go = [new Gate(), new Gate(), new Gate(), new Gate()];
    const bench = new Bench(async function* () {
      const at = 2 * (bench.requests.length - 1);
      await go[at]?.passed;
      yield 'one';
      await go[at + 1]?.passed;
      yield 'two';
      return 'end';
    });
    return { bench, go };
  }

  test('goes to all that came before its first part', async () => {
    const { bench, go } = streaming();
    const [first, second] = [bench.ask(), bench.ask()];
    for (const gate of go) gate.open();
    await settled();
    const whole = ['partial one', 'partial two', 'final end'];
    expect([first.said, second.said, bench.requests.length]).toEqual([whole, whole, 1]);
  });

  test('is made anew for who comes later, while it goes on and after its end: it is not remembered', async () => {
    const { bench, go } = streaming();
    const first = bench.ask();
    go[0]?.open();
    await settled();
    const second = bench.ask();
    expect(bench.requests).toHaveLength(2);
    for (const gate of go) gate.open();
    await settled();
    const whole = ['partial one', 'partial two', 'final end'];
    expect([first.said, second.said]).toEqual([whole, whole]);
    bench.ask();
    expect(bench.requests).toHaveLength(3);
    expect(bench.executions.stats().replies).toBe(0);
  });

  test('that is cut short because nobody waited is no reply for who came meanwhile: it is made anew', async () => {
    const go = new Gate();
    const bench = new Bench(async function* (_, { signal }) {
      await settled();
      if (!signal.aborted) {
        yield 'one';
        return 'end';
      }
      try {
        yield 'sorry';
        return 'that is all';
      } finally {
        await go.passed;
      }
    });
    const first = bench.ask();
    first.cancel();
    const second = bench.ask();
    await settled();
    // It has said something, and has not ended.
    const third = bench.ask();
    expect([second.said, third.said, bench.requests.length]).toEqual([[], [], 1]);
    go.open();
    await settled();
    await settled();
    const whole = ['partial one', 'final end'];
    expect([first.said, second.said, third.said]).toEqual([['final'], whole, whole]);
    expect(bench.requests).toHaveLength(2);
  });

  test('goes on for who came after the first had gone, when it looks at its signal in the middle only', async () => {
    const go = new Gate();
    const bench = new Bench(async function* (request) {
      await go.passed;
      yield 'one';
      if (request.signal.aborted) return 'half';
      yield 'two';
      return 'end';
    });
    const first = bench.ask();
    first.cancel();
    const second = bench.ask();
    go.open();
    await settled();
    expect([first.said, second.said]).toEqual([['final'], ['partial one', 'partial two', 'final end']]);
    expect(bench.requests).toHaveLength(1);
  });

  test('whose time is up goes on for who waited, and is made anew for who came then', async () => {
    const go = new Gate();
    const bench = new Bench(async function* (_, { signal }) {
      if (!signal.aborted)
        await new Promise((resolve) => {
          signal.addEventListener('abort', resolve);
        });
      yield 'one';
      await go.passed;
      return 'end';
    });
    // On a busy machine its time would be up before anybody listens.
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const first = bench.ask('k', 1);
    const { signal } = bench.requests[0] as WorkerRequest;
    const late: Place[] = [];
    signal.addEventListener('abort', () => late.push(bench.ask()), { once: true });
    jest.advanceTimersByTime(1);
    jest.useRealTimers();
    const [second] = late;
    if (second === undefined) throw new Error('its time is not up');
    go.open();
    await settled();
    expect(first.said).toEqual(['partial one', 'final end']);
    expect([second.said, bench.requests.length]).toEqual([[], 2]);
  });

  test('that nobody wants any more is broken off, and its place is free', async () => {
    const { bench, go } = streaming();
    const [first, second] = [bench.ask(), bench.ask()];
    go[0]?.open();
    await settled();
    first.cancel();
    second.cancel();
    go[1]?.open();
    await settled();
    expect([first.said, second.said]).toEqual([
      ['partial one', 'final'],
      ['partial one', 'final'],
    ]);
  });
});
