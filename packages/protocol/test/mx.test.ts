// SPDX-License-Identifier: Apache-2.0
// mx.test - MX messages: every vector, there and back, whatever bytes come, and what a caller may not write

import { describe, expect, test } from '@jest/globals';
import type { Frame, MxInvalidReason, MxRecord } from '@mdp/protocol';
import {
  MX_FRAME_COST,
  MX_HEADER,
  MX_INLINE_BYTES,
  MX_INVALID_REASONS,
  MX_MAX_ATTEMPTS,
  MX_MAX_BODY_FRAMES,
  MX_MAX_KEY_BYTES,
  MX_MAX_NUMBER,
  MX_MAX_RECORDS,
  MX_MAX_TRACE_BYTES,
  MX_SHORT_FRAME_BYTES,
  byteLength,
  bytes,
  checkMxBody,
  decodeMx,
  encodeMx,
  encodeServiceName,
  findMx,
  isMxFrame,
  mxCost,
  mxInlineBytes,
  ownFrames,
} from '@mdp/protocol';
import fc from 'fast-check';
import { check } from '@mdp/testkit/fuzz';
import { anyDamage, damaged } from './support/arbitrary.js';
import { hex, mxVectors, unhex } from './support/vectors.js';

/** A record as the encoder wants it: the name as bytes. */
function toWrite(record: MxRecord): MxRecord<Frame> {
  return 'service' in record ? { ...record, service: encodeServiceName(record.service) } : record;
}

/** A record with its bytes as hex, as the vectors have it. */
function plain(record: MxRecord): object {
  if (!('body' in record)) return record;
  const body = record.body.map(hex);
  if (record.type !== 'request' || record.identity === undefined) return { ...record, body };
  const { attempts, key, trace } = record.identity;
  const identity = trace === undefined ? { attempts, key: hex(key) } : { attempts, key: hex(key), trace: hex(trace) };
  return { ...record, body, identity };
}

/** What frames decode to, as plain as a vector. */
function read(frames: readonly Frame[], start = 0): readonly object[] | MxInvalidReason {
  const found = decodeMx(frames, start);
  return found.type === 'batch' ? found.records.map(plain) : found.reason;
}

const heartbeat: MxRecord<Frame> = { type: 'heartbeat' };
const name = encodeServiceName('echo');
const repeated = { type: 'request', id: 1, deadlineMs: 0, service: name, body: [name] } as const;

describe('mx.json', () => {
  const rows = mxVectors();

  test.each(rows.map((row) => [`${row.id}: ${row.title}`, row] as const))('%s', (_, row) => {
    const frames = row.frames.map((frame) => unhex(frame.hex));
    expect(read(frames)).toEqual(row.records ?? row.invalid);
    expect(frames.map(hex)).toEqual(row.frames.map((frame) => frame.hex));
    expect(read([bytes('address'), ...frames], 1)).toEqual(row.records ?? row.invalid);
  });

  test.each(rows.filter((row) => row.canonical === true).map((row) => [row.id, row] as const))(
    'the encoder makes %s',
    (_, row) => {
      const found = decodeMx(row.frames.map((frame) => unhex(frame.hex)));
      if (found.type !== 'batch') throw new Error(found.reason);
      expect(encodeMx(found.records.map(toWrite)).map(hex)).toEqual(row.frames.map((frame) => frame.hex));
    },
  );

  test('has each command and each reason, and explains each byte', () => {
    const types = new Set(rows.flatMap((row) => row.records ?? []).map((record) => record.type));
    expect(types.size).toBe(8);
    const reasons = new Set(rows.map((row) => row.invalid));
    // What is too many for a message is too much for a vector.
    expect(MX_INVALID_REASONS.filter((reason) => !reasons.has(reason))).toEqual(['too-many']);
    const frames = rows.flatMap((row) => row.frames).filter((frame) => frame.field !== 'body');
    expect(frames.filter((frame) => (frame.bytes ?? []).map((part) => part.hex).join('') !== frame.hex)).toEqual([]);
    expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length);
  });
});

