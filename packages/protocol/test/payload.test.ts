// SPDX-License-Identifier: Apache-2.0
// payload.test - bodies through a codec and past a schema, and contracts of such schemas

import { describe, expect, test } from '@jest/globals';
import type { Codec, Contract, StandardSchemaIssue, StandardSchemaResult, StandardSchemaV1 } from '@mdp/protocol';
import { PayloadError, bytes, json } from '@mdp/protocol';
import {
  ServedPayloads,
  checkContract,
  isStandardSchema,
  readPayload,
  schemaFor,
  validate,
  writePayload,
} from '@mdp/protocol/internal';

const context = { service: 'resize', kind: 'request' } as const;

/** A schema by hand. */
function schema(
  judge: (value: unknown) => StandardSchemaResult<unknown> | Promise<StandardSchemaResult<unknown>>,
): StandardSchemaV1 {
  return { '~standard': { version: 1, vendor: 'test', validate: judge } };
}

const refusing = (...issues: StandardSchemaIssue[]): StandardSchemaV1 => schema(() => ({ issues }));

/** What was thrown. */
async function failure(promise: Promise<unknown>): Promise<PayloadError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(PayloadError);
  return error as PayloadError;
}

describe('a body that is read', () => {
  test('is what the codec reads', async () => {
    expect(await readPayload(json, undefined, [bytes('{"a":1}')], context)).toEqual({ a: 1 });
  });

  test('has one frame at least, and its context, for the codec', async () => {
    const codec: Codec = { encode: () => '', decode: (...args) => args };
    expect(await readPayload(codec, undefined, [], context)).toEqual([[new Uint8Array(0)], context]);
  });

  test('is what the schema makes of it, at once or later', async () => {
    const double = (value: unknown): { value: number } => ({ value: Number(value) * 2 });
    expect(await readPayload(json, schema(double), [bytes('2')], context)).toBe(4);
    const later = schema(async (value) => Promise.resolve(double(value)));
    expect(await readPayload(json, later, [bytes('3')], context)).toBe(6);
  });

  test('fails with the cause when the codec cannot read it', async () => {
    const error = await failure(readPayload(json, undefined, [bytes('1'), bytes('2')], context));
    expect(error).toMatchObject({ code: 'MDP_PAYLOAD', service: 'resize', issues: [] });
    expect(error.message).toBe('the request of "resize" cannot be read: JSON is one frame, not 2');
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  test('lets through what a schema throws that should not throw', async () => {
    const broken = schema(() => {
      throw new RangeError('a bug');
    });
    await expect(readPayload(json, broken, [bytes('1')], context)).rejects.toThrow(RangeError);
  });
});

describe('a value that is written', () => {
  test('is what the codec makes of it', () => {
    expect(writePayload(json, { a: 1 }, { ...context, kind: 'reply' })).toBe('{"a":1}');
  });

  test('fails with the cause when the codec cannot', () => {
    expect(() => writePayload(json, 1n, { ...context, kind: 'reply' })).toThrow(
      expect.objectContaining({
        code: 'MDP_PAYLOAD',
        message: expect.stringMatching(/^the reply of "resize" cannot be encoded: .*BigInt/),
        cause: expect.any(TypeError),
      }),
    );
  });
});

describe('the issues of a schema', () => {
  test('have their paths, in one form', async () => {
    const path = ['items', 3, { key: 'name' }, 'odd key', Symbol('s')];
    const error = await failure(validate(refusing({ message: 'Required', path }, { message: 'Odd' }), 1, context));
    const [first, second] = error.issues;
    expect(first).toEqual({ message: 'Required', path: ['items', 3, 'name', 'odd key', expect.any(Symbol)] });
    expect(second).toEqual({ message: 'Odd', path: [] });
    expect(error.message).toBe(
      'the request of "resize" is not valid: items[3].name["odd key"]["Symbol(s)"]: Required; Odd',
    );
  });

  test('are all there, and the first five of them in the message', async () => {
    const issues = Array.from({ length: 7 }, (_, i) => ({ message: `no ${String(i)}` }));
    const error = await failure(validate(refusing(...issues), 1, context));
    expect(error.issues).toHaveLength(7);
    expect(error.message).toMatch(/: no 0; no 1; no 2; no 3; no 4; and 2 more$/);
  });

  test('make one line of bounded length, whatever a peer has put into them', async () => {
    const key = `a\nERROR ${'x'.repeat(10_000)}`;
    const error = await failure(validate(refusing({ message: `no\r\n${key}`, path: [key] }), 1, context));
    expect(error.message).not.toMatch(/\p{Cc}/u);
    expect(error.message.length).toBeLessThan(1_100);
  });
});

describe('a contract', () => {
  const contract: Contract = { resize: { request: refusing() }, constructor: {} };

  test('has the schema for a body, or none', () => {
    expect(schemaFor(contract, context)).toBe(contract['resize']?.request);
    expect(schemaFor(contract, { ...context, kind: 'reply' })).toBeUndefined();
    expect(schemaFor(contract, { ...context, service: 'constructor' })).toBeUndefined();
    expect(schemaFor(undefined, { ...context, service: 'anything' })).toBeUndefined();
  });

  test.each(['resiez', 'toString'])('refuses the service %s, which is not in it', (service) => {
    expect(() => schemaFor(contract, { ...context, service })).toThrow(
      expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT', argument: 'service' }),
    );
  });

  test('tells which service was meant', () => {
    expect(() => schemaFor(contract, { ...context, service: 'resiez' })).toThrow(/did you mean "resize"\?$/);
  });

  test.each<[unknown, string]>([
    [null, 'contract'],
    [{ resize: null }, 'contract.resize'],
    [{ resize: { answer: refusing() } }, 'contract.resize'],
    [{ resize: { request: {} } }, 'contract.resize.request'],
    [
      { resize: { reply: { '~standard': { version: 2, vendor: 'v', validate: () => ({}) } } } },
      'contract.resize.reply',
    ],
  ])('is refused when it is %j', (value, argument) => {
    expect(() => {
      checkContract(value as Contract);
    }).toThrow(expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT', argument }));
  });

  test('is taken with schemas that are objects or functions, and with gaps', () => {
    const callable = Object.assign(() => undefined, refusing());
    const gaps = { resize: { request: callable, reply: undefined } };
    expect(() => {
      checkContract(gaps as unknown as Contract);
    }).not.toThrow();
    expect([callable, refusing(), () => undefined, null, 'text'].map(isStandardSchema)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('payloads of a service that is served', () => {
  const even = schema((value) => (Number(value) % 2 === 0 ? { value } : { issues: [{ message: 'odd' }] }));
  const payloads = new ServedPayloads(json, { half: { request: even, partial: even, reply: even } }, 'half');

  test('are read and written', async () => {
    expect(await payloads.read([bytes('2')])).toBe(2);
    expect(await payloads.write('reply', 4)).toBe('4');
  });

  test('are the fault of the client when they cannot be read, and of this side when they cannot be written', async () => {
    await expect(payloads.read([bytes('3')])).rejects.toMatchObject({ status: 400, cause: { code: 'MDP_PAYLOAD' } });
    await expect(payloads.write('partial', 3)).rejects.toMatchObject({ code: 'MDP_PAYLOAD' });
  });

  test('are parts of a stream, which runs its finally when one cannot be written', async () => {
    let left = false;
    const steps = (function* () {
      try {
        yield 2;
        yield 3;
      } finally {
        left = true;
      }
    })();
    const parts = payloads.stream(steps);
    expect(await parts.next()).toEqual({ done: false, value: '2' });
    await expect(parts.next()).rejects.toMatchObject({ code: 'MDP_PAYLOAD' });
    expect(left).toBe(true);
  });

  test('are those of a service of the contract', () => {
    expect(() => new ServedPayloads(json, {}, 'half')).toThrow(expect.objectContaining({ argument: 'service' }));
  });
});
