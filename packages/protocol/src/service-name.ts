// SPDX-License-Identifier: Apache-2.0
// service-name - what a service may be called

import { ArgumentError } from './errors.js';
import type { Frame } from './frame.js';
import { bytes, text } from './frame.js';

/** The longest service name, in bytes of UTF-8. */
export const MAX_SERVICE_NAME_BYTES = 255;

/** Services whose name starts so belong to the broker itself (RFC 8 "Namespace"). */
export const MMI_PREFIX = 'mmi.';

// C0, DEL, C1, the line and paragraph separators, the marks that reorder a line of text, the byte order mark.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

/**
 * Read a service name from a peer (RFC 18: a "printable string"; MDP-B-08).
 *
 * Names are compared byte for byte: nothing is normalised, folded or trimmed.
 *
 * @returns the name, or `undefined` when it is empty, longer than {@link MAX_SERVICE_NAME_BYTES}, not UTF-8 or not
 * printable
 */
export function decodeServiceName(frame: Frame): string | undefined {
  const length = frame.length;
  if (length === 0 || length > MAX_SERVICE_NAME_BYTES) return undefined;
  let name = '';
  for (let i = 0; i < length; i++) {
    const byte = frame[i] ?? 0;
    if (byte >= 0x7f) return decodeUnicodeName(frame);
    if (byte < 0x20) return undefined;
    name += String.fromCharCode(byte);
  }
  return name;
}

function decodeUnicodeName(frame: Frame): string | undefined {
  const name = text(frame);
  return name === undefined || UNPRINTABLE.test(name) ? undefined : name;
}

/**
 * Turn a caller's service name into its frame (MDP-C-02).
 *
 * @param name - 1 to 255 bytes of UTF-8, no control characters, line separators or marks of direction
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when it is anything else
 */
export function encodeServiceName(name: string): Frame {
  if (typeof name === 'string' && name !== '' && !UNPRINTABLE.test(name) && name.isWellFormed()) {
    const frame = bytes(name);
    if (frame.length <= MAX_SERVICE_NAME_BYTES) return frame;
  }
  throw new ArgumentError(
    'service',
    name,
    `a printable string of 1 to ${String(MAX_SERVICE_NAME_BYTES)} bytes of UTF-8`,
  );
}
