// SPDX-License-Identifier: Apache-2.0
// z85 - bytes as printable text, five characters for four of them, as ZeroMQ writes keys (RFC 32)

import type { Frame } from './frame.js';

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/** The value of each character, by its code; 255 for those that are none of Z85. */
const VALUES = new Uint8Array(128).fill(255);
for (let i = 0; i < ALPHABET.length; i++) VALUES[ALPHABET.charCodeAt(i)] = i;

/** How long a CURVE key is in Z85, in characters; 32 bytes. */
export const Z85_KEY_LENGTH = 40;

/**
 * Bytes as Z85.
 *
 * @param bytes - a multiple of four bytes; what is left over at the end is not encoded
 */
export function encodeZ85(bytes: Frame): string {
  let text = '';
  for (let i = 0; i + 4 <= bytes.length; i += 4) {
    let value = 0;
    for (let k = 0; k < 4; k++) value = value * 256 + (bytes[i + k] ?? 0);
    let five = '';
    for (let k = 0; k < 5; k++) {
      five = ALPHABET.charAt(value % 85) + five;
      value = Math.floor(value / 85);
    }
    text += five;
  }
  return text;
}

/**
 * The bytes of a text in Z85.
 *
 * @returns `undefined` when it is none: not a multiple of five characters, another character, or a group beyond 2^32-1
 */
export function decodeZ85(text: string): Frame | undefined {
  if (text.length % 5 !== 0) return undefined;
  const bytes = new Uint8Array((text.length / 5) * 4);
  for (let i = 0, at = 0; i < text.length; at += 4) {
    let value = 0;
    for (let k = 0; k < 5; k++) {
      const digit = VALUES[text.charCodeAt(i++)] ?? 255;
      if (digit === 255) return undefined;
      value = value * 85 + digit;
    }
    if (value > 0xffff_ffff) return undefined;
    for (let k = 3; k >= 0; k--) {
      bytes[at + k] = value % 256;
      value = Math.floor(value / 256);
    }
  }
  return bytes;
}

/** Whether a text is a CURVE key in Z85: 40 characters that stand for 32 bytes. */
export function isZ85Key(text: string): boolean {
  return text.length === Z85_KEY_LENGTH && decodeZ85(text) !== undefined;
}
