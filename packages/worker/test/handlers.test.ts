// SPDX-License-Identifier: Apache-2.0
// handlers.test - handlers of values, as the worker calls them: with a request, for frames

import { describe, expect, test } from '@jest/globals';
import { decode, encode } from '@msgpack/msgpack';
import { Readable } from 'node:stream';
import * as v from 'valibot';
import { z } from 'zod';
import type { Body, Codec, Handlers, Reply, ReplyStream, WorkerRequest } from '../src/index.js';
import { bytes, handlers, json } from '../src/index.js';

interface Services {
  resize: { request: { url: string; width: number }; reply: { width: number; height: number } };
  report: { request: { year: number }; partial: string; reply: { lines: number } };
  log: { request: string; partial: string; reply: void };
  now: { request: void; reply: number };
}

function requestOf(service: string, ...body: (string | Uint8Array)[]): WorkerRequest {
  const [first = bytes(''), ...rest] = body.map((frame) => (typeof frame === 'string' ? bytes(frame) : frame));
  return { body: [first, ...rest], service } as Partial<WorkerRequest> as WorkerRequest;
}

/** Call the handler of a service as the worker does. */
async function call(made: Handlers, service: string, ...body: (string | Uint8Array)[]): Promise<Reply | ReplyStream> {
  const request = requestOf(service, ...body);
  return made[service]?.(request, request);
}

/** The PARTIALs and the FINAL. */
async function stream(made: Handlers, service: string, ...body: string[]): Promise<[Body[], Reply]> {
  const parts = (await call(made, service, ...body)) as AsyncGenerator<Body, Reply, undefined>;
  const partials: Body[] = [];
  for (;;) {
    const step = await parts.next();
    if (step.done === true) return [partials, step.value];
    partials.push(step.value);
  }
}

describe('a handler', () => {
  test('gets the value and the request, and what it returns is encoded', async () => {
    const made = handlers<Pick<Services, 'resize'>>(json, {
      resize: ({ url, width }, request) => ({ width, height: url.length + request.service.length }),
    });
    expect(Object.keys(made)).toEqual(['resize']);
    expect(await call(made, 'resize', '{"url":"abc","width":2}')).toBe('{"width":2,"height":9}');
  });

  test('may return a promise, and get and return nothing', async () => {
    const made = handlers<{ ping: { request: void; reply: void } }>(json, {
      ping: async (value) => {
        expect(value).toBeUndefined();
      },
    });
    expect(await call(made, 'ping', '')).toBe('');
  });

  test('may be a generator: each part when it is asked for', async () => {
    let asked = 0;
    const made = handlers<Pick<Services, 'report' | 'log'>>(json, {
      report: async function* ({ year }) {
        asked++;
        yield `January ${String(year)}`;
        asked++;
        yield await Promise.resolve('February');
        return { lines: 2 };
      },
      log: function* (line) {
        yield line;
      },
    });
    expect(await stream(made, 'report', '{"year":2026}')).toEqual([['"January 2026"', '"February"'], '{"lines":2}']);
    expect(await stream(made, 'log', '"x"')).toEqual([['"x"'], '']);
    asked = 0;
    const parts = (await call(made, 'report', '{"year":1}')) as AsyncGenerator<Body, Reply, undefined>;
    await parts.next();
    expect(asked).toBe(1);
  });

  test('may return something to iterate over', async () => {
    const made = handlers<Pick<Services, 'log'>>(json, { log: (line) => Readable.from([line, line]) });
    expect(await stream(made, 'log', '"x"')).toEqual([['"x"', '"x"'], '']);
  });

  test('that streams runs its finally when it is broken off, and when a part cannot be sent', async () => {
    const seen: string[] = [];
    const made = handlers<{ s: { request: unknown; partial: unknown; reply: void } }>(json, {
      s: async function* (value) {
        try {
          yield value;
          yield 5n;
        } finally {
          seen.push('finally');
        }
      },
    });
    const parts = (await call(made, 's', '1')) as AsyncGenerator<Body, Reply, undefined>;
    await parts.next();
    await parts.return(undefined);
    expect(seen).toEqual(['finally']);
    await expect(stream(made, 's', '1')).rejects.toMatchObject({
      code: 'MDP_PAYLOAD',
      message: expect.stringMatching(/^the partial of "s" cannot be encoded: .*BigInt/),
    });
    expect(seen).toEqual(['finally', 'finally']);
  });

  test('fails with what it throws, also between parts', async () => {
    const made = handlers(json, {
      thrower: () => {
        throw new RangeError('its own');
      },
      streamer: function* () {
        yield 1;
        throw new RangeError('its own');
      },
    });
    await expect(call(made, 'thrower', '')).rejects.toThrow(RangeError);
    await expect(stream(made, 'streamer', '')).rejects.toThrow(RangeError);
  });

  test.each<[string, string[]]>([
    ['is no JSON', ['hello']],
    ['has two frames', ['1', '2']],
  ])('is not called when the request %s: status 400', async (_, body) => {
    const made = handlers<Pick<Services, 'log'>>(json, {
      log: () => {
        throw new Error('it was called');
      },
    });
    await expect(call(made, 'log', ...body)).rejects.toMatchObject({
      code: 'MDP_REMOTE',
      status: 400,
      message: expect.stringMatching(/^the request of "log" cannot be read: /),
      cause: expect.objectContaining({ code: 'MDP_PAYLOAD' }),
    });
  });
});

