// SPDX-License-Identifier: Apache-2.0
// watch.test - what the status page does when the broker is gone, silent, back, or behind a token

import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Link } from '../../src/page/watch.js';
import { Watch } from '../../src/page/watch.js';
import { eventText } from '../../src/status-page/feed.js';

const TOKEN = 'a-token';

/** One time that the page asked. */
class Asked {
  readonly #resolve: (response: Response) => void;
  readonly #reject: (error: Error) => void;
  readonly answer: Promise<Response>;
  readonly token: string | null;
  readonly signal: AbortSignal | null | undefined;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor({ headers, signal }: RequestInit) {
    const { promise, resolve, reject } = withResolvers<Response>();
    [this.answer, this.#resolve, this.#reject] = [promise, resolve, reject];
    this.token = new Headers(headers).get('authorization');
    this.signal = signal;
    // A stream that is aborted fails, as that of a browser does.
    signal?.addEventListener('abort', () => {
      this.fail(signal.reason as Error);
    });
  }

  /** Nobody is there; or the connection breaks, or is given up. */
  fail(error: Error = new TypeError('Failed to fetch')): void {
    this.#reject(error);
    this.#body?.error(error);
    this.#body = undefined;
  }

  refuse(status: number, text: string): void {
    this.#resolve(new Response(text, { status }));
  }

  accept(): void {
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (this.#body = controller) });
    this.#resolve(new Response(body));
  }

  tell(event: string, data: unknown): void {
    this.#body?.enqueue(new TextEncoder().encode(eventText(event, data)));
  }

  end(): void {
    this.#body?.close();
    this.#body = undefined;
  }
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}

let asked: Asked[];
let links: (readonly [link: Link, why: string, restMs?: number | undefined])[];
let updates: number[];
let begins: number;
let tokens: Map<string, string>;
let watch: Watch;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  [asked, links, updates, begins, tokens] = [[], [], [], 0, new Map()];
  watch = new Watch(
    {
      begin: () => begins++,
      update: ({ ageMs }) => updates.push(ageMs),
      link: (...told) => links.push(told),
    },
    (_path, init) => {
      const one = new Asked(init);
      asked.push(one);
      return one.answer;
    },
    {
      getItem: (name) => tokens.get(name) ?? null,
      setItem: (name, value) => void tokens.set(name, value),
      removeItem: (name) => void tokens.delete(name),
    },
  );
  void watch.run();
});
afterEach(() => {
  jest.useRealTimers();
});

