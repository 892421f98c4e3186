// SPDX-License-Identifier: Apache-2.0
// typed-mock.test - a mock that is asked for values, and answers with values

import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { ClientLike } from '../src/index.js';
import { RemoteError, json, text } from '../src/index.js';
import { MockClient } from '../src/mock.js';

interface Services {
  resize: { request: { url: string; width: number }; reply: { width: number; height: number } };
  report: { request: { year: number }; partial: string; reply: { lines: number } };
  log: { request: string; partial: string; reply: void };
  now: { request: void; reply: number };
}

/** Every value of a reply. */
async function all<T>(parts: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const part of parts) values.push(part);
  return values;
}

describe('a script', () => {
  test('answers with a value, whoever asks the mock', async () => {
    const mock = new MockClient();
    const services = mock.with<Services>(json).reply('resize', { final: { width: 2, height: 1 } });
    expect(await services.request('resize', { url: 'u', width: 2 })).toEqual({ width: 2, height: 1 });
    const other: ClientLike = mock;
    expect(await other.with<Services>(json).request('resize', { url: 'u', width: 3 })).toHaveProperty('width', 2);
    expect((await other.request('resize', '{}')).map((frame) => text(frame))).toEqual(['{"width":2,"height":1}']);
    expect(mock.requests.map(({ body }) => json.decode(body))).toEqual([
      { url: 'u', width: 2 },
      { url: 'u', width: 3 },
      {},
    ]);
  });

  test('has PARTIALs, a delay, and a FINAL that may be nothing', async () => {
    const services = new MockClient()
      .with<Services>(json)
      .reply('report', { delayMs: 1, partials: ['a', 'b'], final: { lines: 2 } })
      .reply('log', { partials: ['a'] });
    expect(await all(services.request('report', { year: 2026 }))).toStrictEqual(['a', 'b', { lines: 2 }]);
    expect(await all(services.request('log', 'x'))).toStrictEqual(['a']);
  });

  test('fails as one of frames does, in turn with others', async () => {
    const services = new MockClient({ retry: { attempts: 4, baseMs: 1, maxMs: 1 } })
      .with<Services>(json)
      .reply('now', { fail: 'timeout' }, { fail: 'disconnect' }, { fail: new RemoteError(503, 'later') }, { final: 5 });
    expect(await services.request('now')).toBe(5);
  });

  test('may have a value that looks like a script', async () => {
    const services = new MockClient()
      .with<{ s: { request: void; reply: { fail: string } } }>(json)
      .reply('s', { final: { fail: 'timeout' } });
    expect(await services.request('s')).toEqual({ fail: 'timeout' });
  });

  test.each<[string, unknown, string]>([
    ['a value alone', 5, 'answer'],
    ['null', null, 'answer'],
    ['an unknown step', { partial: ['a'] }, 'partial'],
    ['a final together with a failure', { final: 5, fail: 'timeout' }, 'fail'],
    ['a negative delay', { delayMs: -1 }, 'delayMs'],
  ])('refuses %s, when it is given', (_, answer, argument) => {
    expect(() => new MockClient().with<Services>(json).reply('now', answer as never)).toThrow(
      expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT', argument }),
    );
  });
});