const number = fc.integer({ min: 0, max: MX_MAX_NUMBER });
const service = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 });
const frame = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .constantFrom(MX_SHORT_FRAME_BYTES + 1, MX_INLINE_BYTES, MX_INLINE_BYTES + 1)
    .map((length) => new Uint8Array(length).fill(length)),
);
const body = fc.array(frame, { minLength: 1, maxLength: 4 });
const identity = fc.record({
  attempts: fc.integer({ min: 0, max: MX_MAX_ATTEMPTS }),
  key: fc.uint8Array({ maxLength: MX_MAX_KEY_BYTES }),
  trace: fc.option(fc.uint8Array({ minLength: 1, maxLength: MX_MAX_TRACE_BYTES }), { nil: undefined }),
});
const record = fc.oneof(
  fc.record({ type: fc.constant('ready' as const), service, credit: number }),
  fc.record(
    { type: fc.constant('request' as const), id: number, deadlineMs: number, service, body, identity },
    { requiredKeys: ['type', 'id', 'deadlineMs', 'service', 'body'] },
  ),
  fc.record({ type: fc.constantFrom('partial' as const, 'final' as const), id: number, body }),
  fc.record({ type: fc.constantFrom('heartbeat' as const, 'disconnect' as const) }),
  fc.record({ type: fc.constant('cancel' as const), id: number }),
  fc.record({ type: fc.constant('credit' as const), id: number, amount: number }),
);
const records = fc.array(record, { minLength: 1, maxLength: 8 });
const smallRecord = fc.oneof(
  fc.record({ type: fc.constant('ready' as const), service, credit: number }),
  fc.record(
    {
      type: fc.constant('request' as const),
      id: number,
      deadlineMs: number,
      service,
      body: fc.array(fc.uint8Array({ maxLength: 10 }), { minLength: 1, maxLength: 3 }),
      identity,
    },
    { requiredKeys: ['type', 'id', 'deadlineMs', 'service', 'body'] },
  ),
  fc.record({ type: fc.constant('credit' as const), id: number, amount: number }),
);

