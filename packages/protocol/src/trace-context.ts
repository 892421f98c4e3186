// SPDX-License-Identifier: Apache-2.0
// trace-context - the trace that a request belongs to, as W3C Trace Context writes it, and how it travels

import { ArgumentError } from './errors.js';
import type { Frame } from './frame.js';
import { bytes, text } from './frame.js';
import { MX_MAX_TRACE_BYTES } from './mx.js';

/**
 * The trace that a request belongs to: the values of the two headers of W3C Trace Context
 * (https://www.w3.org/TR/trace-context/).
 */
export interface TraceContext {
  /** `00-<trace id, 32 hex digits>-<parent id, 16 hex digits>-<flags, 2 hex digits>`, or what a later version adds to that. */
  readonly traceparent: string;
  /** What tracing systems add of their own: printable ASCII, so that both together have at most 1,023 characters. */
  readonly tracestate?: string | undefined;
}

/** How a body frame begins that carries a {@link TraceContext} where the wire has no place for one: in front of the others. */
export const TRACE_HEADER: Frame = bytes('MDPT01');

/** Version 00, and what later ones may be: the four parts, and more behind another dash. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-[ -~]*)?$/;

/** Printable, and not empty. */
const TRACESTATE = /^[ -~]+$/;

function isTraceparent(value: unknown): value is string {
  return typeof value === 'string' && TRACEPARENT.test(value) && (value.length === 55 || !value.startsWith('00'));
}

/**
 * The bytes of a {@link TraceContext}: its traceparent, and behind a line feed its tracestate if it has one. They are the
 * trace of an {@link MxIdentity}, and what follows {@link TRACE_HEADER} in a body frame.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when it is none, or longer than {@link MX_MAX_TRACE_BYTES}
 */
export function encodeTraceContext({ traceparent, tracestate = '' }: TraceContext): Frame {
  if (!isTraceparent(traceparent)) {
    throw new ArgumentError(
      'trace.traceparent',
      traceparent,
      'a traceparent of W3C Trace Context: 00-<32 hex>-<16 hex>-<2 hex>',
    );
  }
  if (tracestate !== '' && (typeof tracestate !== 'string' || !TRACESTATE.test(tracestate))) {
    throw new ArgumentError('trace.tracestate', tracestate, 'printable ASCII');
  }
  const whole = tracestate === '' ? traceparent : `${traceparent}\n${tracestate}`;
  if (whole.length > MX_MAX_TRACE_BYTES) {
    const most = String(MX_MAX_TRACE_BYTES - 1);
    throw new ArgumentError('trace', `${String(whole.length - 1)} characters`, `up to ${most} characters in all`);
  }
  return bytes(whole);
}

/**
 * Read what {@link encodeTraceContext} wrote. Nothing throws: it comes from a peer.
 *
 * @returns `undefined` when it is none: then a new trace begins, as W3C Trace Context asks for
 */
export function decodeTraceContext(frame: Frame): TraceContext | undefined {
  if (frame.length > MX_MAX_TRACE_BYTES) return undefined;
  const whole = text(frame);
  if (whole === undefined) return undefined;
  const end = whole.indexOf('\n');
  const traceparent = end < 0 ? whole : whole.slice(0, end);
  if (!isTraceparent(traceparent)) return undefined;
  const tracestate = end < 0 ? '' : whole.slice(end + 1);
  return TRACESTATE.test(tracestate) ? { traceparent, tracestate } : { traceparent };
}

/** A body frame that carries a {@link TraceContext} where the wire has no place for one: {@link TRACE_HEADER}, and its bytes. */
export function encodeTraceFrame(context: TraceContext): Frame {
  const trace = encodeTraceContext(context);
  const frame = new Uint8Array(TRACE_HEADER.length + trace.length);
  frame.set(TRACE_HEADER);
  frame.set(trace, TRACE_HEADER.length);
  return frame;
}

/** Whether a body frame is one that {@link encodeTraceFrame} wrote, going by how it begins. */
export function isTraceFrame(frame: Frame): boolean {
  if (frame.length <= TRACE_HEADER.length) return false;
  for (let i = 0; i < TRACE_HEADER.length; i++) if (frame[i] !== TRACE_HEADER[i]) return false;
  return true;
}
