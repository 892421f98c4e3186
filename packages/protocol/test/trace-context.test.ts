// SPDX-License-Identifier: Apache-2.0
// trace-context.test - what is a trace context, as W3C writes it, and what a peer may make of it

import { describe, expect, test } from '@jest/globals';
import type { TraceContext } from '@mdp/protocol';
import {
  MX_MAX_TRACE_BYTES,
  TRACE_HEADER,
  bytes,
  decodeTraceContext,
  encodeTraceContext,
  encodeTraceFrame,
  isTraceFrame,
  text,
} from '@mdp/protocol';
import { check } from '@mdp/testkit/fuzz';
import fc from 'fast-check';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const traceparent = `00-${TRACE}-${PARENT}-01`;

const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const contexts = fc.record(
  {
    traceparent: fc
      .tuple(digits(31), digits(15), digits(2))
      .map(([trace, parent, flags]) => `00-1${trace}-1${parent}-${flags}`),
    tracestate: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 900 }),
  },
  { requiredKeys: ['traceparent'] },
);

describe('there and back', () => {
  test('whatever it says', () => {
    check(
      fc.property(contexts, (context) => {
        expect(decodeTraceContext(encodeTraceContext(context))).toEqual(context);
      }),
    );
  });

  test('as text: the traceparent, and the tracestate on a line of its own', () => {
    expect(text(encodeTraceContext({ traceparent }))).toBe(traceparent);
    expect(text(encodeTraceContext({ traceparent, tracestate: 'a=1,b=2' }))).toBe(`${traceparent}\na=1,b=2`);
    expect(text(encodeTraceContext({ traceparent, tracestate: '' }))).toBe(traceparent);
  });

  test('in a frame of its own', () => {
    const frame = encodeTraceFrame({ traceparent });
    expect(isTraceFrame(frame)).toBe(true);
    expect(decodeTraceContext(frame.subarray(TRACE_HEADER.length))).toEqual({ traceparent });
    for (const other of ['', 'MDPT01', 'MDPT02x', traceparent]) expect(isTraceFrame(bytes(other))).toBe(false);
  });

  test('what a later version adds behind another dash', () => {
    const later = `cc-${TRACE}-${PARENT}-01-what the future brings`;
    expect(decodeTraceContext(encodeTraceContext({ traceparent: later }))).toEqual({ traceparent: later });
  });
});

const NONE = [
  '',
  'x',
  `00-${TRACE}-${PARENT}`,
  `00-${TRACE}-${PARENT}-01-more`,
  `00-${'0'.repeat(32)}-${PARENT}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `ff-${TRACE}-${PARENT}-01`,
  `00-${TRACE.toUpperCase()}-${PARENT}-01`,
  `00-${TRACE}-${PARENT}-0g`,
  ` ${traceparent}`,
  `cc-${TRACE}-${PARENT}-01\u0007`,
];

describe('what is none', () => {
  test.each(NONE)('%j', (given) => {
    expect(decodeTraceContext(bytes(given))).toBeUndefined();
    expect(() => encodeTraceContext({ traceparent: given })).toThrow('trace.traceparent: got');
  });

  test.each<[TraceContext, string]>([
    [{ traceparent: 1 as unknown as string }, 'trace.traceparent: got 1'],
    [{ traceparent, tracestate: 'a\nb' }, 'trace.tracestate: got'],
    [{ traceparent, tracestate: 'ä' }, 'allowed is printable ASCII'],
    [{ traceparent, tracestate: 1 as unknown as string }, 'trace.tracestate: got 1'],
    [{ traceparent, tracestate: 'x'.repeat(MX_MAX_TRACE_BYTES - 55) }, 'allowed is up to 1023 characters in all'],
  ])('a caller is told', (context, message) => {
    expect(() => encodeTraceContext(context)).toThrow(message);
  });

  test('a tracestate that is none is left out; the trace stays', () => {
    for (const state of ['', 'a\u0000', 'a\nb', 'ä']) {
      expect(decodeTraceContext(bytes(`${traceparent}\n${state}`))).toEqual({ traceparent });
    }
  });

  test('too long, or no UTF-8', () => {
    expect(decodeTraceContext(bytes(`${traceparent}\n${'x'.repeat(MX_MAX_TRACE_BYTES - 55)}`))).toBeUndefined();
    expect(decodeTraceContext(Uint8Array.of(0xff, 0xfe))).toBeUndefined();
  });

  test('whatever comes', () => {
    check(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (given) => {
        const context = decodeTraceContext(given);
        if (context !== undefined) expect(decodeTraceContext(encodeTraceContext(context))).toEqual(context);
      }),
    );
  });
});
