// SPDX-License-Identifier: Apache-2.0
// frame - what one ZeroMQ frame is here, and how a caller's value becomes one

import { ArgumentError } from './errors.js';

/** The bytes of one ZeroMQ frame. A Node.js `Buffer` is one. */
export type Frame = Uint8Array;

/** What callers may give for a frame: bytes, or a string that is sent as UTF-8. */
export type FrameLike = Uint8Array | string;

/** A frame without bytes: the envelope delimiter. */
export const EMPTY_FRAME: Frame = new Uint8Array(0);

const encoder = new TextEncoder();
// A byte order mark is a part of the text like any other: were it taken off, two frames would read as one name.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The UTF-8 bytes of a string; a surrogate without its other half becomes U+FFFD, as everywhere on the web. */
export function bytes(text: string): Frame {
  return encoder.encode(text);
}

/**
 * The text of a frame that holds UTF-8.
 *
 * @returns the text, or `undefined` when the bytes are not UTF-8
 */
export function text(frame: Frame): string | undefined {
  try {
    return decoder.decode(frame);
  } catch {
    // The only thing that a fatal decoder throws for is bytes that are no UTF-8: that is the answer.
    return undefined;
  }
}

/** Whether `value` is a `Uint8Array`, from this realm or from another. */
export function isFrame(value: unknown): value is Frame {
  return (
    value instanceof Uint8Array ||
    (ArrayBuffer.isView(value) && (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === 'Uint8Array')
  );
}

/**
 * Turn a caller's body into frames. Strings become UTF-8, bytes are taken as they are and not copied: they must not be
 * written to before the request has ended.
 *
 * The ZeroMQ binding would silently send `undefined` and numbers as text; here they are refused.
 *
 * @param body - one frame, or an array of frames
 * @param what - the name of the argument, for the error
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when it is anything else
 */
export function toFrames(body: FrameLike | readonly FrameLike[], what: string): Frame[] {
  if (typeof body === 'string') return [bytes(body)];
  if (isFrame(body)) return [body];
  if (!Array.isArray(body)) throw new ArgumentError(what, body, 'a string, a Uint8Array, or an array of these');
  // A copy has room for what it holds, and no more: a request may wait long.
  const frames = body.slice() as Frame[];
  for (let i = 0; i < frames.length; i++) {
    const part: unknown = frames[i];
    if (typeof part === 'string') frames[i] = bytes(part);
    else if (!isFrame(part)) throw new ArgumentError(`${what}[${String(i)}]`, part, 'a string or a Uint8Array');
  }
  return frames;
}

/** Whether two frames hold the same bytes. */
export function sameFrame(a: Frame, b: Frame): boolean {
  const length = a.length;
  if (length !== b.length) return false;
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The bytes in a list of frames, all together. */
export function byteLength(frames: readonly Frame[]): number {
  let sum = 0;
  for (const frame of frames) sum += frame.length;
  return sum;
}

/**
 * ZeroMQ reads into arenas of so many bytes. A frame that fits into one is a part of it and keeps all of it alive, but looks
 * as if it had memory of its own.
 */
const ARENA_BYTES = 8192;

/** Frames of up to so many bytes are copied out of the arena when they are received. */
const COPIED_BYTES = 128;

/**
 * A frame that keeps no more memory alive than it holds: one that may be part of an arena of ZeroMQ is copied, and a view of
 * less than half of its memory, of an MX message for instance.
 */
export function ownFrame(frame: Frame): Frame {
  const { byteLength: length, buffer } = frame;
  const shares = length * 2 < buffer.byteLength || (length > COPIED_BYTES && length <= ARENA_BYTES);
  // A Buffer's own slice() would be a view again.
  return shares ? Uint8Array.prototype.slice.call(frame) : frame;
}

/**
 * Frames that keep no more memory alive than they hold: those of 129 to 8,192 bytes are copied, which may be parts of an arena of
 * ZeroMQ, and views of less than half of their memory, of an MX message for instance.
 */
export function ownFrames(frames: readonly Frame[]): Frame[] {
  return frames.map(ownFrame);
}
