// SPDX-License-Identifier: Apache-2.0
// reply-form - how the parts of a reply are written: for people, for shells, for programs

import type { Frame, MdpError, RemoteError } from '@mdp/protocol';
import { text } from '@mdp/protocol';
import { printableJson, showFrame, showText } from './printable.js';

/** `text` is a line a frame, `raw` the bytes alone, `json` an object a part. */
export type ReplyForm = 'text' | 'raw' | 'json';

/** How a reply is written. */
export interface ReplyStyle {
  readonly form: ReplyForm;
  /** Whether bytes become hexadecimal digits, in `text` and `json`. */
  readonly hex: boolean;
  /** Whether it goes to a terminal: what could move the cursor is escaped then. */
  readonly terminal: boolean;
}

const NEWLINE = Buffer.from('\n');

/**
 * One part of a reply as it is written.
 *
 * @param ms - since the request was made
 */
export function formatPart(frames: readonly Frame[], style: ReplyStyle, ms: number): Uint8Array {
  switch (style.form) {
    case 'raw':
      return Buffer.concat(frames);
    case 'json':
      return Buffer.from(jsonLine({ frames: frames.map((frame) => jsonFrame(frame, style.hex)), ms: rounded(ms) }));
    case 'text':
      return Buffer.concat(frames.flatMap((frame) => [textFrame(frame, style), NEWLINE]));
  }
}

/** The failure of a request, for `json`. */
export function formatFailure(error: MdpError, ms: number): string {
  const { code, message, attempts, status } = error as MdpError & Partial<RemoteError>;
  return jsonLine({ error: { code, status, message, attempts }, ms: rounded(ms) });
}

function jsonLine(value: object): string {
  return `${printableJson(JSON.stringify(value))}\n`;
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** A text where it is UTF-8, and an object where it is not: the two cannot be mistaken for one another. */
function jsonFrame(frame: Frame, hex: boolean): unknown {
  if (hex) return hexOf(frame);
  return text(frame) ?? { base64: Buffer.from(frame).toString('base64') };
}

function textFrame(frame: Frame, { hex, terminal }: ReplyStyle): Uint8Array {
  if (hex) return Buffer.from(hexOf(frame));
  if (!terminal) return frame;
  const words = text(frame);
  return Buffer.from(words === undefined ? showFrame(frame) : showText(words));
}

function hexOf(frame: Frame): string {
  return Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString('hex');
}
