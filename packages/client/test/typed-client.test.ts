// SPDX-License-Identifier: Apache-2.0
// typed-client.test - requests and replies as values, over a client whose broker is a script

import { describe, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { decode, encode } from '@msgpack/msgpack';
import * as v from 'valibot';
import { z } from 'zod';
import type { Codec } from '../src/index.js';
import { PayloadError, bytes, json, text } from '../src/index.js';
import { MockClient } from '../src/mock.js';

interface Services {
  resize: { request: { url: string; width: number }; reply: { width: number; height: number } };
  report: { request: { year: number }; partial: string; reply: { lines: number } };
  log: { request: string; partial: string; reply: void };
  now: { request: void; reply: number };
}

const MALFORMED = { code: 'MDP_PAYLOAD' };

/** Every value of a reply. */
async function all<T>(parts: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const part of parts) values.push(part);
  return values;
}

describe('a request', () => {
  test('goes out as the codec encodes it, with its options', async () => {
    const mock = new MockClient().reply('resize', json.encode({ width: 2, height: 1 }));
    const images = mock.with<Services>(json);
    const { width, height } = await images.request('resize', { url: 'u', width: 2 }, { timeoutMs: 500 });
    expect([width, height]).toEqual([2, 1]);
    const [{ body, options } = {}] = mock.requests;
    expect(body?.map((frame) => text(frame))).toEqual(['{"url":"u","width":2}']);
    expect(options).toEqual({ timeoutMs: 500 });
  });

  test('without a value is one empty frame', async () => {
    const mock = new MockClient().reply('now', '5');
    expect(await mock.with<Services>(json).request('now')).toBe(5);
    expect(mock.requests[0]?.body).toEqual([new Uint8Array(0)]);
  });

  test.each<[string, unknown, RegExp]>([
    ['a BigInt', 5n, /value: got 5, allowed is what the codec can encode: .*BigInt/],
    ['a function', () => 1, /JSON cannot say a function/],
  ])('throws at once for %s, and nothing is sent', (_, value, message) => {
    const mock = new MockClient().reply('s', '1');
    const call = (): unknown => mock.with(json).request('s', value);
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT', cause: expect.any(TypeError) }));
    expect(mock.requests).toEqual([]);
  });

  test('throws at once for what a codec makes that is no body', () => {
    const codec = { encode: () => 5, decode: () => undefined } as unknown as Codec;
    expect(() => new MockClient().with(codec).request('s', 1)).toThrow(
      expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT', argument: 'body' }),
    );
  });

  test('needs a codec', () => {
    expect(() => new MockClient().with({} as Codec)).toThrow(expect.objectContaining({ argument: 'codec' }));
  });
});

describe('a reply that is awaited', () => {
  test('is the value of the FINAL, as often as it is asked for', async () => {
    const mock = new MockClient().reply('report', { partials: ['"a"', 'no JSON'], final: '{"lines":2}' });
    const reply = mock.with<Services>(json).request('report', { year: 2026 });
    expect(reply.service).toBe('report');
    expect([await reply, await reply]).toEqual([{ lines: 2 }, { lines: 2 }]);
    let ended = false;
    await reply.finally(() => (ended = true));
    expect(ended).toBe(true);
  });

  test.each<[string, string | string[]]>([
    ['is no JSON', 'hello'],
    ['has two frames', ['1', '2']],
  ])('fails when the body %s', async (_, final) => {
    const reply = new MockClient().reply('now', final).with<Services>(json).request('now');
    const error = await reply.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PayloadError);
    expect(error).toMatchObject({ ...MALFORMED, service: 'now', issues: [], cause: expect.any(Error) });
    expect((error as Error).message).toMatch(/^the reply of "now" cannot be read: /);
  });

  test('fails as a reply of frames does', async () => {
    const mock = new MockClient().reply('now', { fail: 'timeout' });
    const services = mock.with<Services>(json);
    await expect(services.request('now')).rejects.toMatchObject({ code: 'MDP_TIMEOUT', service: 'now', attempts: 1 });
    await expect(services.request('log', 'x')).rejects.toMatchObject({ code: 'MDP_REMOTE', status: 404 });
    mock.reply('now', { fail: 'silence' });
    const cancelled = services.request('now');
    cancelled.cancel('enough');
    await expect(cancelled).rejects.toMatchObject({ code: 'MDP_ABORTED', cause: 'enough' });
  });

  test('cannot be iterated, too', async () => {
    const reply = new MockClient().reply('now', '5').with<Services>(json).request('now');
    await reply;
    await expect(all(reply)).rejects.toMatchObject({ code: 'MDP_INVALID_STATE' });
  });
});