describe('schemas', () => {
  const contract = {
    resize: {
      request: z.object({ url: z.string(), width: z.coerce.number().int().default(200) }),
      reply: z.object({ width: z.number() }),
    },
    count: { request: v.pipe(v.number(), v.maxValue(3)), partial: v.number(), reply: v.string() },
    later: { request: z.string().refine(async (name) => Promise.resolve(name === 'known'), 'not known') },
  };
  const made = handlers(json, contract, {
    resize: ({ url, width }) => {
      const row = { width: url === 'odd' ? (url as never) : width, password: 'secret' };
      return row;
    },
    count: async function* (to) {
      for (let i = 1; i <= to; i++) yield i === 3 ? ('three' as never) : i;
      return 'end';
    },
    later: (name) => name.length,
  });

  test('give the handler what they make of the request, and the client what they make of the reply', async () => {
    expect(await call(made, 'resize', '{"url":"a"}')).toBe('{"width":200}');
    expect(await call(made, 'resize', '{"url":"a","width":"7"}')).toBe('{"width":7}');
    expect(await stream(made, 'count', '2')).toEqual([['1', '2'], '"end"']);
  });

  test('refuse a request with 400, and say why', async () => {
    const refused = call(made, 'resize', '{"url":1,"width":1.5}');
    await expect(refused).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(/^the request of "resize" is not valid: url: .+; width: .+/),
      cause: { code: 'MDP_PAYLOAD', issues: [{ path: ['url'] }, { path: ['width'] }] },
    });
    await expect(call(made, 'count', '4')).rejects.toMatchObject({ status: 400 });
  });

  test('may take their time', async () => {
    expect(await call(made, 'later', '"known"')).toBe('5');
    await expect(call(made, 'later', '"odd"')).rejects.toMatchObject({
      status: 400,
      message: 'the request of "later" is not valid: not known',
    });
  });

  test('refuse what the handler says, which is its own fault and no 400', async () => {
    await expect(call(made, 'resize', '{"url":"odd"}')).rejects.toMatchObject({
      code: 'MDP_PAYLOAD',
      message: expect.stringMatching(/^the reply of "resize" is not valid: width: /),
    });
    await expect(stream(made, 'count', '3')).rejects.toMatchObject({
      code: 'MDP_PAYLOAD',
      message: expect.stringMatching(/^the partial of "count" is not valid: /),
    });
  });

  test('that throw are the fault of the worker', async () => {
    const broken = z.number().transform(() => {
      throw new RangeError('a bug');
    });
    await expect(call(handlers(json, { s: { request: broken } }, { s: () => 1 }), 's', '1')).rejects.toThrow(
      RangeError,
    );
  });
});

describe('what is no codec, contract or handler', () => {
  test.each<[string, () => unknown, string]>([
    ['codec', () => handlers({} as Codec, {}), 'codec'],
    ['contract', () => handlers(json, { s: { reply: {} as z.ZodNumber } }, { s: () => 1 }), 'contract.s.reply'],
    ['service of the contract', () => handlers(json, {}, { s: () => 1 } as object), 'service'],
    ['object', () => handlers(json, null as never), 'handlers'],
    ['function', () => handlers(json, { s: 5 as never }), 'handlers.s'],
  ])('is refused: no %s', (_, make, argument) => {
    expect(make).toThrow(expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT', argument }));
  });
});

test('MessagePack is a codec in two lines', async () => {
  const msgpack: Codec = { encode: (value) => encode(value), decode: ([frame]) => decode(frame) };
  const made = handlers<{ sum: { request: number[]; reply: { sum: number } } }>(msgpack, {
    sum: (terms) => ({ sum: terms.reduce((a, b) => a + b) }),
  });
  expect(decode((await call(made, 'sum', encode([1, 2]))) as Uint8Array)).toEqual({ sum: 3 });
  await expect(call(made, 'sum', Uint8Array.of(0xc1))).rejects.toMatchObject({ status: 400 });
});

// Never called: the compiler is the test, which complains of a line below `@ts-expect-error` that is right.
export function types(): unknown[] {
  const dates = { half: { request: z.coerce.date(), reply: z.coerce.number() } };
  type Now = Pick<Services, 'now'>;

  return [
    () => handlers<Now>(json, { now: () => 5 }),
    () => handlers<Now>(json, { now: async () => Promise.resolve(5) }),
    // @ts-expect-error -- a text is no reply
    () => handlers<Now>(json, { now: () => 'five' }),
    // @ts-expect-error -- a handler is missing
    () => handlers<Now>(json, {}),
    // @ts-expect-error -- there is no such service
    () => handlers<Now>(json, { now: () => 5, nwo: () => 5 }),
    // @ts-expect-error -- this service has no PARTIALs
    () => handlers<Now>(json, { now: async function* () { yield 1; return 5; } }), // prettier-ignore
    // @ts-expect-error -- the request is a text
    () => handlers<Pick<Services, 'log'>>(json, { log: (line) => void line.toFixed }),
    // @ts-expect-error -- a stream without a FINAL of its own suits a service that replies with nothing
    () => handlers<Pick<Services, 'report'>>(json, { report: () => Readable.from(['a']) }),
    // A handler gets what the schema makes of the request, and may give all that the schema takes.
    () => handlers(json, dates, { half: (date) => date.getTime() / 2 }),
    () => handlers(json, dates, { half: (date) => String(date.getTime() / 2) }),
    // @ts-expect-error -- a Date has no length
    () => handlers(json, dates, { half: (date) => Number(date.length) }),
  ];
}
