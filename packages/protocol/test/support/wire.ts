// SPDX-License-Identifier: Apache-2.0
// wire - messages as tests write them down

import type { Frame } from '@mdp/protocol';

/** A frame as tests write it: text, one byte, or bytes. */
export type Part = string | number | Frame;

/** Frames: text as UTF-8, a number as a frame of one byte. */
export function wire(...parts: readonly Part[]): Frame[] {
  return parts.map((part) =>
    typeof part === 'number' ? Uint8Array.of(part) : typeof part === 'string' ? new TextEncoder().encode(part) : part,
  );
}

/** The headers by the names of docs/wire.md. */
export const C2 = 'MDPC02';
export const W2 = 'MDPW02';
export const C1 = 'MDPC01';
export const W1 = 'MDPW01';