describe('a reply that is iterated', () => {
  test('gives each PARTIAL and the FINAL', async () => {
    const mock = new MockClient().reply('report', { partials: ['"a"', '"b"'], final: '{"lines":2}' });
    expect(await all(mock.with<Services>(json).request('report', { year: 2026 }))).toEqual(['a', 'b', { lines: 2 }]);
  });

  test('ends without another part when the FINAL has no value', async () => {
    const mock = new MockClient().reply('log', { partials: ['"a"'], final: '' });
    // Strictly: the other one takes no notice of `undefined` at the end.
    expect(await all(mock.with<Services>(json).request('log', 'x'))).toStrictEqual(['a']);
  });

  test('gives a FINAL of null', async () => {
    const mock = new MockClient().reply('s', { partials: ['null'], final: 'null' });
    expect(await all(mock.with(json).request('s'))).toEqual([null, null]);
  });

  test('tells the codec and the schemas which part is the FINAL, however late each is read', async () => {
    const kinds: unknown[] = [];
    const codec: Codec = {
      encode: () => '',
      decode: ([frame], { kind }) => {
        kinds.push(kind);
        return text(frame);
      },
    };
    const mock = new MockClient().reply('s', { partials: ['a', 'b'], final: 'c' });
    const reply = mock.with(codec).request('s');
    await waitUntil('all parts to have come', () => mock.stats().counters.replies === 1);
    expect(await all(reply)).toEqual(['a', 'b', 'c']);
    expect(await all(mock.with(codec).request('s'))).toEqual(['a', 'b', 'c']);
    expect(kinds).toEqual(['partial', 'partial', 'reply', 'partial', 'partial', 'reply']);
  });

  test('fails at a part that cannot be read, and gives the request up', async () => {
    const mock = new MockClient().reply('log', { partials: ['"a"', 'no JSON', '"b"'] });
    const values: string[] = [];
    const read = async (): Promise<void> => {
      for await (const line of mock.with<Services>(json).request('log', 'x')) values.push(line);
    };
    await expect(read()).rejects.toMatchObject({
      ...MALFORMED,
      message: expect.stringMatching(/^the partial of "log"/),
    });
    expect(values).toEqual(['a']);
    expect(mock.stats()).toMatchObject({ pending: 0, counters: { aborted: 1 } });
  });

  test('is given up when the loop is left', async () => {
    const mock = new MockClient().reply('log', { partials: ['"a"', '"b"'], fail: 'silence' });
    for await (const line of mock.with<Services>(json).request('log', 'x')) {
      expect(line).toBe('a');
      break;
    }
    expect(mock.stats()).toMatchObject({ pending: 0, counters: { aborted: 1 } });
  });

  test('cannot be iterated twice, or awaited, too', async () => {
    const reply = new MockClient().reply('now', '5').with<Services>(json).request('now');
    expect(await all(reply)).toEqual([5]);
    await expect(all(reply)).rejects.toMatchObject({ code: 'MDP_INVALID_STATE' });
    await expect(reply).rejects.toMatchObject({ code: 'MDP_INVALID_STATE' });
  });
});

