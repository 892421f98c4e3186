// SPDX-License-Identifier: Apache-2.0
// agreement - the question whether a broker speaks MX, and its answer: an ordinary request of RFC 18 (docs/mx.md)

import type { Frame } from '@mdp/protocol';
import { MX_SERVICE, MX_VERSION, bytes, decodeAtClient, encodeRequest, encodeServiceName, text } from '@mdp/protocol';

/** How long the answer is waited for once the transport stands, in milliseconds, before READY goes out without it. */
export const ANSWER_MS = 500;

/** How long it is waited for where nobody waits for it, in milliseconds. */
export const PATIENT_ANSWER_MS = 2_000;

const OK = '200';

/** The question, as frames. */
export function encodeQuestion(): Frame[] {
  return encodeRequest('rfc18', encodeServiceName(MX_SERVICE), [bytes(MX_VERSION)]);
}

/** Whether a message is a yes: `200`, the version, and a window. Anything else, whatever it is, is a no. */
export function isYes(frames: readonly Frame[]): boolean {
  const reply = decodeAtClient('rfc18', frames);
  if (reply.type !== 'final' || reply.service !== MX_SERVICE || reply.body.length !== 3) return false;
  const [status, version, window] = reply.body.map(text);
  return status === OK && version === MX_VERSION && window !== undefined && /^[1-9]\d{0,9}$/.test(window);
}
