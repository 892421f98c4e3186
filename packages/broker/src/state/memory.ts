// SPDX-License-Identifier: Apache-2.0
// memory - what a message costs while it waits

import type { Frame } from '@mdp/protocol';
import { byteLength } from '@mdp/protocol';

/** What Node.js and ZeroMQ need for one received frame beside its bytes, measured; an empty one is not free. */
export const BYTES_PER_FRAME = 400;

/** The bytes that frames take while they wait: what they hold, and 400 for each of them. */
export function memoryBytes(frames: readonly Frame[]): number {
  return byteLength(frames) + BYTES_PER_FRAME * frames.length;
}