describe('whatever is written or comes', () => {
  test('what is written is what is read', () => {
    check(
      fc.property(records, (given) => {
        const frames = encodeMx(given.map(toWrite));
        expect(frames[0] !== undefined && isMxFrame(frames[0])).toBe(true);
        expect(read(frames)).toEqual(given.map(plain));
      }),
    );
  });

  test('any bytes behind the header give records or a reason, and never throw', () => {
    check(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(frame, { maxLength: 3 }), (rest, apart) => {
        const found = decodeMx([Buffer.concat([MX_HEADER, rest]), ...apart]);
        if (found.type === 'invalid') expect(MX_INVALID_REASONS).toContain(found.reason);
        else expect(found.records.length).toBeGreaterThan(0);
      }),
    );
  });

  test('a message that was damaged on its way gives records or a reason, and what is read is within what came', () => {
    check(
      fc.property(records, anyDamage, (given, damages) => {
        const message = damaged(encodeMx(given.map(toWrite)), damages);
        const found = decodeMx(message);
        if (found.type === 'invalid') {
          expect(MX_INVALID_REASONS).toContain(found.reason);
          return;
        }
        const held = found.records.flatMap((each) => ('body' in each ? each.body : []));
        expect(byteLength(held)).toBeLessThan(byteLength(message));
        // What was read says all that came: written again it is read as the same.
        expect(read(encodeMx(found.records.map(toWrite)))).toEqual(found.records.map(plain));
      }),
      { runs: 300 },
    );
  });

  test('the first frame is read about once, however it is made', () => {
    /** A frame that counts how often one of its bytes is looked at. */
    function counting(of: Frame): { readonly frame: Frame; readonly seen: () => number } {
      let seen = 0;
      const frame = new Proxy(of, {
        get(target, key) {
          if (typeof key === 'string' && /^\d+$/.test(key)) seen++;
          const value = Reflect.get(target, key, target) as unknown;
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
      return { frame, seen: () => seen };
    }
    const small = fc.uint8Array({ maxLength: 200 });
    const oneFrame = fc.oneof(
      small.map((rest) => Buffer.concat([MX_HEADER, rest])),
      fc.tuple(fc.array(smallRecord, { minLength: 1, maxLength: 8 }), anyDamage).map(([given, damages]) => {
        const [first = MX_HEADER] = damaged(encodeMx(given.map(toWrite)), damages);
        return first;
      }),
    );
    check(
      fc.property(oneFrame, (first) => {
        const { frame: batch, seen } = counting(first);
        const found = decodeMx([batch]);
        // The header, each byte, and each byte of a name once more: it may be the name of the record before.
        expect(seen()).toBeLessThanOrEqual(MX_HEADER.length + 2 * first.length);
        if (found.type === 'batch') expect(found.records.length * 17).toBeLessThan(first.length);
      }),
      { runs: 500 },
    );
  });

  test.each([undefined, { attempts: 1, key: bytes('key') }, { attempts: 1, key: bytes('key'), trace: bytes('trace') }])(
    'a message that is cut anywhere is none',
    (identity) => {
      const request = {
        type: 'request',
        id: 1,
        deadlineMs: 0,
        service: name,
        body: [bytes('ab'), bytes('c')],
      } as const;
      const [first] = encodeMx([identity === undefined ? request : { ...request, identity }]);
      for (let length = 0; length < (first as Frame).length; length++) {
        expect(decodeMx([(first as Frame).subarray(0, length)]).type).toBe('invalid');
      }
      expect(decodeMx([]).type).toBe('invalid');
      expect(decodeMx([first as Frame], 1).type).toBe('invalid');
    },
  );
});

describe('bounds', () => {
  test('records', () => {
    const most = Array<MxRecord<Frame>>(MX_MAX_RECORDS).fill(heartbeat);
    const frames = encodeMx(most);
    expect(read(frames)).toHaveLength(MX_MAX_RECORDS);
    expect(() => encodeMx([...most, heartbeat])).toThrow('records: got "16385 records", allowed is 1 to 16384 records');
    const [one] = encodeMx([heartbeat]);
    expect(read([Buffer.concat([frames[0] as Frame, (one as Frame).subarray(MX_HEADER.length)])])).toBe('too-many');
  });

  test('body frames', () => {
    const half: MxRecord<Frame> = {
      type: 'final',
      id: 1,
      body: Array<Frame>(MX_MAX_BODY_FRAMES / 2).fill(new Uint8Array(0)),
    };
    const one: MxRecord<Frame> = { type: 'final', id: 2, body: [bytes('x')] };
    const [first] = encodeMx([half, half]);
    expect(read([first as Frame])).toHaveLength(2);
    expect(() => encodeMx([half, half, one])).toThrow('records: got "65537 body frames", allowed is up to 65536');
    const [rest] = encodeMx([one]);
    expect(read([Buffer.concat([first as Frame, (rest as Frame).subarray(MX_HEADER.length)])])).toBe('too-many');
  });

  test('a body frame stands apart, and is not copied, when its record had more than 64 KiB of body with it', () => {
    const short = new Uint8Array(MX_SHORT_FRAME_BYTES);
    const long = new Uint8Array(MX_SHORT_FRAME_BYTES + 1);
    const longest = new Uint8Array(MX_INLINE_BYTES - MX_SHORT_FRAME_BYTES);
    const body = [short, longest, short, long, short];
    const frames = encodeMx([{ type: 'final', id: 1, body }]);
    expect(frames).toHaveLength(2);
    expect(frames[1]).toBe(long);
    expect(mxInlineBytes(body)).toBe(byteLength(body) - long.length);
    const found = decodeMx(frames);
    if (found.type !== 'batch' || found.records[0]?.type !== 'final') throw new Error('no FINAL');
    expect(found.records[0].body).toEqual(body);
    expect(found.records[0].body[3]).toBe(long);
    // Most of the message: it is not copied either.
    expect(found.records[0].body[0]?.buffer).toBe(frames[0]?.buffer);
  });

  test('a key keeps no more alive than the body that it comes with', () => {
    const request = { type: 'request', id: 1, deadlineMs: 0, service: name } as const;
    const others = Array<MxRecord<Frame>>(20).fill({ ...request, body: [new Uint8Array(MX_SHORT_FRAME_BYTES)] });
    const whole = encodeMx([...others, { ...request, body: [name], identity: { attempts: 0, key: bytes('key') } }]);
    const found = decodeMx(whole);
    const last = found.type === 'batch' ? found.records.at(-1) : undefined;
    if (last?.type !== 'request' || last.identity === undefined) throw new Error('no identity');
    expect(Buffer.from(last.identity.key).toString()).toBe('key');
    expect(last.identity.key.buffer).toBe(last.body[0]?.buffer);
    expect(last.identity.key.buffer.byteLength).toBeLessThan(16_384);
  });
});

test('what is kept of a large message keeps no more than about 8 KiB of it alive', () => {
  const bodies = Array.from({ length: 120 }, (_, i) =>
    Array.from({ length: (i % 4) + 1 }, (__, k) => Buffer.alloc((i * 997 + k * 31) % (MX_SHORT_FRAME_BYTES + 1), i)),
  );
  const large = Buffer.from(encodeMx(bodies.map((body, id) => ({ type: 'final', id, body })))[0] as Frame);
  expect(large.length).toBeGreaterThan(200_000);
  const found = decodeMx([large]);
  if (found.type !== 'batch') throw new Error(found.reason);
  const read = found.records.map((record) => (record.type === 'final' ? record.body : []));
  expect(read).toEqual(bodies);
  for (const body of read) {
    for (const frame of body) {
      // They are Buffers where a Buffer was read, and a body lies in one piece.
      expect(Buffer.isBuffer(frame)).toBe(true);
      expect(frame.buffer.byteLength).toBeLessThanOrEqual(Math.max(8192, 4 * MX_SHORT_FRAME_BYTES));
    }
  }
});

test.each<[string, MxRecord<Frame>[], string]>([
  ['no records', [], 'records: got "0 records", allowed is 1 to 16384 records'],
  ['an id too large', [{ type: 'cancel', id: 2 ** 32 }], 'id: got 4294967296, allowed is a whole number from 0 to'],
  ['half an id', [{ type: 'cancel', id: 0.5 }], 'id: got 0.5'],
  [
    'a deadline in the past',
    [{ type: 'request', id: 1, deadlineMs: -1, service: name, body: [name] }],
    'deadlineMs: got -1',
  ],
  ['an amount that is no number', [{ type: 'credit', id: 1, amount: NaN }], 'amount: got NaN'],
  ['a credit below none', [{ type: 'ready', service: name, credit: -1 }], 'credit: got -1'],
  [
    'too many attempts',
    [{ ...repeated, identity: { attempts: 256, key: name } }],
    'identity.attempts: got 256, allowed is a whole number from 0 to 255',
  ],
  ['attempts below none', [{ ...repeated, identity: { attempts: -1, key: name } }], 'identity.attempts: got -1'],
  [
    'a key too long',
    [{ ...repeated, identity: { attempts: 0, key: new Uint8Array(65) } }],
    'allowed is a Uint8Array of up to 64 bytes',
  ],
  ...(['', 'x'.repeat(MX_MAX_TRACE_BYTES + 1)].map((trace) => [
    `a trace of ${String(trace.length)} bytes`,
    [{ ...repeated, identity: { attempts: 0, key: name, trace: bytes(trace) } }],
    'allowed is a Uint8Array of 1 to 1024 bytes',
  ]) as [string, MxRecord<Frame>[], string][]),
  [
    'text as a key',
    [{ ...repeated, identity: { attempts: 0, key: 'x' as unknown as Frame } }],
    'identity.key: got "x"',
  ],
  ['no name', [{ type: 'ready', service: new Uint8Array(0), credit: 1 }], 'allowed is 1 to 255 bytes'],
  ['a long name', [{ type: 'ready', service: new Uint8Array(256), credit: 1 }], 'allowed is 1 to 255 bytes'],
  ['no body', [{ type: 'final', id: 1, body: [] }], 'body: got "0 frames", allowed is 1 to 65535 frames'],
  [
    'text as a body',
    [{ type: 'final', id: 1, body: [name, 'x' as unknown as Frame] }],
    'body[1]: got "x", allowed is a Uint8Array',
  ],
])('the encoder refuses %s', (_, given, message) => {
  expect(() => encodeMx(given)).toThrow(message);
});

test('a header of RFC 18 is told apart by its length', () => {
  expect(isMxFrame(MX_HEADER)).toBe(false);
  expect(isMxFrame(bytes('MDPC02'))).toBe(false);
  expect(isMxFrame(bytes('MDPC02!'))).toBe(false);
  expect(isMxFrame(bytes('MDPX01!'))).toBe(true);
});

test('ownFrames copies what would keep far more memory alive than it holds', () => {
  const batch = Buffer.from(new ArrayBuffer(20_000));
  const whole = new Uint8Array(10);
  const [small, large, same] = ownFrames([batch.subarray(0, 4), batch.subarray(0, 12_000), whole]);
  expect(small).toEqual(batch.subarray(0, 4));
  expect(small?.buffer.byteLength).toBe(4);
  expect(large?.buffer).toBe(batch.buffer);
  expect(same).toBe(whole);
});

test('ownFrames copies whatever may be part of an arena of ZeroMQ, which a frame does not show', () => {
  const copied = (length: number): boolean => {
    const frame = new Uint8Array(length).fill(7);
    const [own] = ownFrames([frame]);
    expect(own).toEqual(frame);
    return own !== frame;
  };
  expect([128, 129, 8192, 8193].map(copied)).toEqual([false, true, true, false]);
});

describe('findMx', () => {
  const [batch = bytes('')] = encodeMx([heartbeat]);
  const header = bytes('MDPC02');

  test.each<readonly [string, readonly Frame[], number, number]>([
    ['at the front', [batch], 0, 0],
    ['behind a routing id', [bytes('id'), batch], 1, 1],
    ['behind proxies', [bytes('id'), bytes('hop'), bytes(''), batch], 1, 3],
    ['not the routing id itself, whatever its peer chose', [batch, header], 1, -1],
    ['not behind a strict header', [bytes('id'), header, batch], 1, -1],
    ['not behind what is no address', [bytes('id'), new Uint8Array(256), batch], 1, -1],
    ['not behind too many hops', [...Array.from({ length: 10 }, () => bytes('h')), batch], 1, -1],
    ['nowhere', [bytes('id')], 1, -1],
    ['not in no message', [], 0, -1],
  ])('%s', (_where, frames, from, at) => {
    expect(findMx(frames, from)).toBe(at);
  });
});

test('mxCost counts bytes and frames', () => {
  expect(mxCost([bytes('abc'), bytes('')])).toBe(3 + 2 * MX_FRAME_COST);
});

describe('a body that MX cannot carry', () => {
  test('is refused before it is gathered with others', () => {
    expect(() => {
      checkMxBody(Array<Frame>(65_536).fill(Buffer.alloc(0)));
    }).toThrow(expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT', argument: 'body' }));
    expect(() => {
      checkMxBody([Buffer.alloc(0), { length: 2 ** 31 } as Frame]);
    }).toThrow(expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT', argument: 'body[1]' }));
    checkMxBody(Array<Frame>(65_535).fill(Buffer.alloc(0)));
  });
});
