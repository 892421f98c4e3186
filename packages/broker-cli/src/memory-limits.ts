// SPDX-License-Identifier: Apache-2.0
// memory-limits - limits of bytes that a small heap can hold, where the user named none

import type { BrokerOptions } from '@mdp/broker';
import { BROKER_DEFAULTS } from '@mdp/broker';

/** Requests that wait, and what waits for slow readers, may each take so much of the heap: a half of it in all. */
const SHARE = 4;
const MEBIBYTE = 1024 * 1024;

const BYTES = ['maxPendingBytes', 'maxOutboxBytesInAll'] as const;

/** What was lowered, and how far, in bytes; nothing on a heap of a gigabyte or more. */
export type LoweredLimits = Readonly<Partial<Record<(typeof BYTES)[number], number>>>;

/**
 * The limits of bytes that have to be lower than their defaults, so that a broker refuses before its heap is full. Small messages
 * take about as much of the heap as is counted for them; the bytes of large ones are kept outside of it.
 *
 * @param broker - what the user asked for: what is in it is left alone
 * @param heapBytes - how much the heap may hold
 */
export function limitsFor(broker: BrokerOptions, heapBytes: number): LoweredLimits {
  const share = Math.max(1, Math.floor(heapBytes / SHARE / MEBIBYTE)) * MEBIBYTE;
  const lower = BYTES.filter((name) => broker[name] === undefined && share < BROKER_DEFAULTS[name]);
  return Object.fromEntries(lower.map((name) => [name, share]));
}
