// SPDX-License-Identifier: Apache-2.0
// packed - frames that wait, in the form that keeps least alive and is least work for the garbage collector

import type { Frame } from '@mdp/protocol';
import { ownFrame } from '@mdp/protocol/internal';

/** The longest frame that becomes a string, in bytes: strings lie in the heap of JavaScript, which has a limit of its own. */
const PACKED_BYTES = 1024;

/**
 * A frame that waits: a short one as a string, with one character for each byte.
 *
 * A Buffer is two objects and several pieces of memory outside of the heap, or holds on to a whole arena of ZeroMQ. With
 * thousands of them waiting, collecting them one by one and the gaps that they leave there cost more than everything
 * else that is done for a request. A string is one object, and the Buffer goes with all else that came with it.
 */
export type PackedFrame = Frame | string;

/** A frame, so that it keeps no more memory alive than it needs. */
export function pack(frame: PackedFrame): PackedFrame {
  if (typeof frame === 'string') return frame;
  return frame.length > PACKED_BYTES ? ownFrame(frame) : frameText(frame);
}

/** The frame again, whether it was packed or not. */
export function unpack(frame: PackedFrame): Frame {
  return typeof frame === 'string' ? Buffer.from(frame, 'latin1') : frame;
}

/**
 * The bytes of a frame as a string. `Buffer.latin1Slice` is by far the quickest way, and every frame from ZeroMQ is a
 * Buffer. A string that is put together byte by byte takes some 30 bytes for each, for as long as it is kept.
 */
export function frameText(frame: Frame): string {
  const buffer = frame as Frame & { latin1Slice?: (start: number, end: number) => string };
  if (buffer.latin1Slice !== undefined) return buffer.latin1Slice(0, frame.length);
  return String.fromCharCode(...frame);
}