describe('receivePart()', () => {
  test('gives each part, and undefined after the FINAL', async () => {
    const mock = new MockClient().reply('report', { partials: ['"a"', '"b"'], final: '{"lines":2}' });
    const reply = mock.with<Services>(json).request('report', { year: 2026 });
    const read: unknown[] = [];
    for (let i = 0; i < 4; i++) read.push(await reply.receivePart(), reply.complete);
    expect(read).toStrictEqual(['a', false, 'b', false, { lines: 2 }, true, undefined, true]);
  });

  test('gives undefined in place of a FINAL without a value, and null for null', async () => {
    const mock = new MockClient().reply('log', { partials: ['null'], final: '' });
    const reply = mock.with<Services>(json).request('log', 'x');
    expect([await reply.receivePart(), reply.complete]).toEqual([null, false]);
    expect([await reply.receivePart(), reply.complete]).toEqual([undefined, true]);
  });

  test('waits as long as it is told, and may be called again', async () => {
    const mock = new MockClient().reply('now', { fail: 'silence' });
    const reply = mock.with<Services>(json).request('now');
    for (const timeoutMs of [1, 2]) {
      await expect(reply.receivePart({ timeoutMs })).rejects.toMatchObject({ code: 'MDP_TIMEOUT' });
    }
    expect(mock.stats().pending).toBe(1);
    expect(() => reply.receivePart({ timeout: 1 } as object)).toThrow(/timeout/);
    const part = reply.receivePart();
    reply.cancel();
    await expect(part).rejects.toMatchObject({ code: 'MDP_ABORTED' });
  });

  test('fails at a part that cannot be read, and gives the request up', async () => {
    const mock = new MockClient().reply('log', { partials: ['no JSON', '"b"'], fail: 'silence' });
    const reply = mock.with<Services>(json).request('log', 'x');
    await expect(reply.receivePart()).rejects.toMatchObject(MALFORMED);
    expect(mock.stats()).toMatchObject({ pending: 0, counters: { aborted: 1 } });
    await expect(reply.receivePart()).rejects.toMatchObject({ code: 'MDP_ABORTED' });
  });

  test('reads one part at a time: each is taken for what it is', async () => {
    const mock = new MockClient().reply('report', { partials: ['"a"'], final: '{"lines":1}' });
    const reply = mock.with<Services>(json).request('report', { year: 2026 });
    await waitUntil('all parts to have come', () => mock.stats().counters.replies === 1);
    const first = reply.receivePart();
    await expect(reply.receivePart()).rejects.toMatchObject({ code: 'MDP_INVALID_STATE' });
    expect([await first, await reply.receivePart()]).toEqual(['a', { lines: 1 }]);
  });

  test('may be followed by a loop, but by no await, and nothing reads what is awaited', async () => {
    const mock = new MockClient().reply('report', { partials: ['"a"', '"b"'], final: '{"lines":2}' });
    const reports = mock.with<Services>(json);
    const reply = reports.request('report', { year: 2026 });
    expect(await reply.receivePart()).toBe('a');
    await expect(reply).rejects.toMatchObject({ code: 'MDP_INVALID_STATE' });
    expect(await all(reply)).toEqual(['b', { lines: 2 }]);
    const awaited = reports.request('report', { year: 2026 });
    await awaited;
    await expect(awaited.receivePart()).rejects.toMatchObject({ code: 'MDP_INVALID_STATE' });
  });
});

describe('schemas', () => {
  const contract = {
    resize: { request: z.object({ url: z.url() }), reply: z.object({ width: z.number(), at: z.coerce.date() }) },
    count: { request: v.number(), partial: v.number(), reply: v.pipe(v.string(), v.minLength(3)) },
    later: { reply: z.string().refine(async (name) => Promise.resolve(name === 'known'), 'not known') },
  };

  test('give what they make of a reply', async () => {
    const mock = new MockClient().reply('resize', '{"width":2,"at":"2026-01-01T00:00:00.000Z","secret":1}');
    const reply = await mock.with(json, contract).request('resize', { url: 'https://a.example' });
    expect(reply).toEqual({ width: 2, at: new Date('2026-01-01') });
  });

  test('of Zod refuse a reply, and say why', async () => {
    const mock = new MockClient().reply('resize', '{"width":"2"}');
    const reply = mock.with(json, contract).request('resize', { url: '' });
    const error = await reply.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ ...MALFORMED, service: 'resize' });
    expect((error as PayloadError).issues.map(({ path }) => path)).toEqual([['width'], ['at']]);
    expect((error as Error).message).toMatch(/^the reply of "resize" is not valid: width: .+; at: /);
  });

  test('of Valibot refuse a PARTIAL by its own schema, and the FINAL by its own', async () => {
    const mock = new MockClient().reply('count', { partials: ['1', '2'], final: '"end"' });
    const counting = mock.with(json, contract);
    expect(await all(counting.request('count', 2))).toEqual([1, 2, 'end']);
    mock.reply('count', { partials: ['"one"'], final: '"end"' });
    await expect(all(counting.request('count', 2))).rejects.toMatchObject(MALFORMED);
    mock.reply('count', { partials: ['1'], final: '"e"' });
    await expect(counting.request('count', 2)).rejects.toMatchObject({ issues: [{ path: [] }] });
  });

  test('may take their time', async () => {
    const mock = new MockClient().reply('later', '"known"', '"odd"');
    const names = mock.with(json, contract);
    expect(await names.request('later')).toBe('known');
    await expect(names.request('later')).rejects.toMatchObject({ ...MALFORMED, issues: [{ message: 'not known' }] });
  });

  test('that throw are MDP_PAYLOAD, too', async () => {
    const broken = z.number().transform(() => {
      throw new RangeError('a bug');
    });
    const reply = new MockClient()
      .reply('s', '1')
      .with(json, { s: { reply: broken } })
      .request('s');
    await expect(reply).rejects.toMatchObject({ ...MALFORMED, cause: expect.any(RangeError) });
  });

  test('are for services of the contract only', () => {
    const misspelt = 'resiez' as 'resize';
    const call = (): unknown => new MockClient().with(json, contract).request(misspelt, { url: '' });
    expect(call).toThrow(/service: got "resiez".*did you mean "resize"\?/);
    expect(() => new MockClient().with(json, { s: { reply: {} as never } })).toThrow(/contract\.s\.reply/);
  });
});