describe('a function', () => {
  test('gets the value and the call, and returns the value of the FINAL', async () => {
    const services = new MockClient()
      .with<Services>(json)
      .reply('resize', ({ width }, { service, attempt }) => ({ width: width + attempt, height: service.length }))
      .reply('now', async () => Promise.resolve(5));
    expect(await services.request('resize', { url: 'u', width: 2 })).toEqual({ width: 3, height: 6 });
    expect(await services.request('now')).toBe(5);
  });

  test('may be a generator, which is finished when the loop is left', async () => {
    let finished = false;
    const services = new MockClient({ maxBufferedBytes: 1 })
      .with<Services>(json)
      .reply('report', async function* ({ year }) {
        try {
          yield String(year);
          yield await Promise.resolve('end');
          return { lines: 2 };
        } finally {
          finished = true;
        }
      });
    expect(await all(services.request('report', { year: 2026 }))).toEqual(['2026', 'end', { lines: 2 }]);
    finished = false;
    for await (const part of services.request('report', { year: 1 })) {
      expect(part).toBe('1');
      break;
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(finished).toBe(true);
  });

  test('may throw, a status of its own too', async () => {
    const services = new MockClient()
      .with<Services>(json)
      .reply('now', () => {
        throw new RangeError('oops');
      })
      .reply('log', () => {
        throw new RemoteError(413, 'too long');
      });
    await expect(services.request('now')).rejects.toMatchObject({ status: 500, message: 'oops' });
    await expect(services.request('log', 'x')).rejects.toMatchObject({ status: 413 });
  });
});

describe('what a worker would not take or send', () => {
  const contract = {
    half: { request: z.number().min(1), partial: z.number(), reply: z.object({ at: z.coerce.date() }) },
    later: { reply: z.string().refine(async (name) => Promise.resolve(name === 'known')) },
  };

  test('is a request that cannot be read: 400', async () => {
    const mock = new MockClient();
    mock.with<Services>(json).reply('now', { final: 5 });
    await expect(mock.request('now', 'no JSON')).rejects.toMatchObject({ status: 400 });
  });

  test('is a request that its schema does not like: 400, before the function is called', async () => {
    const halves = new MockClient().with(json, contract).reply('half', () => {
      throw new Error('it was called');
    });
    await expect(halves.request('half', 0)).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(/^the request of "half" is not valid: /),
    });
  });

  test('is an answer that its schema does not like: 500; the rest is what the schema makes of it', async () => {
    const mock = new MockClient();
    const halves = mock
      .with(json, contract)
      .reply('half', { partials: [1], final: { at: '2026-01-01', secret: 1 } as never });
    expect(await halves.request('half', 1)).toEqual({ at: new Date('2026-01-01') });
    expect((await mock.request('half', '1')).map((frame) => text(frame))).toEqual([
      '1',
      '{"at":"2026-01-01T00:00:00.000Z"}',
    ]);
    halves.reply('half', { partials: ['one' as never], final: { at: 0 } });
    await expect(mock.request('half', '1')).rejects.toMatchObject({ status: 500 });
    halves.reply('later', { final: 'odd' }, { final: 'known' });
    await expect(mock.request('later', '')).rejects.toMatchObject({ status: 500 });
    expect(await halves.request('later')).toBe('known');
  });

  test('is an answer that cannot be encoded: 500', async () => {
    const services = new MockClient().with<Services>(json).reply('now', { final: 5n as never });
    await expect(services.request('now')).rejects.toMatchObject({
      status: 500,
      message: expect.stringMatching(/^the reply of "now" cannot be encoded: .*BigInt/),
    });
  });

  test('is a service that is not in the contract', () => {
    expect(() => new MockClient().with(json, contract).reply('halv' as 'half', { final: { at: 0 } })).toThrow(
      /did you mean "half"\?/,
    );
  });
});

// Never called: the compiler is the test, which complains of a line below `@ts-expect-error` that is right.
export function types(): unknown[] {
  const services = new MockClient().with<Services>(json);
  const dates = new MockClient().with(json, { half: { request: z.coerce.date(), reply: z.coerce.number() }, any: {} });

  return [
    () => services.reply('now', { final: 5 }, { fail: 'timeout' }, () => 5),
    () => services.reply('log', {}).request('now'),
    () => services.reply('report', { partials: ['a'], fail: 'silence' }),
    // @ts-expect-error -- there is no such service
    () => services.reply('nwo', { final: 5 }),
    // @ts-expect-error -- an answer is needed
    () => services.reply('now'),
    // @ts-expect-error -- a text is no number
    () => services.reply('now', { final: 'five' }),
    // @ts-expect-error -- a value alone is no answer
    () => services.reply('now', 5),
    // @ts-expect-error -- this service replies with something
    () => services.reply('now', {}),
    // @ts-expect-error -- it ends in one way
    () => services.reply('now', { final: 5, fail: 'timeout' }),
    // @ts-expect-error -- the height is missing
    () => services.reply('resize', { final: { width: 1 } }),
    // @ts-expect-error -- there is no depth
    () => services.reply('resize', { final: { width: 1, height: 1, depth: 1 } }),
    // @ts-expect-error -- this service has no PARTIALs
    () => services.reply('now', { partials: [1], final: 5 }),
    // @ts-expect-error -- a PARTIAL is a text
    () => services.reply('report', { partials: [1], final: { lines: 1 } }),
    // @ts-expect-error -- there is no such step
    () => services.reply('now', { final: 5, delay: 1 }),
    // @ts-expect-error -- the function returns a text
    () => services.reply('now', () => 'five'),
    // @ts-expect-error -- the request is a text
    () => services.reply('log', (line) => void line.toFixed),
    // @ts-expect-error -- the generator yields a number
    () => services.reply('report', function* () { yield 1; return { lines: 1 }; }), // prettier-ignore
    // A function gets what the schema makes of the request, and an answer is all that the schema takes.
    () => dates.reply('half', (date) => date.getTime()),
    () => dates.reply('half', { final: '5' }),
    () => dates.reply('any', { partials: [1], final: 'x' }),
    // @ts-expect-error -- a Date has no length
    () => dates.reply('half', (date) => Number(date.length)),
  ];
}
