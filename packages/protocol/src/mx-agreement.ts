// SPDX-License-Identifier: Apache-2.0
// mx-agreement - the question whether a broker speaks MX, and its answer: an ordinary request of RFC 18 (docs/mx.md)

import { decodeAtClient } from './decode.js';
import { encodeRequest } from './encode.js';
import type { Frame } from './frame.js';
import { bytes, text } from './frame.js';
import { encodeServiceName } from './service-name.js';

/** The version of MX, as it is asked for and agreed upon. */
export const MX_VERSION = '1';

/** The service that a peer asks whether its broker speaks MX. */
export const MX_SERVICE = 'mmi.mx';

const YES = '200';

/** Frames of an answer that are longer are no answer, and not read. */
const LONGEST_FRAME = 15;

/** The question, as a strict REQUEST. */
export function encodeMxQuestion(): Frame[] {
  return encodeRequest('rfc18', encodeServiceName(MX_SERVICE), [bytes(MX_VERSION)]);
}

/**
 * The body of a broker's yes.
 *
 * @param window - how many requests it takes at once of one client, 1 or more
 */
export function encodeMxAnswer(window: number): Frame[] {
  return [bytes(YES), bytes(MX_VERSION), bytes(String(window))];
}

/**
 * Read what came in answer to {@link encodeMxQuestion}. Nothing throws.
 *
 * @param frames - a whole message as a DEALER receives it
 * @returns the window, or `undefined` for anything but a yes
 */
export function decodeMxAnswer(frames: readonly Frame[]): number | undefined {
  const message = decodeAtClient('rfc18', frames);
  if (message.type !== 'final' || message.service !== MX_SERVICE || message.body.length !== 3) return undefined;
  const [status, version, window = ''] = message.body.map((frame) =>
    frame.length <= LONGEST_FRAME ? text(frame) : undefined,
  );
  return status === YES && version === MX_VERSION && /^[1-9]\d*$/.test(window) ? Number(window) : undefined;
}