test('MessagePack is a codec in two lines', async () => {
  const msgpack: Codec = { encode: (value) => encode(value), decode: ([frame]) => decode(frame) };
  const mock = new MockClient().reply('sum', ({ body: [frame = bytes('')] }) => {
    const { terms } = decode(frame) as { terms: number[] };
    return encode({ sum: terms.reduce((a, b) => a + b), bytes: Uint8Array.of(1) });
  });
  const services = mock.with<{ sum: { request: { terms: number[] }; reply: { sum: number; bytes: Uint8Array } } }>(
    msgpack,
  );
  expect(await services.request('sum', { terms: [1, 2] })).toEqual({ sum: 3, bytes: Uint8Array.of(1) });
  mock.reply('sum', Uint8Array.of(0xc1));
  await expect(services.request('sum', { terms: [] })).rejects.toMatchObject(MALFORMED);
});

test('a codec may have a type for each body, as Protocol Buffers have', async () => {
  const types = {
    double: { request: (n: unknown) => `n=${String(n)}`, reply: (words = '') => Number(words.slice(2)) },
  };
  const codec: Codec = {
    encode: (value, { service }) => types[service as 'double'].request(value),
    decode: ([frame], { service }) => types[service as 'double'].reply(text(frame)),
  };
  const mock = new MockClient().reply('double', 'm=4');
  expect(await mock.with(codec).request('double', 2)).toBe(4);
  expect(mock.requests[0]?.body.map((frame) => text(frame))).toEqual(['n=2']);
});

// Never called: the compiler is the test, which complains of a line below `@ts-expect-error` that is right.
export function types(): unknown[] {
  const numbers = { half: { request: z.number().default(2), reply: z.coerce.date() }, any: {} };
  const mock = new MockClient();
  const services = mock.with<Services>(json);
  const halves = mock.with(json, numbers);

  /** The types of what is given are compared; nothing runs. */
  const same = <A>(...values: A[]): unknown => values;

  return [
    () => services.request('resize', { url: 'u', width: 1 }),
    () => services.request('now'),
    () => services.request('now', undefined, { timeoutMs: 1 }),
    () => services.request('resize', { url: 'u', width: 1 }).then((reply) => same<number>(reply.width, reply.height)),
    // @ts-expect-error -- there is no such service
    () => services.request('resiez', { url: 'u', width: 1 }),
    // @ts-expect-error -- the width is missing
    () => services.request('resize', { url: 'u' }),
    // @ts-expect-error -- a value is needed
    () => services.request('resize'),
    // @ts-expect-error -- a number is no request
    () => services.request('log', 5),
    // @ts-expect-error -- there is no such option
    () => services.request('now', undefined, { timeout: 1 }),
    // @ts-expect-error -- the reply has no depth
    () => services.request('resize', { url: 'u', width: 1 }).then((reply) => Number(reply.depth)),
    // @ts-expect-error -- a service takes a request and gives a reply
    () => mock.with<{ half: { request: number } }>(json),
    // The request has a default, so it may be left out; the reply is what the schema makes of it.
    () => halves.request('half').then((date) => same<Date>(date)),
    // @ts-expect-error -- a text is no number
    () => halves.request('half', 'x'),
    () => halves.request('any', 'x').then((value) => same<unknown>(value)),
    async () => {
      for await (const part of services.request('report', { year: 1 })) same<string | { lines: number }>(part);
      for await (const line of services.request('log', 'x')) same<string>(line);
    },
    async () => {
      same<string | { lines: number } | undefined>(await services.request('report', { year: 1 }).receivePart());
      // @ts-expect-error -- after the FINAL there is nothing
      same<number>(await services.request('now').receivePart());
    },
    // @ts-expect-error -- nothing is known of what has no schema
    () => halves.request('any', 'x').then((value) => Number(value.length)),
  ];
}