/** Let everything happen that needs no time. */
async function until(happened: () => boolean): Promise<void> {
  for (let turns = 0; !happened(); turns++) {
    if (turns > 10_000) throw new Error(`it does not happen: ${String(happened)} ${JSON.stringify(links)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The nth time that it asked. */
async function nth(count: number): Promise<Asked> {
  await until(() => asked.length >= count);
  expect(asked).toHaveLength(count);
  return asked[count - 1] as Asked;
}

async function connect(count: number): Promise<Asked> {
  const one = await nth(count);
  one.accept();
  one.tell('begin', {});
  one.tell('update', { ageMs: 0 });
  await until(() => links.at(-1)?.[0] === 'live');
  return one;
}

async function lost(): Promise<readonly [why: string, restMs: number]> {
  await until(() => links.at(-1)?.[2] !== undefined);
  const [link, why, restMs = 0] = links.at(-1) ?? ['live', ''];
  expect(link).toBe('lost');
  return [why, restMs];
}

describe('a broker that is gone', () => {
  test('is asked again after rests that grow, and after the first one again when it was back', async () => {
    const rests: number[] = [];
    for (let count = 1; count <= 7; count++) {
      (await nth(count)).fail();
      const [why, restMs] = await lost();
      expect(why).toBe('the broker cannot be reached');
      rests.push(restMs);
      jest.advanceTimersByTime(restMs - 1);
      await new Promise((resolve) => setImmediate(resolve));
      expect(asked).toHaveLength(count);
      jest.advanceTimersByTime(1);
      await nth(count + 1);
    }
    expect(rests).toEqual([500, 1_000, 2_000, 5_000, 10_000, 10_000, 10_000]);
    const back = await connect(8);
    expect([begins, updates]).toEqual([1, [0]]);
    back.fail();
    expect(await lost()).toEqual(['the connection broke', 500]);
  });

  test('is asked at once when somebody wants that, or the network is back', async () => {
    (await nth(1)).fail();
    await lost();
    watch.wake();
    await connect(2);
    watch.wake();
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toHaveLength(2);
  });

  test('says why, where it can: it drains, it starts, it has no room', async () => {
    (await connect(1)).end();
    expect(await lost()).toEqual(['the broker has ended the connection', 500]);
    jest.advanceTimersByTime(500);
    (await nth(2)).refuse(503, 'the broker stops\n');
    expect(await lost()).toEqual(['the broker stops', 1_000]);
    jest.advanceTimersByTime(1_000);
    (await nth(3)).refuse(503, 'the broker starts\n');
    expect(await lost()).toEqual(['the broker starts', 2_000]);
  });
});

describe('a broker that is silent', () => {
  test('is asked anew, and what was asked before is given up', async () => {
    const first = await connect(1);
    jest.advanceTimersByTime(15_000);
    expect(first.signal?.aborted).toBe(false);
    jest.advanceTimersByTime(1_000);
    expect(first.signal?.aborted).toBe(true);
    expect(await lost()).toEqual(['nothing came for too long', 500]);
    jest.advanceTimersByTime(500);
    await connect(2);
  });

  test('is not one that tells something now and then', async () => {
    const first = await connect(1);
    for (let i = 0; i < 6; i++) {
      jest.advanceTimersByTime(10_000);
      first.tell('update', { ageMs: i });
      await until(() => updates.length === i + 2);
    }
    expect(first.signal?.aborted).toBe(false);
  });

  test('is found out as soon as the computer is awake, though its timers have slept, too', async () => {
    const first = await connect(1);
    jest.setSystemTime(Date.now() + 3_600_000);
    watch.wake();
    expect(first.signal?.aborted).toBe(true);
    await lost();
    watch.wake();
    await connect(2);
    // And when nothing has told it to look.
    jest.setSystemTime(Date.now() + 3_600_000);
    jest.advanceTimersByTime(1_000);
    expect(asked[1]?.signal?.aborted).toBe(true);
  });

  test('is found out by a clock that is set back', async () => {
    await connect(1);
    jest.setSystemTime(Date.now() - 3_600_000);
    jest.advanceTimersByTime(1_000);
    expect(asked[0]?.signal?.aborted).toBe(true);
  });

  test('is not taken for live because it tells again what was long ago', async () => {
    const one = await nth(1);
    one.accept();
    one.tell('begin', {});
    one.tell('update', { ageMs: 60_000 });
    await until(() => updates.length === 1);
    expect(links.at(-1)).toEqual(['lost', 'the broker does not answer its admin interface']);
    one.tell('update', { ageMs: 3 });
    await until(() => links.at(-1)?.[0] === 'live');
  });
});

describe('what cannot be read', () => {
  test('ends the connection: the broker has room for few', async () => {
    const first = await nth(1);
    first.accept();
    await until(() => asked.length === 1);
    first.tell('update', undefined);
    await lost();
    expect(first.signal?.aborted).toBe(true);
  });
});

describe('a broker with a token', () => {
  test('is not asked again until there is one, and then at once', async () => {
    (await nth(1)).refuse(401, 'show the token');
    await until(() => links.at(-1)?.[0] === 'locked');
    jest.advanceTimersByTime(60_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toHaveLength(1);
    watch.unlock('with a space');
    expect(links.at(-1)).toEqual(['locked', 'that token is not right']);
    watch.unlock(TOKEN);
    expect((await connect(2)).token).toBe(`Bearer ${TOKEN}`);
  });

  test('that has another one when it is back asks for that', async () => {
    tokens.set('mdp-broker token', TOKEN);
    (await connect(1)).fail();
    await lost();
    jest.advanceTimersByTime(500);
    const second = await nth(2);
    second.refuse(401, 'show the token');
    await until(() => links.at(-1)?.[0] === 'locked');
    expect([links.at(-1)?.[1], tokens.size]).toEqual(['that token is not right', 0]);
  });
});
