// SPDX-License-Identifier: Apache-2.0
// payload-codec - how a program's own values become the frames of a body, and frames become values again

import { ArgumentError } from './errors.js';
import type { Frame, FrameLike } from './frame.js';
import { text } from './frame.js';

/** What a body is: that of a REQUEST, of a PARTIAL, or of the FINAL. */
export type PayloadKind = 'request' | 'partial' | 'reply';

/** Whose body it is: for codecs that have a type for each. */
export interface CodecContext {
  /** The service that is asked, or that replies. */
  readonly service: string;
  /** Which of its bodies this is. */
  readonly kind: PayloadKind;
}

/**
 * Turns values into frames, and frames into values. Both sides must have the same one.
 *
 * ```ts
 * import { decode, encode } from '@msgpack/msgpack';
 * const msgpack: Codec = { encode: (value) => encode(value), decode: ([frame]) => decode(frame) };
 * ```
 *
 * Either function may throw: what it throws becomes the `cause` of an error that says whose fault it is.
 */
export interface Codec {
  /**
   * @param value - what the caller gave; `undefined` where there is nothing to say
   * @param context - whose body it is
   * @returns one frame, or several; strings are sent as UTF-8
   */
  encode(value: unknown, context: CodecContext): FrameLike | readonly FrameLike[];
  /**
   * @param frames - a body as it came, from anybody: nothing is known of it. One frame or more, an empty body is one empty
   * frame
   * @param context - whose body it is
   */
  decode(frames: readonly [Frame, ...Frame[]], context: CodecContext): unknown;
}

/** {@link json}, which needs not be told whose body it is. */
export interface JsonCodec extends Codec {
  /** One frame of JSON; an empty one for `undefined`. Throws TypeError for what JSON cannot say: a BigInt, a circle, a function. */
  readonly encode: (value: unknown) => string;
  /**
   * The value of one frame of JSON; an empty one is `undefined`. Throws TypeError for more than one frame and for bytes that
   * are no UTF-8, SyntaxError for text that is no JSON.
   */
  readonly decode: (frames: readonly Frame[]) => unknown;
}

/** Bodies of one frame of JSON in UTF-8. `undefined`, which JSON cannot say, is an empty frame. */
export const json: JsonCodec = {
  encode: (value) => {
    if (value === undefined) return '';
    // For a function or a symbol there is no text, whatever the declared type says.
    const words = JSON.stringify(value) as string | undefined;
    if (words === undefined) throw new TypeError(`JSON cannot say a ${typeof value}`);
    return words;
  },
  decode: (frames) => {
    const [frame] = frames;
    if (frames.length > 1) throw new TypeError(`JSON is one frame, not ${String(frames.length)}`);
    if (frame === undefined || frame.length === 0) return undefined;
    const words = text(frame);
    if (words === undefined) throw new TypeError('the bytes are no UTF-8');
    return JSON.parse(words) as unknown;
  },
};

/**
 * See that a caller's codec is one.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`
 */
export function checkCodec(codec: Codec): void {
  const given = codec as Partial<Codec> | null | undefined;
  if (typeof given?.encode !== 'function' || typeof given.decode !== 'function') {
    throw new ArgumentError('codec', codec, 'an object with the functions encode and decode, like json');
  }
}
